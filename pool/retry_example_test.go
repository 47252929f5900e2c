package pool_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"slices"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Both accounts change or none does, and a rival who was faster makes it run again.
func ExampleRunTx() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE account:a SET balance = 100; CREATE account:b SET balance = 0`)
	must(err)

	must(pool.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE account:a SET balance -= $1`, 10); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE account:b SET balance += $1`, 10)
		return err
	}, pool.Retry{Attempts: 5}))

	var balance int
	must(db.QueryRowContext(ctx, `SELECT VALUE balance FROM ONLY account:b`).Scan(&balance))
	fmt.Println(balance)
	// Output: 10
}

// Wait for a server that starts together with the program.
func ExampleRetry_Do() {
	db, done := exampleDB()
	defer done()

	retry := pool.Retry{
		Attempts: -1, MaxElapsed: time.Minute, Pause: 100 * time.Millisecond, MaxPause: 5 * time.Second,
		OnRetry: func(_ context.Context, a pool.Attempt) { log.Printf("not there yet: %v", a.Err) },
	}
	fmt.Println(retry.Do(context.Background(), db.PingContext))
	// Output: <nil>
}

// exampleDSN is the DSN of an empty database on the tests' engine, which done
// removes.
func exampleDSN() (dsn string, done func()) {
	e := new(exampleT)
	return surrealtest.DSN(e), func() {
		for _, f := range slices.Backward(e.cleanups) {
			f()
		}
	}
}

// exampleDB opens such a database without a pool.
func exampleDB() (db *sql.DB, done func()) {
	dsn, remove := exampleDSN()
	db, err := sql.Open("surrealdb", dsn)
	must(err)
	return db, func() {
		must(db.Close())
		remove()
	}
}

// exampleT stands in for the *testing.T that an Example has not.
type exampleT struct {
	testing.TB // only what surrealtest calls is there
	cleanups   []func()
}

func (*exampleT) Helper()                   {}
func (*exampleT) Name() string              { return "example" }
func (e *exampleT) Cleanup(f func())        { e.cleanups = append(e.cleanups, f) }
func (*exampleT) Fatal(args ...any)         { panic(fmt.Sprint(args...)) }
func (*exampleT) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (*exampleT) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
