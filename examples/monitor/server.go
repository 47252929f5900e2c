package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// server is the SurrealDB that is used.
type server struct {
	dsn    string
	name   string              // for the page, without a password
	engine *surrealtest.Server // nil for somebody else's
}

// findServer takes the server of the DSN, of SURREALDB_URL, or starts one.
func findServer(ctx context.Context, dsn string, out io.Writer) (*server, error) {
	if dsn == "" {
		dsn = os.Getenv("SURREALDB_URL")
	}
	if dsn != "" {
		return &server{dsn: dsn, name: "the server of the DSN"}, nil
	}
	engine, err := surrealtest.Start(ctx, surrealtest.Options{Output: out})
	if err != nil {
		return nil, err
	}
	return &server{dsn: engine.DSN(), name: "an embedded engine at " + engine.Addr(0), engine: engine}, nil
}

// open opens a pool on it. Where a DSN was given, its pool_ keys say how;
// otherwise the pool is one that the load is too much for, at times.
func (s *server) open(ctx context.Context) (*pool.Pool, error) {
	opts := []pool.Option{pool.WithLeakAfter(leakAfter)}
	if s.engine != nil {
		opts = append(opts, pool.WithMin(minConns), pool.WithMax(maxConns), pool.WithBurst(maxBurst))
	} else if cfg, err := surrealsql.ParseDSN(s.dsn); err == nil {
		s.name = fmt.Sprint(cfg)
	}
	return pool.Open(ctx, s.dsn, opts...)
}

func (s *server) close() error {
	if s.engine == nil {
		return nil
	}
	return s.engine.Close()
}
