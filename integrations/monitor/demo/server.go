package main

import (
	"context"
	"io"
	"os"

	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The SurrealDB that is used, and the pool on it.

// server is the SurrealDB that is used.
type server struct {
	dsn    string              // empty for what the environment says
	name   string              // for the page, without a password
	engine *surrealtest.Server // nil for somebody else's
}

// findServer takes the server of the DSN, of SURREALDB_URL, or starts one.
func findServer(ctx context.Context, dsn string, out io.Writer) (*server, error) {
	switch {
	case dsn != "":
		return &server{dsn: dsn, name: "the server of the DSN"}, nil
	case os.Getenv("SURREALDB_URL") != "":
		return &server{name: "the server of SURREALDB_URL"}, nil
	}
	engine, err := surrealtest.Start(ctx, surrealtest.Options{Output: out})
	if err != nil {
		return nil, err
	}
	return &server{dsn: engine.DSN(), name: "an embedded engine at " + engine.Addr(0), engine: engine}, nil
}

// open opens a pool on it. Where there is a DSN, its pool_ keys say how;
// otherwise the pool is one that the load is too much for, at times.
func (s *server) open(ctx context.Context) (*pool.Pool, error) {
	leaks := func(s *pool.Settings) { s.LeakAfter = leakAfter }
	switch {
	case s.engine != nil:
		return pool.Open(ctx, s.dsn, leaks, func(s *pool.Settings) {
			s.Min, s.Max, s.Burst = minConns, maxConns, maxBurst
		})
	case s.dsn == "":
		return pool.FromEnv(ctx, leaks)
	}
	return pool.Open(ctx, s.dsn, leaks)
}

func (s *server) close() error {
	if s.engine == nil {
		return nil
	}
	return s.engine.Close()
}
