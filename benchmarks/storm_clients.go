package main

import (
	"context"
	"database/sql"
	"net"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	surrealdb "github.com/surrealdb/surrealdb.go"
	"github.com/surrealdb/surrealdb.go/pkg/connection/gorillaws"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/pool"
)

// Who stands in the storm: the driver under the pool of sql.DB and under package
// pool, and the official SDK.

// stormCalls are what the callers do.
type stormCalls struct {
	useful func(ctx context.Context, caller int) error
	giveUp func(ctx context.Context) error
}

// stormClient is one way to do it. What open opens ends with its env.
type stormClient struct {
	name string
	role measure.Role
	open func(e *env, cfg *surrealsql.Config, dials *atomic.Int64) (*stormCalls, error)
}

const (
	stormSQL  = "driver, sql.DB"
	stormPool = "driver, package pool"
	stormSDK1 = "SDK, all on one connection"
	stormSDK8 = "SDK, 8 connections in turn"
)

var stormClients = []stormClient{
	{stormSQL, measure.Subject, func(e *env, cfg *surrealsql.Config, dials *atomic.Int64) (*stormCalls, error) {
		cfg.DialContext = countDials(dials)
		db, err := e.open(cfg, stormConns)
		return stormOf(db), err
	}},
	{stormPool, measure.Subject, func(e *env, cfg *surrealsql.Config, dials *atomic.Int64) (*stormCalls, error) {
		cfg.DialContext = countDials(dials)
		p, err := pool.New(context.Background(), cfg, pool.Settings{Min: stormConns, Max: stormConns})
		if err != nil {
			return nil, err
		}
		e.atEnd(p.Close)
		return stormOf(p.DB()), nil
	}},
	{stormSDK1, measure.SDK, func(e *env, cfg *surrealsql.Config, dials *atomic.Int64) (*stormCalls, error) {
		return stormOfSDK(e, cfg, dials, 1)
	}},
	{stormSDK8, measure.SDK, func(e *env, cfg *surrealsql.Config, dials *atomic.Int64) (*stormCalls, error) {
		return stormOfSDK(e, cfg, dials, stormConns)
	}},
}

func stormOf(db *sql.DB) *stormCalls {
	rows := make([]one, stormCallers)
	return &stormCalls{
		useful: func(ctx context.Context, caller int) error { return rows[caller].ask(ctx, db) },
		giveUp: func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, stormCall)
			return err
		},
	}
}

// stormOfSDK shares some connections among the callers: the SDK has no pool, and
// takes several calls at once on each.
func stormOfSDK(e *env, cfg *surrealsql.Config, dials *atomic.Int64, conns int) (*stormCalls, error) {
	countSDKDials(e, dials)
	sdks, err := many(conns, func() (*surrealdb.DB, error) { return e.sdk(cfg) })
	if err != nil {
		return nil, err
	}
	var turn atomic.Uint64
	next := func() *surrealdb.DB { return sdks[turn.Add(1)%uint64(conns)] }
	return &stormCalls{
		useful: func(ctx context.Context, _ int) error {
			results, err := surrealdb.Query[[]row2](ctx, next(), record.One.Wire, record.One.Vars())
			if err != nil {
				return err
			}
			return counted(len((*results)[0].Result), 1)
		},
		giveUp: func(ctx context.Context) error {
			_, err := surrealdb.Query[any](ctx, next(), stormCall, nil)
			return err
		},
	}, nil
}

// countDials counts sockets without standing between: the driver looks into them.
func countDials(n *atomic.Int64) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, addr)
	}
}

// countSDKDials counts those of the SDK, whose dialer is a variable of its package,
// until the end.
func countSDKDials(e *env, n *atomic.Int64) {
	original := gorillaws.DefaultDialer
	gorillaws.DefaultDialer = &websocket.Dialer{
		Proxy: original.Proxy, HandshakeTimeout: original.HandshakeTimeout,
		EnableCompression: original.EnableCompression, Subprotocols: original.Subprotocols,
		NetDialContext: countDials(n),
	}
	e.atEnd(func() error { gorillaws.DefaultDialer = original; return nil })
}
