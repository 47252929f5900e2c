package surrealsql_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surrealsql/surrealsql"
)

// Examples of whole records: read as values of a Go type, and written many at a time.

type customer struct {
	ID   surrealsql.RecordID `json:"id"`
	Name string              `json:"name"`
	Age  int                 `json:"age"`
	Tags []string            `json:"tags"`
}

const threeCustomers = `
	CREATE customer:ada SET name = "Ada", age = 36, tags = ["math"];
	CREATE customer:grace SET name = "Grace", age = 85;
	CREATE customer:kim SET name = "Kim", age = 7`

func ExampleOne() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, threeCustomers)
	must(err)

	ada, err := surrealsql.One[customer](ctx, db, `SELECT * FROM ONLY $1`, surrealsql.RecordID("customer:ada"))
	must(err)
	fmt.Println(ada.Name, ada.Age, ada.Tags)

	n, err := surrealsql.One[int](ctx, db, `SELECT count() FROM customer GROUP ALL`)
	must(err)
	fmt.Println(n)

	_, err = surrealsql.One[customer](ctx, db, `SELECT * FROM ONLY customer:nobody`)
	fmt.Println(err)
	// Output:
	// Ada 36 [math]
	// 3
	// sql: no rows in result set
}

func ExampleAll() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, threeCustomers)
	must(err)

	adults, err := surrealsql.All[customer](ctx, db, `SELECT * FROM customer WHERE age >= $1 ORDER BY age DESC`, 18)
	must(err)
	for _, c := range adults {
		fmt.Println(c.ID, c.Name)
	}
	// Output:
	// customer:grace Grace
	// customer:ada Ada
}

func ExampleStream() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, threeCustomers)
	must(err)

	for c, err := range surrealsql.Stream[customer](ctx, db, `SELECT * FROM customer ORDER BY name`) {
		must(err)
		fmt.Println(c.Name)
		if c.Name == "Grace" {
			break // the rows are closed
		}
	}
	// Output:
	// Ada
	// Grace
}

func ExampleQuery() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, threeCustomers)
	must(err)

	rows, err := surrealsql.Query[customer](ctx, db, `SELECT * FROM customer:kim; SELECT name FROM customer WHERE age > 50`)
	must(err)
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			fmt.Printf("%+v\n", rows.Value())
		}
	}
	must(rows.Err())
	// Output:
	// {ID:customer:kim Name:Kim Age:7 Tags:[]}
	// {ID: Name:Grace Age:0 Tags:[]}
}

func ExampleWithStrictFields() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, threeCustomers)
	must(err)

	type short struct {
		ID   surrealsql.RecordID `json:"id"`
		Name string              `json:"name"`
		Age  int                 `json:"age"`
	}
	_, err = surrealsql.All[short](surrealsql.WithStrictFields(ctx), db, `SELECT * FROM customer WHERE tags != NONE`)
	fmt.Println(err)
	// Output:
	// surrealsql: storing into a surrealsql_test.short: tags: a surrealsql_test.short has no field for it
}

func ExampleInsert() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	type Person struct {
		Name string `json:"name"`
		Age  int    `json:"age"`
	}
	people := []Person{{"Ada", 36}, {"Grace", 85}, {"Kim", 7}}
	so, err := surrealsql.Insert(ctx, db, "person", people)
	fmt.Println(so.Records, err)
	so, err = surrealsql.Insert(ctx, db, "person", slices.Values(people)) // or a channel
	fmt.Println(so.Records, err)
	// Output:
	// 3 <nil>
	// 3 <nil>
}

func ExampleBulk_Insert() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	rows := func(yield func(map[string]any) bool) {
		for i := range 1000 {
			if !yield(map[string]any{"id": i, "square": i * i}) {
				return
			}
		}
	}
	so, err := surrealsql.Bulk{BatchRecords: 250}.Insert(ctx, db, "number", rows)
	fmt.Println(so.Records, so.Batches, err)

	_, err = surrealsql.Bulk{Update: surrealsql.FromInput("square")}.Insert(ctx, db, "number", rows)
	fmt.Println(err)

	_, err = surrealsql.Insert(ctx, db, "number", []map[string]any{{"id": 1000}, {"id": 7}})
	var failed *surrealsql.InsertError
	if errors.As(err, &failed) {
		fmt.Println(failed.Row, failed.ID, surrealsql.IsDuplicate(err))
	}
	// Output:
	// 1000 4 <nil>
	// <nil>
	// 1 number:7 true
}
