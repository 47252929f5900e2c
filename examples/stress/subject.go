package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// The two pools that are compared, behind one interface.

// subject is a pool that is put under load: package pool, or plain sql.DB.
type subject interface {
	name() string
	db() *sql.DB
	// acquire waits for a connection, and not longer than the limits say.
	acquire(context.Context) (*sql.Conn, error)
	// now is how many connections are in use and idle.
	now() (inUse, idle int)
	// created is how many connections were made so far.
	created() int64
	close()
}

// opener opens a pool for a server.
type opener func(context.Context, *surrealsql.Config, limits) (subject, error)

// openers are the pools that -pool names.
func openers(name string) ([]opener, error) {
	switch name {
	case "fair":
		return []opener{openPool}, nil
	case "sql":
		return []opener{openPlain}, nil
	case "both":
		return []opener{openPool, openPlain}, nil
	}
	return nil, fmt.Errorf("unknown -pool %q: expected fair, sql or both", name)
}

// counted is a Config that counts connections, the same way for both pools.
func counted(cfg *surrealsql.Config) (*surrealsql.Config, *atomic.Int64) {
	n := new(atomic.Int64)
	cfg = cfg.Clone()
	cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error {
		n.Add(1)
		return nil
	}
	return cfg, n
}

// fair is package pool.
type fair struct {
	pool *pool.Pool
	made *atomic.Int64
}

func openPool(ctx context.Context, cfg *surrealsql.Config, l limits) (subject, error) {
	cfg, made := counted(cfg)
	p, err := pool.New(ctx, cfg, pool.Settings{Min: l.min, Max: l.max, Burst: l.burst,
		AcquireTimeout: l.acquireTimeout})
	if err != nil {
		return nil, err
	}
	return &fair{p, made}, nil
}

func (f *fair) name() string { return "pool" }

func (f *fair) db() *sql.DB { return f.pool.DB() }

func (f *fair) acquire(ctx context.Context) (*sql.Conn, error) { return f.pool.DB().Conn(ctx) }

func (f *fair) now() (inUse, idle int) {
	s := f.pool.Stats()
	return s.Held, s.Idle
}

func (f *fair) created() int64 { return f.made.Load() }

func (f *fair) close() { _ = f.pool.Close() }

// plain is sql.DB with the settings that docs/pool.md recommends.
type plain struct {
	sql    *sql.DB
	limits limits
	made   *atomic.Int64
}

func openPlain(_ context.Context, cfg *surrealsql.Config, l limits) (subject, error) {
	cfg, made := counted(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(l.max)
	db.SetMaxIdleConns(l.max)
	return &plain{db, l, made}, nil
}

func (p *plain) name() string { return "sql.DB" }

func (p *plain) db() *sql.DB { return p.sql }

// acquire has the bound that sql.DB has not itself. Conn needs its context only
// until it returns.
func (p *plain) acquire(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limits.acquireTimeout)
	defer cancel()
	return p.sql.Conn(ctx)
}

func (p *plain) now() (inUse, idle int) {
	s := p.sql.Stats()
	return s.InUse, s.Idle
}

func (p *plain) created() int64 { return p.made.Load() }

func (p *plain) close() { _ = p.sql.Close() }
