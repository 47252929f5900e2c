package surrealhealth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"

	surrealhealth "github.com/surrealsql/surrealsql/integrations/health"
)

// routes are what a program answers to whoever looks after it.
func routes(p *pool.Pool) (*http.ServeMux, *surrealhealth.Health) {
	health := surrealhealth.ForPool(p, surrealhealth.Settings{}) // ForDB for a *sql.DB
	mux := http.NewServeMux()
	mux.Handle("/livez", health.Live())
	mux.Handle("/readyz", health.Ready())
	return mux, health
}

func Example() {
	ctx := context.Background()
	srv, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	p, err := pool.Open(ctx, srv.DSN()+"/test/test")
	if err != nil {
		panic(err)
	}
	defer p.Close()
	mux, health := routes(p)
	show := func(path string) {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, rec.Code)
	}
	show("/readyz")
	health.Stop() // the program is about to end
	show("/readyz")
	show("/livez")
	// Output:
	// /readyz 200
	// /readyz 503
	// /livez 200
}
