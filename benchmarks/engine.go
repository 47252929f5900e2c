package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The real engine, which is seeded and whose replies are recorded.

// storedRows is the size of the recordings that the tests replay.
const storedRows = 50

// engine is a real SurrealDB with data in it, and recordings of its replies.
type engine struct {
	server  *surrealtest.Server
	dsn     string
	version string
	set     record.Set
}

func startEngine(ctx context.Context, o surrealtest.Options, people int) (*engine, error) {
	server, err := surrealtest.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	en := &engine{server: server, dsn: server.DSN() + "/bench/main"}
	if err := en.prepare(ctx, people); err != nil {
		_ = server.Close()
		return nil, err
	}
	return en, nil
}

func (en *engine) close() error { return en.server.Close() }

func (en *engine) prepare(ctx context.Context, people int) error {
	root, err := sql.Open(surrealsql.DriverName, en.server.DSN())
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.ExecContext(ctx, "DEFINE NAMESPACE bench; USE NS bench; DEFINE DATABASE main"); err != nil {
		return err
	}
	db, err := sql.Open(surrealsql.DriverName, en.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := record.Seed(ctx, db, people); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if en.set, err = record.FromEngine(ctx, en.dsn); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if err := en.set.Check(); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		en.version = c.(*surrealsql.Conn).ServerVersion()
		return nil
	})
}
