package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/jmoiron/sqlx"

	"github.com/surrealsql/surrealsql"
)

// colons shows the trap: the Named functions of sqlx take every colon for the
// beginning of a name, also those of person:ada, { key: value }, math::sum and
// "10:30", and two colons for an escaped one.
func colons(ctx context.Context, db *sqlx.DB, out io.Writer) error {
	// What sqlx makes of a text that it should not touch.
	query, args, err := db.BindNamed(`RETURN math::sum([1, :n])`, map[string]any{"n": 2})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  sqlx sends:", query, args)
	_, _, err = db.BindNamed(`RETURN { sum: :n }`, map[string]any{"n": 2})
	fmt.Fprintln(out, "  or refuses:", err)

	// The way around: names in SurrealQL's own form, which only the driver reads.
	var sum int
	err = db.GetContext(ctx, &sum, `RETURN math::sum([1, $n])`, sql.Named("n", 2))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  $n and sql.Named:", sum)

	// A struct's fields can be had so too.
	arg := struct {
		ID surrealsql.RecordID `json:"id"`
		N  int                 `json:"n"`
	}{"person:ada", 2}
	err = db.GetContext(ctx, &sum, `RETURN { sum: math::sum([1, $n]), who: $id }.sum`, surrealsql.Args(arg)...)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "  $n and surrealsql.Args:", sum)

	// Where the Named functions must stay: every colon that is meant is doubled.
	rows, err := db.NamedQueryContext(ctx, `RETURN { sum:: math::::sum([1, :n]), who:: person::ada }.sum`, named{2})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&sum); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "  :n and doubled colons:", sum)
	return rows.Err()
}

// named holds the argument :n.
type named struct {
	N int `db:"n"`
}
