// Sqlx shows github.com/jmoiron/sqlx on SurrealDB: the one that SURREALDB_URL
// names, or one that it starts by itself.
//
//	go run ./sqlx
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jmoiron/sqlx"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// sqlx knows how a driver numbers its arguments by the driver's name. SurrealDB
// has $1, and no question marks.
func init() { sqlx.BindDriver(surrealsql.DriverName, sqlx.DOLLAR) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sqlx:", err)
		os.Exit(1)
	}
}

// start finds a server and tours it.
func start(ctx context.Context, out io.Writer) error {
	if os.Getenv("SURREALDB_URL") != "" {
		cfg, err := surrealsql.ConfigFromEnv()
		if err != nil {
			return err
		}
		return tour(ctx, cfg.FormatDSN(), out)
	}
	engine, err := surrealtest.Start(ctx, surrealtest.Options{Output: out})
	if err != nil {
		return err
	}
	defer engine.Close()
	return tour(ctx, engine.DSN()+"/examples/sqlx", out)
}

// Person is a record. Columns are matched with the db tags: address.city is a
// column of that name, and a field of Address.
type Person struct {
	ID      surrealsql.RecordID        `db:"id"`
	Name    string                     `db:"name"`
	Age     *int                       `db:"age"` // nil is NULL or NONE
	Address Address                    `db:"address"`
	Tags    surrealsql.Value[[]string] `db:"tags"` // arrays and objects scan into Value
}

// Address is an object within a record.
type Address struct {
	City *string `db:"city"`
}

const columns = `id, name, age, address.city, tags`

func tour(ctx context.Context, dsn string, out io.Writer) error {
	db, err := sqlx.ConnectContext(ctx, surrealsql.DriverName, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, chapter := range []struct {
		title string
		tell  func(context.Context, *sqlx.DB, io.Writer) error
	}{
		{"NamedExec: a struct, a map, a slice", namedExec},
		{"Get and Select: structs", getAndSelect},
		{"StructScan and MapScan: row by row", scans},
		{"In: lists", lists},
		{"The colon trap", colons},
	} {
		fmt.Fprintf(out, "\n%s\n", chapter.title)
		if err := chapter.tell(ctx, db, out); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(chapter.title), err)
		}
	}
	return nil
}

func namedExec(ctx context.Context, db *sqlx.DB, out io.Writer) error {
	if _, err := db.ExecContext(ctx, `DEFINE TABLE OVERWRITE person; DELETE person`); err != nil {
		return err
	}
	type person struct {
		ID   surrealsql.RecordID
		Name string
		Age  int
	}
	const create = `CREATE :id SET name = :name, age = :age, address.city = "London", tags = ["math"]`
	if _, err := db.NamedExecContext(ctx, create, person{"person:ada", "Ada", 36}); err != nil {
		return err
	}
	err := count(out)(db.NamedExecContext(ctx, `UPDATE :id SET age += :years`,
		map[string]any{"id": surrealsql.RecordID("person:ada"), "years": 1}))
	if err != nil {
		return err
	}
	// The VALUES of one statement are repeated for each element.
	return count(out)(db.NamedExecContext(ctx, `INSERT INTO person (id, name, age) VALUES (:id, :name, :age)`,
		[]person{{"person:grace", "Grace", 85}, {"person:kim", "Kim", 7}}))
}
