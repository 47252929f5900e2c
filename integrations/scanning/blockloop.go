package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/blockloop/scan/v2"

	"github.com/surrealsql/surrealsql"
)

// Resident is a Person without a struct within it, which blockloop/scan does not fill from
// columns of its own.
type Resident struct {
	ID   surrealsql.RecordID        `db:"id"`
	Name string                     `db:"name"`
	Age  *int                       `db:"age"`
	City *string                    `db:"address.city"`
	Tags surrealsql.Value[[]string] `db:"tags"`
}

func (r Resident) String() string {
	return Person{ID: r.ID, Name: r.Name, Age: r.Age, Address: Address{r.City}, Tags: r.Tags}.String()
}

// blockloop shows github.com/blockloop/scan/v2, which scans the rows that it is given.
func blockloop(ctx context.Context, db *sql.DB, out io.Writer) error {
	rows, err := db.QueryContext(ctx, person, surrealsql.RecordID("person:ada"))
	if err != nil {
		return err
	}
	var ada Resident
	if err := scan.RowStrict(&ada, rows); err != nil {
		return err
	}
	fmt.Fprintln(out, "  one:", ada)

	rows, err = db.QueryContext(ctx, people, 40)
	if err != nil {
		return err
	}
	var all []Resident
	if err := scan.RowsStrict(&all, rows); err != nil {
		return err
	}
	for _, r := range all {
		fmt.Fprintln(out, "  of many:", r)
	}

	rows, err = db.QueryContext(ctx, `SELECT VALUE name FROM person`)
	if err != nil {
		return err
	}
	var names []string
	if err := scan.Rows(&names, rows); err != nil {
		return err
	}
	fmt.Fprintln(out, "  names:", names)

	rows, err = db.QueryContext(ctx, person, surrealsql.RecordID("person:nobody"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  none is sql.ErrNoRows:", errors.Is(scan.RowStrict(&ada, rows), sql.ErrNoRows))
	return nil
}
