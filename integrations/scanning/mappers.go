package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/stephenafamo/scan"
	"github.com/stephenafamo/scan/stdscan"

	"github.com/surrealsql/surrealsql"
)

// scanMappers shows github.com/stephenafamo/scan, where a mapper says what becomes of a row.
func scanMappers(ctx context.Context, db *sql.DB, out io.Writer) error {
	toPerson := scan.StructMapper[Person]()
	ada, err := stdscan.One(ctx, db, toPerson, person, surrealsql.RecordID("person:ada"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  one:", ada)

	// Row by row, as the server finds them.
	for p, err := range stdscan.Each(ctx, db, toPerson, people, 40) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "  of many:", p)
	}

	names, err := stdscan.All(ctx, db, scan.SingleColumnMapper[string], `SELECT VALUE name FROM person`)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  names:", names)

	_, err = stdscan.One(ctx, db, toPerson, person, surrealsql.RecordID("person:nobody"))
	fmt.Fprintln(out, "  none is sql.ErrNoRows:", errors.Is(err, sql.ErrNoRows))
	return nil
}
