package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/jmoiron/sqlx"
)

// The chapters that read: into structs, maps and slices, and with lists.

// count prints how many records a statement touched.
func count(out io.Writer) func(sql.Result, error) error {
	return func(res sql.Result, err error) error {
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		fmt.Fprintf(out, "  records: %d\n", n)
		return err
	}
}

func getAndSelect(ctx context.Context, db *sqlx.DB, out io.Writer) error {
	var ada Person
	if err := db.GetContext(ctx, &ada, `SELECT `+columns+` FROM person:ada`); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %s is %d and lives in %s: %v\n", ada.Name, *ada.Age, *ada.Address.City, ada.Tags.V)

	var adults []Person
	if err := db.SelectContext(ctx, &adults, `SELECT `+columns+` FROM person WHERE age > $1 ORDER BY age`, 18); err != nil {
		return err
	}
	for _, p := range adults {
		fmt.Fprintf(out, "  %s is %d\n", p.ID, *p.Age)
	}

	var names []string // one column needs no struct
	if err := db.SelectContext(ctx, &names, `SELECT VALUE name FROM person`); err != nil {
		return err
	}
	fmt.Fprintln(out, " ", names)
	return nil
}

func scans(ctx context.Context, db *sqlx.DB, out io.Writer) error {
	rows, err := db.QueryxContext(ctx, `SELECT `+columns+` FROM person`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p Person
		if err := rows.StructScan(&p); err != nil {
			return err
		}
		fmt.Fprintf(out, "  %s, tags: %t\n", p.Name, p.Tags.Valid)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	record := make(map[string]any)
	if err := db.QueryRowxContext(ctx, `SELECT * FROM person:ada`).MapScan(record); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %T %T %T %T\n", record["id"], record["age"], record["address"], record["tags"])
	return nil
}

// lists shows that a list needs no expansion: a slice is an argument. Where
// sqlx.In is in use already, its question mark goes into brackets, because
// (1, 2) is no list in SurrealQL.
func lists(ctx context.Context, db *sqlx.DB, out io.Writer) error {
	names := []string{"Ada", "Kim"}
	var ages []int
	if err := db.SelectContext(ctx, &ages, `SELECT VALUE age FROM person WHERE name IN $1 ORDER BY age`, names); err != nil {
		return err
	}
	fmt.Fprintln(out, "  a slice:", ages)

	text, args, err := sqlx.In(`SELECT VALUE age FROM person WHERE name IN [?] ORDER BY age`, names)
	if err != nil {
		return err
	}
	text = db.Rebind(text)
	if err := db.SelectContext(ctx, &ages, text, args...); err != nil {
		return err
	}
	fmt.Fprintln(out, "  sqlx.In:", text, ages)
	return nil
}
