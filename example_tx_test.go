package surrealsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Examples of transactions: their end, reading only, and running them again.

func ExampleConn_BeginTx() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE account:a SET balance = 100; CREATE account:b SET balance = 0`)
	must(err)

	tx, err := db.BeginTx(ctx, nil)
	must(err)
	defer tx.Rollback() // does nothing after Commit
	_, err = tx.ExecContext(ctx, `UPDATE account:a SET balance -= $1`, 30)
	must(err)
	_, err = tx.ExecContext(ctx, `UPDATE account:b SET balance += $1`, 30)
	must(err)

	var outside, inside int
	must(db.QueryRowContext(ctx, `SELECT VALUE balance FROM account:b`).Scan(&outside))
	must(tx.QueryRowContext(ctx, `SELECT VALUE balance FROM account:b`).Scan(&inside))
	fmt.Println("before Commit:", outside, "outside,", inside, "inside")

	must(tx.Commit())
	must(db.QueryRowContext(ctx, `SELECT VALUE balance FROM account:b`).Scan(&outside))
	fmt.Println("after Commit: ", outside)
	// Output:
	// before Commit: 0 outside, 30 inside
	// after Commit:  30
}

func Example_readOnly() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	must(err)
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `CREATE person`)
	fmt.Println(errors.Is(err, surrealsql.ErrReadOnly))
	// Output: true
}

// After a statement that may write has failed, Commit cancels.
func Example_doomedTransaction() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE person:ada`)
	must(err)

	tx, err := db.BeginTx(ctx, nil)
	must(err)
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `CREATE person:kim`)
	must(err)
	_, err = tx.ExecContext(ctx, `CREATE person:ada`)
	fmt.Println(surrealsql.IsDuplicate(err))

	err = tx.Commit()
	fmt.Println(errors.Is(err, surrealsql.ErrTxDoomed), surrealsql.IsDuplicate(err))
	var people int
	must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM person)`).Scan(&people))
	fmt.Println(people)
	// Output:
	// true
	// true true
	// 1
}

// Both accounts change or none does, and where a rival was faster it runs again.
func ExampleRetry_RunTx() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE account:a SET balance = 100; CREATE account:b SET balance = 0`)
	must(err)

	must(surrealsql.Retry{Attempts: 5}.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE account:a SET balance -= $1`, 10); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE account:b SET balance += $1`, 10)
		return err
	}))

	var balance int
	must(db.QueryRowContext(ctx, `SELECT VALUE balance FROM ONLY account:b`).Scan(&balance))
	fmt.Println(balance)
	// Output: 10
}

// Wait for a server that starts together with the program.
func ExampleRetry_Do() {
	db, done := exampleDB()
	defer done()

	retry := surrealsql.Retry{
		Attempts: -1, MaxElapsed: time.Minute, Pause: 100 * time.Millisecond, MaxPause: 5 * time.Second,
		OnRetry: func(_ context.Context, a surrealsql.Attempt) { log.Printf("not there yet: %v", a.Err) },
	}
	fmt.Println(retry.Do(context.Background(), db.PingContext))
	// Output: <nil>
}

// Two transactions that write the same record conflict: the second to commit
// gets an error, and nothing of it is in force. So run it again as a whole.
func ExampleIsConflict() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, `CREATE counter:hits SET n = 0`)
	must(err)

	add := func(rival func()) error {
		tx, err := db.BeginTx(ctx, nil)
		must(err)
		defer tx.Rollback() // does nothing after Commit
		_, err = tx.ExecContext(ctx, `UPDATE counter:hits SET n += 1`)
		must(err)
		rival()
		return tx.Commit()
	}
	err = add(func() { must(add(func() {})) })
	fmt.Println(surrealsql.IsConflict(err))
	must(add(func() {})) // Retry.RunTx does this by itself

	var n int
	must(db.QueryRowContext(ctx, `SELECT VALUE n FROM counter:hits`).Scan(&n))
	fmt.Println(n)
	// Output:
	// true
	// 2
}

// A single statement that conflicts is repeated too.
func ExampleIsRetryable() {
	db, done := exampleDB()
	defer done()

	visit := func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, `UPSERT counter:visits SET n += 1`)
		if surrealsql.IsRetryable(err) {
			log.Print("a rival was faster")
		}
		return err
	}
	ctx := context.Background()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { must(surrealsql.Retry{Attempts: -1}.Do(ctx, visit)) })
	}
	wg.Wait()

	var n int
	must(db.QueryRowContext(ctx, `SELECT VALUE n FROM counter:visits`).Scan(&n))
	fmt.Println(n)
	// Output: 10
}

func ExampleReadsOnly() {
	fmt.Println(surrealsql.ReadsOnly(`SELECT * FROM person`))
	fmt.Println(surrealsql.ReadsOnly(`SELECT * FROM (DELETE person RETURN BEFORE)`))
	// Output:
	// true
	// false
}

func ExampleConfig_readOnly() {
	db, done := exampleDB(func(cfg *surrealsql.Config) { cfg.ReadOnly = true })
	defer done()

	_, err := db.ExecContext(context.Background(), `CREATE person:ada`)
	fmt.Println(errors.Is(err, surrealsql.ErrReadOnly))
	// Output: true
}
