package surrealsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of how a program tells errors apart.

func ExampleError() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	_, err := db.ExecContext(ctx, `CREATE person:ada; CREATE person:ada; CREATE person:kim`)
	var serverError *surrealsql.Error
	if errors.As(err, &serverError) {
		fmt.Println(serverError.Statement, serverError.Kind, serverError.Message)
	}

	// Each statement commits on its own, and those after a failed one still run.
	var people int
	must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM person)`).Scan(&people))
	fmt.Println(people)
	// Output:
	// 2 AlreadyExists Database record `person:ada` already exists
	// 2
}

func ExampleIsDuplicate() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `DEFINE INDEX email ON person FIELDS email UNIQUE; CREATE person:ada SET email = "ada@example.com"`)
	must(err)

	_, err = db.ExecContext(ctx, `CREATE person:ada`)
	fmt.Println(surrealsql.IsDuplicate(err))
	_, err = db.ExecContext(ctx, `CREATE person:kim SET email = "ada@example.com"`)
	fmt.Println(surrealsql.IsDuplicate(err))
	fmt.Println(errors.Is(fmt.Errorf("signing up: %w", err), surrealsql.ErrDuplicate))
	// Output:
	// true
	// true
	// true
}

func ExampleIsNotFound() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `DEFINE TABLE person`)
	must(err)

	var name string
	err = db.QueryRowContext(ctx, `SELECT VALUE name FROM person:ada`).Scan(&name)
	fmt.Println("no record:", surrealsql.IsNotFound(err), errors.Is(err, sql.ErrNoRows))
	err = db.QueryRowContext(ctx, `SELECT VALUE name FROM nobody`).Scan(&name)
	fmt.Println("no table: ", surrealsql.IsNotFound(err), errors.Is(err, sql.ErrNoRows))
	// Output:
	// no record: false true
	// no table:  true false
}

func ExampleIsParse() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	_, err := db.ExecContext(ctx, "CREATE person:ada;\nSELEC name FROM person")
	if parse, ok := errors.AsType[*surrealsql.Error](err); ok && surrealsql.IsParse(err) {
		fmt.Println("line", parse.Line, "column", parse.Column)
		fmt.Println(err)
	}
	// Output:
	// line 2 column 7
	// surrealdb: Parse error: Unexpected token `an identifier`, expected Eof (line 2, column 7)
}

func ExampleIsThrown() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	_, err := db.ExecContext(ctx, `IF $1 < 18 { THROW "too young" }`, 7)
	fmt.Println(surrealsql.IsThrown(err), err)
	// Output: true surrealdb: An error occurred: too young
}

// Out of time on the server, by the query's own TIMEOUT, or here, by the
// context.
func ExampleIsTimeout() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	_, err := db.ExecContext(ctx, `CREATE person:ada SET x = sleep(1s) TIMEOUT 10ms`)
	fmt.Println("on the server:", surrealsql.IsTimeout(err), surrealsql.IsConnectivity(err))

	ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err = db.ExecContext(ctx, `SLEEP 200ms`)
	fmt.Println("here:         ", surrealsql.IsTimeout(err))
	fmt.Println(errors.Is(err, context.DeadlineExceeded), errors.Is(err, surrealsql.ErrOutcomeUnknown))
	// Output:
	// on the server: true false
	// here:          true
	// true true
}

func ExampleIsAuth() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.Password = "wrong" })
	defer done()

	err := db.Ping()
	fmt.Println(surrealsql.IsAuth(err), surrealsql.IsRetryable(err))
	// Output: true false
}

func ExampleIsConnectivity() {
	db, err := sql.Open("surrealdb", "surrealdb://127.0.0.1:1/shop/main?connect_attempts=1") // nobody listens there
	must(err)
	defer db.Close()

	err = db.Ping()
	fmt.Println(surrealsql.IsConnectivity(err))
	fmt.Println(errors.Is(err, surrealsql.ErrOutcomeUnknown)) // nothing was sent
	fmt.Println(surrealsql.IsRetryable(err))                  // so it may be done again
	// Output:
	// true
	// false
	// true
}

// What to do when the answer to a request is lost.
func ExampleConnError() {
	err := error(&surrealsql.ConnError{Op: "read", Addr: "db:8000", Err: errors.New("connection reset by peer"), Sent: true})

	var lost *surrealsql.ConnError
	switch {
	case errors.Is(err, surrealsql.ErrOutcomeUnknown):
		fmt.Println("read the data to see whether it happened:", err)
	case errors.As(err, &lost):
		fmt.Println("it did not happen:", err)
	}
	// Output: read the data to see whether it happened: surrealsql: connection to db:8000 failed (read): connection reset by peer; the outcome is unknown: the request may have been executed
}
