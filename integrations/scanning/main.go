// Scanning shows three tools that scan rows into structs on SurrealDB: scany,
// stephenafamo/scan and blockloop/scan. All of them work as they are.
//
//	go run ./scanning
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/integrations/internal/tour"
)

func main() { tour.Main("scanning", run) }

// Person is a record, for all three tools: they match columns with the db tags. For scany and
// stephenafamo/scan address.city is a column of that name, and a field of Address.
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

func (p Person) String() string {
	age, city := "?", "?"
	if p.Age != nil {
		age = fmt.Sprint(*p.Age)
	}
	if p.Address.City != nil {
		city = *p.Address.City
	}
	return fmt.Sprintf("%s: %s, %s, %s, %v", p.ID, p.Name, age, city, p.Tags.V)
}

// people are the texts that each tool is given. The columns are named, since * has the
// columns that the records have: a field that none has would be missing among them.
const (
	people = `SELECT id, name, age, address.city, tags FROM person WHERE age > $1 OR age = NONE ORDER BY name`
	person = `SELECT id, name, age, address.city, tags FROM $1`
)

func run(ctx context.Context, dsn string, out io.Writer) error {
	db, err := sql.Open(surrealsql.DriverName, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `
		DEFINE TABLE OVERWRITE person; DELETE person;
		CREATE person:ada SET name = "Ada", age = 36, address.city = "London", tags = ["math"];
		CREATE person:grace SET name = "Grace", age = 85, tags = [];
		CREATE person:kim SET name = "Kim", address.city = "Seoul"`)
	if err != nil {
		return err
	}
	return tour.Read(ctx, db, out, []tour.Chapter[*sql.DB]{
		{Title: "scany", Tell: scany},
		{Title: "stephenafamo/scan", Tell: scanMappers},
		{Title: "blockloop/scan", Tell: blockloop},
	})
}
