package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The SurrealDB that is used, and the two sql.DB on it.

// kitchen is a database of tickets.
type kitchen struct {
	name   string              // of the server, without a password
	db     *sql.DB             // for everything but live queries
	live   *sql.DB             // for live queries, which share one connection
	engine *surrealtest.Server // nil for somebody else's

	printing sync.Mutex
	out      io.Writer
}

// database is where the tickets are, unless -dsn names another one.
const database = "live_example"

// openKitchen opens the server of the DSN, of SURREALDB_URL, or one that it starts.
func openKitchen(ctx context.Context, dsn string, out io.Writer) (*kitchen, error) {
	k := &kitchen{out: out}
	cfg, err := k.findServer(ctx, dsn)
	if err == nil {
		err = k.open(ctx, cfg)
	}
	if err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *kitchen) findServer(ctx context.Context, dsn string) (cfg *surrealsql.Config, err error) {
	switch {
	case dsn != "":
		cfg, err = surrealsql.ParseDSN(dsn)
	case os.Getenv("SURREALDB_URL") != "":
		if cfg, err = surrealsql.ConfigFromEnv(); err == nil {
			cfg.Database = database // of yours nothing is touched
		}
	default:
		if k.engine, err = surrealtest.Start(ctx, surrealtest.Options{Output: k.out}); err == nil {
			cfg, err = surrealsql.ParseDSN(k.engine.DSN())
		}
	}
	if err != nil {
		return nil, err
	}
	cfg.Namespace = cmp.Or(cfg.Namespace, "examples")
	cfg.Database = cmp.Or(cfg.Database, database)
	return cfg, nil
}

func (k *kitchen) open(ctx context.Context, cfg *surrealsql.Config) error {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return err
	}
	k.name = cfg.String()
	k.db = sql.OpenDB(connector)
	k.live = sql.OpenDB(connector.Live())
	_, err = k.db.ExecContext(ctx, schema)
	return err
}

func (k *kitchen) close() (err error) {
	for _, db := range []*sql.DB{k.live, k.db} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if k.engine != nil {
		err = errors.Join(err, k.engine.Close())
	}
	return err
}

// printf prints a whole line.
func (k *kitchen) printf(format string, args ...any) {
	k.printing.Lock()
	defer k.printing.Unlock()
	fmt.Fprintf(k.out, format+"\n", args...)
}
