package main

import (
	"context"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// An engine of our own, for who tries the program. A service that is in earnest has no use for
// this file, nor for its import: it refuses to begin without SURREALDB_URL.

// startEngine starts a SurrealDB in memory, which ends with the program, and says how other
// commands find it.
func startEngine(ctx context.Context, diag io.Writer) (cfg *surrealsql.Config, stop func() error, err error) {
	fmt.Fprintln(diag, "SURREALDB_URL names no server: starting one in memory.")
	engine, err := surrealtest.Start(ctx, surrealtest.Options{Output: diag})
	if err != nil {
		return nil, nil, err
	}
	dsn := engine.DSN() + "/shops"
	if cfg, err = surrealsql.ParseDSN(dsn); err != nil {
		_ = engine.Close()
		return nil, nil, err
	}
	fmt.Fprintf(diag, "For other commands: export SURREALDB_URL=%s\n", dsn)
	return cfg, engine.Close, nil
}
