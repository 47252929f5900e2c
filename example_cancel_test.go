package surrealsql_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// A context that ends closes the connection, which is what stops the query on a
// server. The pool makes another one.
func Example_cancelling() {
	db, done := exampleDB()
	defer done()

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, `SLEEP 500ms`)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	fmt.Println(errors.Is(err, surrealsql.ErrOutcomeUnknown)) // it may have run, or not

	must(db.Ping())
	fmt.Println(db.Stats().OpenConnections)
	// Output:
	// true
	// true
	// 1
}
