package connections

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/pool"
)

// A socket counts until it is closed, not until its closing has begun.

// slowlyClosed is a network whose sockets take their time to close, as those of a
// loaded machine do now and then: so a dial that does not wait for that is caught
// nearly always, not in one run of four.
type slowlyClosed struct {
	drivertest.Sockets
	takes time.Duration
}

func (s *slowlyClosed) Use(cfg *surrealsql.Config) { cfg.DialContext = s.Dial }

func (s *slowlyClosed) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := s.Sockets.Dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &slowSocket{Socket: nc.(*drivertest.Socket), takes: s.takes}, nil
}

// slowSocket is counted as open until its descriptor is gone. As with every net.Conn
// a second Close returns at once.
type slowSocket struct {
	*drivertest.Socket
	takes time.Duration
	begun atomic.Bool
}

func (s *slowSocket) Close() error {
	if !s.begun.CompareAndSwap(false, true) {
		return net.ErrClosed
	}
	_ = s.SetDeadline(time.Unix(1, 0)) // who reads or writes wakes up, as by a real Close
	time.Sleep(s.takes)
	return s.Socket.Close()
}

// moody serves most requests, and now and then it is late, or hangs up: while it
// answers, before it does, or before the session is open.
func moody(c *scripted.Conn) {
	mood := func(r scripted.Request) {
		switch rand.IntN(12) {
		case 0:
			c.Drop()
		case 1:
			c.Reset()
		case 2, 3:
			time.Sleep(time.Duration(rand.IntN(6)) * time.Millisecond)
		}
		c.Answer(r)
	}
	if rand.IntN(10) == 0 {
		c.Request()
		c.Drop() // in the handshake
		return
	}
	c.Serve(mood)
}

// storm makes queries whose deadlines are random, and ends connections in every way
// there is.
func storm(t *testing.T, db *sql.DB, callers, queries int) {
	t.Helper()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range queries {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(8000))*time.Microsecond)
				gust(ctx, db)
				cancel()
			}
		})
	}
	wg.Wait()
}

func gust(ctx context.Context, db *sql.DB) {
	switch rand.IntN(6) {
	case 0:
		if tx, err := db.BeginTx(ctx, nil); err == nil {
			_, _ = tx.ExecContext(ctx, "CREATE x")
			_ = tx.Rollback()
		}
	case 1:
		if conn, err := db.Conn(ctx); err == nil {
			_ = conn.Raw(func(c any) error {
				if rand.IntN(2) == 0 {
					lending.Of(c.(*surrealsql.Conn)).Revoke(errors.New("lost"))
				}
				return errors.New("given up")
			})
			_ = conn.Close()
		}
	case 2:
		_ = db.PingContext(ctx)
	default:
		_, _ = db.ExecContext(ctx, "CREATE x")
	}
}

func TestConnsNeverHoldMoreSocketsThanThereMayBe(t *testing.T) {
	t.Parallel()
	const most, callers, queries = 4, 16, 60
	limits := func(cfg *surrealsql.Config) {
		cfg.MaxUses, cfg.MaxLifetime, cfg.LifetimeJitter = 7, 30*time.Millisecond, 20*time.Millisecond
		cfg.HealthCheckInterval, cfg.ConnectAttempts, cfg.ConnectBackoff = 5*time.Millisecond, 2, time.Millisecond
	}
	faces := map[string]func(*testing.T, *surrealsql.Config) *sql.DB{
		"of sql.DB": func(t *testing.T, cfg *surrealsql.Config) *sql.DB {
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			db := sql.OpenDB(connector)
			db.SetMaxOpenConns(most)
			db.SetMaxIdleConns(2)
			db.SetConnMaxLifetime(50 * time.Millisecond)
			return db
		},
		"of package pool, burst included": func(t *testing.T, cfg *surrealsql.Config) *sql.DB {
			p, err := pool.New(t.Context(), cfg, pool.Settings{Max: most - 2, Burst: most,
				MaxLifetime: 40 * time.Millisecond, MaxUses: 9, HealthCheckInterval: 5 * time.Millisecond,
				LeakAfter: 5 * time.Millisecond, Reclaim: true,
				ConnectBackoff: time.Millisecond, MaxConnectBackoff: 2 * time.Millisecond})
			require.NoError(t, err)
			return p.DB()
		},
	}
	for face, open := range faces {
		for name, takes := range map[string]time.Duration{"sockets that close at once": 0, "sockets that close slowly": 3 * time.Millisecond, "sockets that close later than Close waits": 130 * time.Millisecond} {
			t.Run(name+" "+face, func(t *testing.T) {
				t.Parallel()
				srv := scripted.New(t, moody)
				cfg, err := surrealsql.ParseDSN(srv.DSN())
				require.NoError(t, err)
				limits(cfg)
				network := slowlyClosed{takes: takes}
				network.Use(cfg)
				db := open(t, cfg)
				n := queries
				if takes > 100*time.Millisecond {
					n /= 6
				}
				storm(t, db, callers, n)
				require.NoError(t, db.Close())
				_, opened := network.Count()
				require.Greater(t, opened, most, "too few to mean anything")
				require.LessOrEqual(t, network.Most(), most)
				network.AwaitOpen(t, 0)
			})
		}
	}
}
