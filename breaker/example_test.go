package breaker_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
)

// A breaker under plain sql.DB. Nothing listens at these addresses.
func ExampleNew() {
	cfg, err := surrealsql.ParseDSN("surrealdb://root:root@127.0.0.1:1,127.0.0.1:2/shop/main?connect_backoff=1ms")
	must(err)
	circuit := breaker.New(breaker.Settings{Failures: 2, OpenFor: time.Minute})
	circuit.Install(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	must(err)
	db := sql.OpenDB(connector)
	defer db.Close()

	fmt.Println(circuit.State("127.0.0.1:1"))
	_ = db.Ping() // tries both hosts, until their breakers open
	fmt.Println(circuit.State("127.0.0.1:1"))
	fmt.Println(errors.Is(db.Ping(), breaker.ErrOpen))
	// Output:
	// closed
	// open
	// true
}

func ExampleBreaker_Install() {
	cfg := &surrealsql.Config{Hosts: []string{"127.0.0.1:1"}, ConnectAttempts: 1}
	// DialContext and Tracer, if any, are set before.
	breaker.New(breaker.Settings{
		Failures: 1,
		OnChange: func(addr string, from, to breaker.State) { fmt.Printf("%s: %s, was %s\n", addr, to, from) },
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
	circuit := breaker.New(breaker.Settings{})
	fmt.Println(circuit.State("db.example:8000"))
	// Output: closed
}

// Whether a server is known to be down, without asking it.
func ExampleBreaker_Err() {
	circuit := breaker.New(breaker.Settings{})
	fmt.Println(circuit.Err("db.example:8000"))
	// Output: <nil>
}

// Tell a client when to come back.
func ExampleOpenError() {
	answer := func(w http.ResponseWriter, err error) {
		if open, ok := errors.AsType[*breaker.OpenError](err); ok {
			w.Header().Set("Retry-After", fmt.Sprint(int(open.Delay.Seconds())))
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	w := httptest.NewRecorder()
	answer(w, &breaker.OpenError{Addr: "db.example:8000", Delay: 7 * time.Second})
	fmt.Println(w.Code, w.Header().Get("Retry-After"))
	// Output: 503 7
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
