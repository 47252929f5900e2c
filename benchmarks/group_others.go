package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of other drivers, each on its own server.

// otherDrivers are measured where the variable names a server. Their queries
// need no table.
var otherDrivers = []struct {
	name, variable, driver string
	one, page              string
}{
	{
		name: "go-sql-driver/mysql", variable: "SURREALSQL_BENCHMARKS_MYSQL", driver: "mysql",
		one: "SELECT CONCAT('Ada Lovelace ', ?), 2517",
		page: "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) " +
			"SELECT 1000 + 37 * n, CONCAT('Ada Lovelace ', 1000 + n), n / 3E0, NOW(6) FROM s",
	},
	{
		name: "pgx stdlib", variable: "SURREALSQL_BENCHMARKS_PGX", driver: "pgx",
		one:  "SELECT 'Ada Lovelace ' || $1::int, 2517",
		page: "SELECT 1000 + 37 * n, 'Ada Lovelace ' || 1000 + n, n / 3::float8, now() FROM generate_series(1, %d) AS n",
	},
}

// others puts other drivers beside this one: each on its own server, so that the
// CPU time of the client is what can be compared.
func others(e *env, g *measure.Group, rows int,
	run func(ctx context.Context, db *sql.DB, text string, args ...any) error) (*measure.Group, error) {
	q, args := record.One, record.One.Args
	if g.PerRow {
		q, args = record.Page4, nil
	}
	cfg, err := e.loopback(q, rows)
	if err != nil {
		return nil, err
	}
	own, err := e.open(cfg, 1)
	if err != nil {
		return nil, err
	}
	ready, err := e.floor(q, rows)
	if err != nil {
		return nil, err
	}
	bg := context.Background()
	g.Reference = theFloor
	g.Cases = []measure.Case{
		{Name: theFloor, Role: measure.Floor, Rows: rows, Op: op(func() error { return run(bg, ready, q.Text, args...) })},
		{Name: theDriver, Role: measure.Subject, Rows: rows, Op: op(func() error { return run(bg, own, q.Text, args...) })},
	}
	for _, o := range otherDrivers {
		dsn := os.Getenv(o.variable)
		if dsn == "" {
			continue
		}
		db, err := sql.Open(o.driver, dsn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.variable, err)
		}
		e.atEnd(db.Close)
		db.SetMaxOpenConns(1)
		text := o.one
		if g.PerRow {
			text = fmt.Sprintf(o.page, rows)
		}
		g.Cases = append(g.Cases, measure.Case{Name: o.name, Role: measure.Relative, Rows: rows,
			Op: op(func() error { return run(bg, db, text, args...) })})
	}
	return g, nil
}

func othersOneRow(e *env) (*measure.Group, error) {
	var o one
	return others(e, &measure.Group{
		Key:   "others-one-row",
		Title: "Other drivers: one row, two columns, one argument",
		About: "Each on its own server over loopback; this driver on its replay server. The " +
			"servers differ, so compare CPU, which is the client's alone.",
	}, 1, func(ctx context.Context, db *sql.DB, text string, args ...any) error {
		return db.QueryRowContext(ctx, text, args...).Scan(&o.name, &o.age)
	})
}

func othersPage(e *env) (*measure.Group, error) {
	return others(e, &measure.Group{
		Key:   "others-page-4",
		Title: "Other drivers: " + thousands(e.rows) + " rows × 4 columns",
		About: "The same for many rows. Figures are per row.", PerRow: true,
	}, e.rows, func(ctx context.Context, db *sql.DB, text string, args ...any) error {
		rows, err := db.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		return scan4(rows, e.rows)
	})
}

// otherServers reports whether any other driver has a server.
func otherServers() bool {
	for _, o := range otherDrivers {
		if os.Getenv(o.variable) != "" {
			return true
		}
	}
	return false
}
