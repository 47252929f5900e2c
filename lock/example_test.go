package lock_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/lock"
)

// makeReport is done by one process at a time, and its transaction only counts while that
// is so.
func makeReport(ctx context.Context, db *sql.DB) error {
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	l, err := lock.Acquire(waiting, db, "report", nil)
	if err != nil {
		return err // a *lock.HeldError says who has it
	}
	defer l.Release(ctx)
	return surrealsql.Retry{}.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPSERT report:today SET made = time::now()`); err != nil {
			return err
		}
		return l.Fence(ctx, tx)
	})
}

func ExampleAcquire() {
	ctx := context.Background()
	db, err := sql.Open("surrealdb", "surrealdb://root:root@localhost:8000/test/test")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if err := makeReport(ctx, db); err != nil {
		fmt.Println(err)
	}
}

func TestExampleWorks(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	if err := makeReport(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if n := drivertest.CountOf(t, db, "report"); n != 1 {
		t.Fatal(n)
	}
}
