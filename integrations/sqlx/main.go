// Sqlx shows github.com/jmoiron/sqlx on SurrealDB: the one that SURREALDB_URL
// names, or one that it starts by itself.
//
//	go run ./sqlx
package main

import (
	"context"
	"io"

	"github.com/jmoiron/sqlx"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/integrations/internal/tour"
)

// sqlx knows how a driver numbers its arguments by the driver's name. SurrealDB
// has $1, and no question marks.
func init() { sqlx.BindDriver(surrealsql.DriverName, sqlx.DOLLAR) }

func main() { tour.Main("sqlx", run) }

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

func run(ctx context.Context, dsn string, out io.Writer) error {
	db, err := sqlx.ConnectContext(ctx, surrealsql.DriverName, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return tour.Read(ctx, db, out, []tour.Chapter[*sqlx.DB]{
		{Title: "NamedExec: a struct, a map, a slice", Tell: namedExec},
		{Title: "Get and Select: structs", Tell: getAndSelect},
		{Title: "StructScan and MapScan: row by row", Tell: scans},
		{Title: "In: lists", Tell: lists},
		{Title: "The colon trap", Tell: colons},
	})
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
