package pool

// A pool in fake time: a server of pipes, and what the tests do with it.

import (
	"context"
	"database/sql"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits in real time for what should happen at once.
const patience = 10 * time.Second

// site is a server in a bubble of fake time, and the network before it.
type site struct {
	*scripted.Server
	network  atomic.Pointer[func(context.Context) error] // what a dial goes through first; an error refuses it
	begun    atomic.Int64
	underWay atomic.Int64
	mostWay  atomic.Int64
}

// inBubble runs a test against a server of pipes, in fake time.
func inBubble(t *testing.T, test func(t *testing.T, s *site)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newSite(t, nil)) })
}

func newSite(t *testing.T, script func(*scripted.Conn)) *site {
	return &site{Server: scripted.Pipes(t, script)}
}

// open opens a pool of it, and closes it with the test.
func (s *site) open(t *testing.T, set Settings) *Pool {
	t.Helper()
	p, err := s.tryOpen(t, set)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func (s *site) tryOpen(t *testing.T, set Settings) (*Pool, error) {
	return New(t.Context(), s.config(t), set)
}

func (s *site) config(t *testing.T) *surrealsql.Config {
	// The driver's idle checker holds a mutex while it looks at a pipe, and who waits
	// for a mutex keeps the time of a bubble from passing.
	cfg, err := surrealsql.ParseDSN(s.DSN("connect_attempts=1", "health_check_interval=0"))
	require.NoError(t, err)
	cfg.DialContext = s.dial
	return cfg
}

// plain opens sql.DB's own pool of it.
func (s *site) plain(t *testing.T) *sql.DB {
	connector, err := surrealsql.NewConnector(s.config(t))
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (s *site) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	s.begun.Add(1)
	n := s.underWay.Add(1)
	defer s.underWay.Add(-1)
	s.mostWay.Store(max(s.mostWay.Load(), n))
	if f := s.network.Load(); f != nil {
		if err := (*f)(ctx); err != nil {
			return nil, err
		}
	}
	return s.Dial(ctx, network, addr)
}

// through sets what dials go through from now on.
func (s *site) through(f func(context.Context) error) { s.network.Store(&f) }

// slow lets each dial take so long.
func slow(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// acquire leases a connection that the test gives back itself.
func acquire(t testing.TB, p *Pool) *surrealsql.Conn {
	t.Helper()
	c, err := p.Acquire(t.Context())
	require.NoError(t, err)
	return c
}

// release gives connections back.
func release(t testing.TB, conns ...*surrealsql.Conn) {
	t.Helper()
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
}

// requireSound checks what must hold between the statistics while nothing moves.
func requireSound(t testing.TB, s Stats) {
	t.Helper()
	require.Equal(t, s.Created, uint64(s.Total)+s.Closed, "created: %+v", s)
	require.Equal(t, s.Total, s.Idle+s.Held, "total: %+v", s)
	require.Equal(t, s.Acquires, s.Releases+uint64(s.Held), "acquires: %+v", s)
	require.Equal(t, s.Acquires, s.AcquireWait.Count, "waits: %+v", s)
	require.Equal(t, s.Connects, s.Created+s.ConnectErrors+s.ConnectsDropped+uint64(s.Connecting), "dials: %+v", s)
	require.GreaterOrEqual(t, s.PeakTotal, s.Total)
	require.GreaterOrEqual(t, s.PeakHeld, s.Held)
}
