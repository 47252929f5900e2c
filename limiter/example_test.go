package limiter_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/limiter"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Two calls pass at once, the third is refused.
func ExampleNew() {
	l := limiter.New(limiter.Settings{Rate: 0.001, Burst: 2, Refuse: true})
	for range 3 {
		err := l.Wait(context.Background())
		fmt.Println(errors.Is(err, limiter.ErrExceeded))
	}
	// Output:
	// false
	// false
	// true
}

// An import that leaves room for others.
func ExampleLimiter_Wait() {
	ctx := limiter.WithPriority(context.Background(), limiter.Background)
	server, err := surrealtest.Start(ctx, surrealtest.Options{}) // a program has its own
	must(err)
	defer server.Close()
	db, err := sql.Open("surrealdb", server.DSN()+"/shop/main")
	must(err)
	defer db.Close()

	l := limiter.New(limiter.Settings{Rate: 1000, Burst: 10})
	for _, name := range []string{"Ada", "Grace"} {
		must(l.Wait(ctx))
		_, err := db.ExecContext(ctx, `CREATE person SET name = $1`, name)
		must(err)
	}
	var n int
	must(db.QueryRowContext(ctx, `RETURN count(SELECT * FROM person)`).Scan(&n))
	fmt.Println(n)
	// Output: 2
}

func ExampleLimiter_Waiting() {
	l := limiter.New(limiter.Settings{Rate: 10})
	fmt.Println(l.Waiting())
	// Output: 0
}

func ExampleExceededError() {
	l := limiter.New(limiter.Settings{Refuse: true})
	ctx := limiter.WithPriority(context.Background(), limiter.Critical)
	_ = l.Wait(ctx)
	if e, ok := errors.AsType[*limiter.ExceededError](l.Wait(ctx)); ok {
		fmt.Println(e.Priority, e.Waiting)
	}
	// Output: critical 0
}

func ExampleWithPriority() {
	ctx := limiter.WithPriority(context.Background(), limiter.Background)
	fmt.Println(limiter.PriorityOf(ctx))
	// Output: background
}

func ExamplePriorityOf() {
	fmt.Println(limiter.PriorityOf(context.Background()))
	// Output: normal
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
