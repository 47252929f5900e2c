package surrealsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql"
)

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
