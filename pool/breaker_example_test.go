package pool_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// A breaker under plain sql.DB. Nothing listens at these addresses.
func ExampleNewBreaker() {
	cfg, err := surrealsql.ParseDSN("surrealdb://root:root@127.0.0.1:1,127.0.0.1:2/shop/main?connect_backoff=1ms")
	must(err)
	breaker := pool.NewBreaker(pool.BreakerSettings{Failures: 2, OpenFor: time.Minute})
	breaker.Install(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	must(err)
	db := sql.OpenDB(connector)
	defer db.Close()

	fmt.Println(breaker.State("127.0.0.1:1"))
	_ = db.Ping() // tries both hosts, until their breakers open
	fmt.Println(breaker.State("127.0.0.1:1"))
	fmt.Println(errors.Is(db.Ping(), pool.ErrBreakerOpen))
	// Output:
	// closed
	// open
	// true
}

func ExampleBreaker_Install() {
	cfg := &surrealsql.Config{Hosts: []string{"127.0.0.1:1"}, ConnectAttempts: 1}
	// DialContext and Tracer, if any, are set before.
	pool.NewBreaker(pool.BreakerSettings{
		Failures: 1,
		OnChange: func(addr string, from, to pool.BreakerState) { fmt.Printf("%s: %s, was %s\n", addr, to, from) },
	}).Install(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	must(err)
	_, err = connector.Connect(context.Background())
	fmt.Println(surrealsql.IsConnectivity(err))
	// Output:
	// 127.0.0.1:1: open, was closed
	// true
}

func ExampleBreaker_State() {
	breaker := pool.NewBreaker(pool.BreakerSettings{})
	fmt.Println(breaker.State("db.example:8000"))
	// Output: closed
}

func ExampleWithBreaker() {
	ctx := context.Background()
	breaker := pool.NewBreaker(pool.BreakerSettings{Failures: 1})
	p, err := pool.Open(ctx, "surrealdb://127.0.0.1:1?connect_attempts=1", pool.WithBreaker(breaker))
	must(err)
	defer p.Close()

	_, err = p.Acquire(ctx)
	fmt.Println(errors.Is(err, pool.ErrBreakerOpen)) // it had to find out
	_, err = p.Acquire(ctx)
	fmt.Println(errors.Is(err, pool.ErrBreakerOpen))
	// Output:
	// false
	// true
}

// Tell a client when to come back.
func ExampleBreakerOpenError() {
	answer := func(w http.ResponseWriter, err error) {
		if open, ok := errors.AsType[*pool.BreakerOpenError](err); ok {
			w.Header().Set("Retry-After", fmt.Sprint(int(open.RetryAfter.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	w := httptest.NewRecorder()
	answer(w, &pool.BreakerOpenError{Addr: "db.example:8000", RetryAfter: 7 * time.Second})
	fmt.Println(w.Code, w.Header().Get("Retry-After"))
	// Output: 503 7
}
