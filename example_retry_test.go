package surrealsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
)

// inTx runs f in a transaction, anew while it conflicts with another one. f may
// be called several times, so it must have no effect but what tx does.
func inTx(ctx context.Context, db *sql.DB, f func(tx *sql.Tx) error) error {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := tryTx(ctx, db, f)
		if !surrealsql.IsConflict(err) {
			return err
		}
		select {
		case <-time.After(rand.N(pause)): // a random part, so that rivals part
		case <-ctx.Done():
			return err
		}
	}
}

func tryTx(ctx context.Context, db *sql.DB, f func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Two transactions that write the same record conflict: the second to commit
// gets an error, and nothing of it is in force. So run it again as a whole.
func ExampleIsConflict() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE counter:hits SET n = 0`)
	must(err)

	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			must(inTx(ctx, db, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE counter:hits SET n += 1`)
				return err
			}))
		})
	}
	wg.Wait()

	var n int
	must(db.QueryRowContext(ctx, `SELECT VALUE n FROM counter:hits`).Scan(&n))
	fmt.Println(n)
	// Output: 10
}

// A single statement that conflicts is retried in the same way.
func ExampleIsRetryable() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	visit := func() error {
		for {
			_, err := db.ExecContext(ctx, `UPSERT counter:visits SET n += 1`)
			if !surrealsql.IsRetryable(err) || ctx.Err() != nil {
				return err
			}
			time.Sleep(rand.N(10 * time.Millisecond))
		}
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { must(visit()) })
	}
	wg.Wait()

	var n int
	must(db.QueryRowContext(ctx, `SELECT VALUE n FROM counter:visits`).Scan(&n))
	fmt.Println(n)
	// Output: 10
}
