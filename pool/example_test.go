package pool_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/limiter"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// server starts an engine for an example. A program has its DSN.
func server(ctx context.Context) *surrealtest.Server {
	s, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

func ExampleOpen() {
	ctx := context.Background()
	engine := server(ctx)
	defer engine.Close()

	p, err := pool.Open(ctx, engine.DSN()+"?pool_min=2&pool_max=20&pool_acquire_timeout=3s")
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()

	db := p.DB() // a *sql.DB, for everything
	var n int
	if err := db.QueryRowContext(ctx, `RETURN $1 + 1`, 41).Scan(&n); err != nil {
		log.Fatal(err)
	}
	stats := p.Stats()
	fmt.Println(n, stats.Idle, stats.Acquires)
	// Output: 42 2 1
}

func ExampleNew() {
	cfg := &surrealsql.Config{Hosts: []string{"db.example.com"}, User: "app", Password: os.Getenv("SECRET")}
	p, err := pool.New(context.Background(), cfg, pool.Settings{
		Max:       50,
		Burst:     80,
		LeakAfter: time.Minute,
		AfterConnect: func(ctx context.Context, c *surrealsql.Conn) error {
			return c.Let(ctx, "instance", "web-1")
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	fmt.Println(p.Settings().Max, p.Settings().Burst)
	// Output: 50 80
}

func ExampleAcquireTimeoutError() {
	ctx := context.Background()
	engine := server(ctx)
	defer engine.Close()
	p, err := pool.Open(ctx, engine.DSN(), func(s *pool.Settings) {
		s.Min, s.Max, s.AcquireTimeout = 1, 1, 20*time.Millisecond
	})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	held, err := p.Acquire(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer held.Close()

	_, err = p.DB().ExecContext(ctx, `RETURN 1`)
	var timeout *pool.AcquireTimeoutError
	if errors.As(err, &timeout) {
		fmt.Printf("waited in vain: %d of %d are held\n", timeout.Held, timeout.Max)
	}
	// Output: waited in vain: 1 of 1 are held
}

// A program that is told to end lets what runs come to its end.
func ExamplePool_Drain() {
	p, err := pool.FromEnv(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	web := &http.Server{Addr: ":8080"}
	go func() { _ = web.ListenAndServe() }()

	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = web.Shutdown(ctx)
	if err := p.Drain(ctx); err != nil {
		log.Print(err)
	}
}

func ExamplePool_Collect() {
	p, err := pool.Open(context.Background(), "surrealdb://localhost/shop/main")
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	p.Collect(func(m pool.Metric) {
		if m.LabelValue == string(pool.ReasonLeftover) {
			fmt.Printf("%s{%s=%q} %v\n", m.Name, m.Label, m.LabelValue, m.Value)
		}
	})
	// Output: surrealsql_pool_closed_total{reason="leftover"} 0
}

// What customers wait for goes before everything else.
func ExampleSettings_gate() {
	dsn, done := exampleDSN()
	defer done()
	ctx := context.Background()
	l := limiter.New(limiter.Settings{Rate: 500, Burst: 50})
	p, err := pool.Open(ctx, dsn, func(s *pool.Settings) { s.Gate = l.Wait })
	must(err)
	defer p.Close()

	_, err = p.DB().ExecContext(limiter.WithPriority(ctx, limiter.Critical), `CREATE payment`)
	fmt.Println(err)
	// Output: <nil>
}

func ExampleSettings_breaker() {
	ctx := context.Background()
	circuit := breaker.New(breaker.Settings{Failures: 1})
	p, err := pool.Open(ctx, "surrealdb://127.0.0.1:1?connect_attempts=1", func(s *pool.Settings) { s.Breaker = circuit })
	must(err)
	defer p.Close()

	_, err = p.Acquire(ctx)
	fmt.Println(errors.Is(err, breaker.ErrOpen)) // it had to find out
	_, err = p.Acquire(ctx)
	fmt.Println(errors.Is(err, breaker.ErrOpen))
	// Output:
	// false
	// true
}
