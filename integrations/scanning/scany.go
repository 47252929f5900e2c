package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/georgysavva/scany/v2/sqlscan"

	"github.com/surrealsql/surrealsql"
)

// scany shows github.com/georgysavva/scany/v2/sqlscan.
func scany(ctx context.Context, db *sql.DB, out io.Writer) error {
	var ada Person
	if err := sqlscan.Get(ctx, db, &ada, person, surrealsql.RecordID("person:ada")); err != nil {
		return err
	}
	fmt.Fprintln(out, "  one:", ada)

	var all []Person
	if err := sqlscan.Select(ctx, db, &all, people, 40); err != nil {
		return err
	}
	for _, p := range all {
		fmt.Fprintln(out, "  of many:", p)
	}

	var names []string // one column needs no struct
	if err := sqlscan.Select(ctx, db, &names, `SELECT VALUE name FROM person`); err != nil {
		return err
	}
	fmt.Fprintln(out, "  names:", names)

	err := sqlscan.Get(ctx, db, &ada, person, surrealsql.RecordID("person:nobody"))
	fmt.Fprintln(out, "  none is sql.ErrNoRows:", errors.Is(err, sql.ErrNoRows))
	return nil
}
