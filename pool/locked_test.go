package pool

// Callbacks that database/sql would call with its mutex held.

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// curious asks a *sql.DB for its statistics when a connection is closed.
type curious struct {
	db    atomic.Pointer[sql.DB]
	calls atomic.Int64
}

func (c *curious) call() {
	if db := c.db.Load(); db != nil {
		_ = db.Stats()
		c.calls.Add(1)
	}
}

func (c *curious) Enabled(context.Context, slog.Level) bool { return true }
func (c *curious) WithAttrs([]slog.Attr) slog.Handler       { return c }
func (c *curious) WithGroup(string) slog.Handler            { return c }
func (c *curious) Handle(_ context.Context, r slog.Record) error {
	c.call()
	return nil
}

func (c *curious) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return ctx
}
func (c *curious) QueryEnd(context.Context, surrealsql.QueryEnd) {}
func (c *curious) CloseEnd(context.Context, surrealsql.CloseEnd) { c.call() }
func (c *curious) CloseStart(ctx context.Context, _ surrealsql.CloseStart) context.Context {
	c.call()
	return ctx
}

// database/sql closes a connection for which nobody waits any more while it holds the
// mutex that DB.Stats needs.
func TestCallbackOfAConnectionThatNobodyWaitsForAnyMoreMayAskItsDB(t *testing.T) {
	t.Parallel()
	callbacks := map[string]func(*curious, *surrealsql.Config, *Settings){
		"BeforeClose": func(c *curious, cfg *surrealsql.Config, _ *Settings) {
			cfg.BeforeClose = func(*surrealsql.Conn) { c.call() }
		},
		"a tracer": func(c *curious, cfg *surrealsql.Config, _ *Settings) { cfg.Tracer = c },
		"a logger": func(c *curious, cfg *surrealsql.Config, _ *Settings) { cfg.Logger = slog.New(c) },
	}
	hooks := map[string]func(*curious, *surrealsql.Config, *Settings){
		"the pool's AfterRelease": func(c *curious, _ *surrealsql.Config, set *Settings) {
			set.AfterRelease = func(*surrealsql.Conn) bool { c.call(); return true }
		},
		"the pool's BeforeClose": func(c *curious, _ *surrealsql.Config, set *Settings) {
			set.MaxUses, set.BeforeClose = 1, func(*surrealsql.Conn) { c.call() }
		},
	}
	plain := func(t *testing.T, cfg *surrealsql.Config, _ Settings) *sql.DB {
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		return sql.OpenDB(connector)
	}
	pooled := func(t *testing.T, cfg *surrealsql.Config, set Settings) *sql.DB {
		p, err := New(t.Context(), cfg, set)
		require.NoError(t, err)
		t.Cleanup(func() {
			require.EqualValues(t, 1, p.Stats().ClosedBy[ReasonBroken], "the one that was given up, not the one that nobody wanted")
		})
		return p.DB()
	}
	once := func(t *testing.T, cfg *surrealsql.Config, set Settings) *sql.DB {
		set.MaxUses = 1
		return pooled(t, cfg, set)
	}
	type open = func(*testing.T, *surrealsql.Config, Settings) *sql.DB
	try := func(name string, asked func(*curious, *surrealsql.Config, *Settings), open open) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closeUnderTheMutex(t, asked, open)
		})
	}
	for name, asked := range callbacks {
		try(name+" of sql.DB", asked, plain)
		try(name+" of a pool", asked, once)
	}
	for name, asked := range hooks {
		try(name, asked, pooled)
	}
}

func closeUnderTheMutex(
	t *testing.T, asked func(*curious, *surrealsql.Config, *Settings),
	open func(*testing.T, *surrealsql.Config, Settings) *sql.DB,
) {
	srv := scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	asks := new(curious)
	var set Settings
	asked(asks, cfg, &set)
	dials, dialling, mayDial := new(atomic.Int64), make(chan struct{}), make(chan struct{})
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials.Add(1) == 2 {
			close(dialling)
			<-mayDial
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	db := open(t, cfg, set)
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(-1)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	waits := make(chan error, 1)
	go func() { waits <- db.PingContext(ctx) }()
	require.Eventually(t, func() bool { return db.Stats().WaitCount == 1 }, patience, time.Millisecond)
	require.ErrorIs(t, conn.Raw(func(any) error { return driver.ErrBadConn }), driver.ErrBadConn)
	<-dialling // for the caller who waits, on a goroutine of database/sql
	cancel()
	require.ErrorIs(t, <-waits, context.Canceled)
	before := asks.calls.Load()
	asks.db.Store(db)
	close(mayDial)

	done := make(chan error, 1)
	go func() {
		for asks.calls.Load() == before {
			time.Sleep(time.Millisecond)
		}
		for db.Stats().OpenConnections > 0 {
			time.Sleep(time.Millisecond)
		}
		done <- errors.Join(db.PingContext(context.Background()), db.Close())
	}()
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(patience):
		t.Fatal("it hangs")
	}
	srv.AwaitOpen(0)
}
