package surrealsql_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/surrealsql/surrealsql"
)

// Examples of writing many records.

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
