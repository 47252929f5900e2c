package surrealsql_test

import (
	"context"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of live queries.

// A live query tells of changes once it has begun. Leaving the loop ends it.
func ExampleLiveQuery() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `DEFINE TABLE person`)
	must(err)

	type Person struct {
		Name string
		Age  int
	}
	for n, err := range surrealsql.LiveQuery[Person](ctx, db, `LIVE SELECT * FROM person WHERE age > $1`, 18) {
		must(err)
		fmt.Println(n.Action, n.ID, n.Record.Name, n.Record.Age)
		switch n.Action {
		case surrealsql.ActionBegun:
			_, err = db.ExecContext(ctx, `CREATE person:ada SET name = 'Ada', age = 36`)
			must(err)
			continue
		case surrealsql.ActionCreate:
			_, err = db.ExecContext(ctx, `DELETE person:ada`)
			must(err)
			continue
		}
		break
	}
	// Output:
	// BEGUN   0
	// CREATE person:ada Ada 36
	// DELETE person:ada Ada 36
}

// With a connection that may be lost, the loop goes on, and says where changes may have been
// missed.
func ExampleWithReconnect() {
	db, done := exampleDB()
	defer done()
	_, err := db.ExecContext(context.Background(), `DEFINE TABLE person; CREATE person:ada`)
	must(err)

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	ctx = surrealsql.WithReconnect(ctx, surrealsql.Retry{Attempts: -1, MaxPause: 10 * time.Second})
	for n, err := range surrealsql.LiveQuery[any](ctx, db, `LIVE SELECT * FROM person`) {
		switch {
		case err != nil:
			fmt.Println("over:", err)
		case n.Action == surrealsql.ActionBegun, n.Action == surrealsql.ActionResumed:
			people, err := surrealsql.All[map[string]any](ctx, db, `SELECT * FROM person`)
			must(err)
			fmt.Println("all there is:", len(people))
		}
	}
	// Output:
	// all there is: 1
	// over: context deadline exceeded
}
