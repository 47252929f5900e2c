package surrealmonitor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"

	surrealmonitor "github.com/surrealsql/surrealsql/integrations/monitor"
)

// debugRoutes are the pages of a program for who runs it. Close the monitor before the server
// is shut down.
func debugRoutes(p *pool.Pool) (*http.ServeMux, *surrealmonitor.Monitor) {
	monitor := surrealmonitor.New(p, surrealmonitor.Settings{Name: "orders"})
	mux := http.NewServeMux()
	mux.Handle("/debug/pool/", http.StripPrefix("/debug/pool", monitor))
	return mux, monitor
}

func Example() {
	ctx := context.Background()
	srv, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	p, err := pool.Open(ctx, srv.DSN()+"/test/test?pool_min=2")
	if err != nil {
		panic(err)
	}
	defer p.Close()
	mux, monitor := debugRoutes(p)
	defer monitor.Close()
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest("GET", "/debug/pool/", nil))
	fmt.Println(rec.Code, strings.Contains(rec.Body.String(), `<b id="idle">2</b> idle`))
	// Output: 200 true
}
