package surrealprometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"

	surrealprometheus "github.com/surrealsql/surrealsql/integrations/prometheus"
)

// open opens a pool whose queries are counted, and registers what it has to tell.
func open(ctx context.Context, dsn string, registry prometheus.Registerer) (*pool.Pool, error) {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	queries := surrealprometheus.NewQueries()
	cfg.Tracer = surrealsql.JoinTracers(cfg.Tracer, queries)
	p, err := pool.New(ctx, cfg, pool.Settings{Max: 20})
	if err != nil {
		return nil, err
	}
	for _, c := range []prometheus.Collector{queries, surrealprometheus.NewPool(p, "shop")} {
		if err := registry.Register(c); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

func Example() {
	ctx := context.Background()
	srv, err := surrealtest.Start(ctx, surrealtest.Options{})
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	registry := prometheus.NewRegistry()
	p, err := open(ctx, srv.DSN()+"/test/test", registry)
	if err != nil {
		panic(err)
	}
	defer p.Close()
	if _, err := p.DB().ExecContext(ctx, `CREATE person:ada`); err != nil {
		panic(err)
	}
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, "surrealsql_query_duration_seconds_count") || strings.HasPrefix(line, "surrealsql_pool_idle") {
			fmt.Print(line)
		}
	}
	// Output:
	// surrealsql_pool_idle{pool="shop"} 1
	// surrealsql_query_duration_seconds_count{error="",operation="CREATE",table="person"} 1
}
