// Squirrel shows the query builder github.com/Masterminds/squirrel on SurrealDB: what works
// with Dollar, and the two helpers for what SurrealQL has other words for.
//
//	go run ./squirrel
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	sq "github.com/Masterminds/squirrel"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/integrations/internal/tour"
)

// SurrealDB has $1, and no question marks. Squirrel leaves names as they are, so that paths
// such as address.city are as they should be.
var builder = sq.StatementBuilder.PlaceholderFormat(sq.Dollar)

// is is a condition for ids, and for all other types of this driver. (sq.Eq asks a
// driver.Valuer for its value: of a RecordID that is a string, and no id is equal to a string.)
func is(column string, value any) sq.Sqlizer { return sq.Expr(column+" = ?", value) }

// in is a condition: the column is one of a list, which is one argument. (sq.Eq with a slice
// writes IN ($1,$2), which is no list in SurrealQL, and of one element IN ($1), which asks
// whether a text is part of another one.)
func in(column string, list any) sq.Sqlizer { return sq.Expr(column+" IN ?", list) }

// absent is a condition: the column is NULL, or is not there, which SurrealDB calls NONE.
// Squirrel takes two question marks for one that stays, and so four for the operator ??.
func absent(column string) sq.Sqlizer { return sq.Expr("(" + column + " ???? NONE) = NONE") }

// page is some of the rows, for Suffix. (Limit and Offset write OFFSET, which is START here.)
func page(b sq.SelectBuilder, limit, start int) sq.SelectBuilder {
	return b.Suffix("LIMIT ? START ?", limit, start)
}

func main() { tour.Main("squirrel", run) }

func run(ctx context.Context, dsn string, out io.Writer) error {
	db, err := sql.Open(surrealsql.DriverName, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `DEFINE TABLE OVERWRITE person; DELETE person`); err != nil {
		return err
	}
	return tour.Read(ctx, db, out, []tour.Chapter[*sql.DB]{
		{Title: "Insert, Update, Delete", Tell: writes},
		{Title: "Select", Tell: reads},
	})
}

func writes(ctx context.Context, db *sql.DB, out io.Writer) error {
	insert := builder.Insert("person").Columns("id", "name", "age", "address").
		Values(surrealsql.RecordID("person:ada"), "Ada", 36, map[string]any{"city": "London"}).
		Values(surrealsql.RecordID("person:grace"), "Grace", 85, map[string]any{"city": "New York"}).
		Values(surrealsql.RecordID("person:kim"), "Kim", nil, map[string]any{"city": "London"}).
		Values(surrealsql.RecordID("person:lee"), "Lee", 8, nil)
	update := builder.Update("person").Set("age", sq.Expr("(age ???? 0) + ?", 1)).Where(is("id", surrealsql.RecordID("person:ada")))
	remove := builder.Delete("person").Where(sq.Lt{"age": 10}).Where(sq.NotEq{"age": nil})
	for _, statement := range []sq.Sqlizer{insert, update, remove} {
		res, err := sq.ExecContextWith(ctx, db, statement)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "  records:", n)
	}
	return nil
}

func reads(ctx context.Context, db *sql.DB, out io.Writer) error {
	people := builder.Select("name").From("person").OrderBy("name")
	for _, query := range []sq.SelectBuilder{
		people.Where(sq.Eq{"address.city": "London"}),
		people.Where(in("name", []string{"Ada", "Grace"})),
		people.Where(sq.Or{sq.GtOrEq{"age": 80}, absent("age")}),
		page(people, 1, 1),
		builder.Select("address.city AS city", "count() AS n").From("person").GroupBy("city").OrderBy("city"),
	} {
		text, _, err := query.ToSql()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, " ", text)
		rows, err := sq.QueryContextWith(ctx, db, query)
		if err != nil {
			return err
		}
		if err := print(out, rows); err != nil {
			return err
		}
	}
	return nil
}

// print prints rows of one or two columns.
func print(out io.Writer, rows *sql.Rows) error {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		fmt.Fprint(out, "   ")
		for _, v := range values {
			fmt.Fprint(out, " ", *v.(*any))
		}
		fmt.Fprintln(out)
	}
	return rows.Err()
}
