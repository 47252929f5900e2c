package surrealsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of values: into structs, and the types that Go does not have.

func ExampleInto() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	type Address struct {
		City string `json:"city"`
	}
	type Person struct {
		ID      surrealsql.RecordID `json:"id"`
		Name    string              `json:"name"`
		Address *Address            `json:"address"`
		Tags    []string            `json:"tags"`
	}
	ada := Person{ID: "person:ada", Name: "Ada", Address: &Address{"London"}, Tags: []string{"math", "poetry"}}
	_, err := db.ExecContext(ctx, `CREATE person CONTENT $1`, ada)
	must(err)

	// One column, into a slice.
	var tags []string
	must(db.QueryRowContext(ctx, `SELECT tags FROM person:ada`).Scan(surrealsql.Into(&tags)))
	fmt.Println(tags)

	// A whole record, as one column, into a struct.
	var p Person
	must(db.QueryRowContext(ctx, `SELECT VALUE $this FROM person:ada`).Scan(surrealsql.Into(&p)))
	fmt.Println(p.ID, p.Name, p.Address.City, p.Tags)
	// Output:
	// [math poetry]
	// person:ada Ada London [math poetry]
}

func ExampleValue() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE person:ada SET tags = ["math"]; CREATE person:kim`)
	must(err)

	rows, err := db.QueryContext(ctx, `SELECT id, tags FROM person`)
	must(err)
	defer rows.Close()
	for rows.Next() {
		var (
			id   surrealsql.RecordID
			tags surrealsql.Value[[]string]
		)
		must(rows.Scan(&id, &tags))
		fmt.Println(id, tags.V, tags.Valid)
	}
	must(rows.Err())
	// Output:
	// person:ada [math] true
	// person:kim [] false
}

// NONE and NULL are told apart only on request.
func ExampleWithExactTypes() {
	db, done := exampleDB()
	defer done()
	ctx := surrealsql.WithExactTypes(context.Background())

	var missing, null surrealsql.Value[string]
	must(db.QueryRowContext(ctx, `SELECT missing, null FROM { null: NULL }`).Scan(&missing, &null))
	fmt.Println(missing.Valid, missing.None)
	fmt.Println(null.Valid, null.None)

	// What comes out goes back in as what it was.
	var id any
	must(db.QueryRowContext(ctx, `RETURN u"0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55"`).Scan(&id))
	fmt.Printf("%T\n", id)
	// Output:
	// false true
	// false false
	// surrealsql.UUID
}

// nil is NULL; a field of type option<…> wants NONE.
func ExampleNoneType() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `DEFINE TABLE person SCHEMAFULL; DEFINE FIELD age ON person TYPE option<int>`)
	must(err)

	_, err = db.ExecContext(ctx, `CREATE person:ada SET age = $1`, nil)
	fmt.Println("nil: ", err)
	_, err = db.ExecContext(ctx, `CREATE person:ada SET age = $1`, surrealsql.None)
	fmt.Println("None:", err)
	// Output:
	// nil:  surrealdb: Couldn't coerce value for field `age` of `person:ada`: Expected `none | int` but found `NULL`; it may be NONE but not NULL, which a nil argument is: pass surrealsql.None, or set null=none in the DSN
	// None: <nil>
}

// Decimals arrive as exact text; numbers of any type can be scanned from it.
func ExampleDecimal() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var sum string
	must(db.QueryRowContext(ctx, `RETURN $1 + $2`, surrealsql.Decimal("0.1"), surrealsql.Decimal("0.2")).Scan(&sum))
	fmt.Println(sum)

	var rat big.Rat
	must(db.QueryRowContext(ctx, `RETURN 12.5dec`).Scan(surrealsql.Into(&rat)))
	fmt.Println(&rat)
	// Output:
	// 0.3
	// 25/2
}

// UUIDs arrive as text, which the UUID types of other packages scan.
func ExampleUUID() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	const text = "0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55"
	var kind, back string
	must(db.QueryRowContext(ctx, `RETURN type::of($1)`, surrealsql.UUID(text)).Scan(&kind))
	must(db.QueryRowContext(ctx, `RETURN $1`, surrealsql.UUID(text)).Scan(&back))
	fmt.Println(kind, back)
	// Output: uuid 0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55
}

func ExampleSet() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var set []any
	must(db.QueryRowContext(ctx, `RETURN $1`, surrealsql.Set{3, 1, 3}).Scan(surrealsql.Into(&set)))
	fmt.Println(set)
	// Output: [1 3]
}

// A string is no table: a Table is.
func ExampleTable() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE person:ada`)
	must(err)

	var id surrealsql.RecordID
	must(db.QueryRowContext(ctx, `SELECT id FROM $1`, surrealsql.Table("person")).Scan(&id))
	fmt.Println(id)
	// Output: person:ada
}

func ExampleRange() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var list []int
	must(db.QueryRowContext(ctx, `RETURN <array>$1`, surrealsql.Range("1..=5")).Scan(surrealsql.Into(&list)))
	fmt.Println(list)
	// Output: [1 2 3 4 5]
}

func ExampleNewFile() {
	f := surrealsql.NewFile("avatars", "people/ada 1.png")
	fmt.Println(f)
	fmt.Println(f.Bucket(), f.Key())
	// Output:
	// avatars:/people/ada\ 1.png
	// avatars /people/ada 1.png
}

// A duration beyond 292 years does not fit in a time.Duration.
func ExampleLongDuration_Split() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	var short time.Duration
	var long surrealsql.LongDuration
	must(db.QueryRowContext(ctx, `SELECT short, long FROM { short: 1h30m, long: 300y1ns }`).Scan(&short, &long))
	seconds, nanoseconds, err := long.Split()
	must(err)
	fmt.Println(short, long, seconds, nanoseconds)
	// Output: 1h30m0s 300y1ns 9460800000 1
}

func ExampleNewRecordID() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	for _, key := range []any{"ada", "Ada Lovelace", 1815, []any{"London", 1815}} {
		id, err := surrealsql.NewRecordID("person", key)
		must(err)
		_, err = db.ExecContext(ctx, `CREATE $1`, id)
		must(err)
	}

	rows, err := db.QueryContext(ctx, `SELECT id FROM person`)
	must(err)
	defer rows.Close()
	for rows.Next() {
		var id surrealsql.RecordID
		must(rows.Scan(&id))
		fmt.Printf("%s has the key %v\n", id, id.Key())
	}
	must(rows.Err())
	// Output:
	// person:1815 has the key 1815
	// person:`Ada Lovelace` has the key Ada Lovelace
	// person:ada has the key ada
	// person:['London', 1815] has the key [London 1815]
}

func ExampleParseRecordID() {
	id, err := surrealsql.ParseRecordID("person:⟨Ada Lovelace⟩")
	must(err)
	fmt.Println(id, id.Table(), id.Key())

	_, err = surrealsql.ParseRecordID("person:ada; DELETE person")
	fmt.Println(err)
	// Output:
	// person:`Ada Lovelace` person Ada Lovelace
	// surrealsql: "person:ada; DELETE person" is not a record id such as person:tobie, person:1 or person:⟨a b⟩: expected its end at byte 10
}

// A record link that may be absent is a *RecordID or a sql.Null[RecordID].
func ExampleRecordID() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE person:ada; CREATE person:kim SET mother = person:ada`)
	must(err)

	rows, err := db.QueryContext(ctx, `SELECT id, mother FROM person`)
	must(err)
	defer rows.Close()
	for rows.Next() {
		var id surrealsql.RecordID
		var mother sql.Null[surrealsql.RecordID]
		must(rows.Scan(&id, &mother))
		fmt.Println(id, mother.V, mother.Valid)
	}
	must(rows.Err())
	// Output:
	// person:ada  false
	// person:kim person:ada true
}
