package pool_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/pool"
)

// Two calls pass at once, the third is refused.
func ExampleNewLimiter() {
	limiter := pool.NewLimiter(pool.LimiterSettings{Rate: 0.001, Burst: 2, Refuse: true})
	for range 3 {
		err := limiter.Wait(context.Background())
		fmt.Println(errors.Is(err, pool.ErrRateLimited))
	}
	// Output:
	// false
	// false
	// true
}

// An import that leaves room for others, without a pool.
func ExampleLimiter_Wait() {
	db, done := exampleDB()
	defer done()
	limiter := pool.NewLimiter(pool.LimiterSettings{Rate: 1000, Burst: 10})
	ctx := pool.WithPriority(context.Background(), pool.Background)
	for _, name := range []string{"Ada", "Grace"} {
		must(limiter.Wait(ctx))
		_, err := db.ExecContext(ctx, `CREATE person SET name = $1`, name)
		must(err)
	}
	var n int
	must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM person)`).Scan(&n))
	fmt.Println(n)
	// Output: 2
}

func ExampleLimiter_Waiting() {
	limiter := pool.NewLimiter(pool.LimiterSettings{Rate: 10})
	fmt.Println(limiter.Waiting())
	// Output: 0
}

// What customers wait for goes before everything else.
func ExampleWithLimiter() {
	dsn, done := exampleDSN()
	defer done()
	ctx := context.Background()
	p, err := pool.Open(ctx, dsn, pool.WithLimiter(pool.NewLimiter(pool.LimiterSettings{Rate: 500, Burst: 50})))
	must(err)
	defer p.Close()

	_, err = p.DB().ExecContext(pool.WithPriority(ctx, pool.Critical), `CREATE payment`)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithPriority() {
	ctx := pool.WithPriority(context.Background(), pool.Background)
	fmt.Println(pool.PriorityOf(ctx))
	// Output: background
}

func ExamplePriorityOf() {
	fmt.Println(pool.PriorityOf(context.Background()))
	// Output: normal
}
