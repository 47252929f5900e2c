package pool

// A hundred thousand random operations, after which the counts are right.

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// chaos is the network and the hooks of a pool, each failing now and then.
type chaos struct{ on atomic.Bool }

func (c *chaos) strikes(oneIn int) bool { return c.on.Load() && rand.IntN(oneIn) == 0 }

var errChaos = errors.New("chaos")

func (c *chaos) settings() Settings {
	return Settings{
		AfterConnect: func(context.Context, *surrealsql.Conn) error {
			if c.strikes(20) {
				return errChaos
			}
			return nil
		},
		BeforeAcquire: func(context.Context, *surrealsql.Conn) (bool, error) {
			if c.strikes(500) {
				panic(errChaos)
			}
			if c.strikes(200) {
				return rand.IntN(2) == 0, errChaos
			}
			return !c.strikes(200), nil
		},
		AfterRelease: func(*surrealsql.Conn) bool { return !c.strikes(200) },

		Min: 3, Max: 10, Burst: 15, MinIdle: 1, MaxUses: 50,
		MaxLifetime: 30 * time.Millisecond, LifetimeJitter: 30 * time.Millisecond, // some live long, some die young
		MaxIdleTime: 50 * time.Millisecond, HealthCheckInterval: 20 * time.Millisecond,
		LeakAfter: 200 * time.Millisecond, Reclaim: true,
		ConnectBackoff: time.Millisecond, MaxConnectBackoff: 10 * time.Millisecond,
	}
}

// operate takes a connection, does something with it or to it, and gives it back,
// or panics with it in the hand, as programs do.
func (c *chaos) operate(p *Pool) {
	defer func() {
		if r := recover(); r != nil && r != any(errChaos) {
			panic(r)
		}
	}()
	ctx := context.Background()
	if c.strikes(3) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(300))*time.Microsecond)
		defer cancel()
	}
	if rand.IntN(2) == 0 {
		conn, err := p.Acquire(ctx)
		if err != nil {
			return
		}
		defer conn.Close()
		c.use(ctx, conn)
		return
	}
	conn, err := p.DB().Conn(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.Raw(func(dc any) error { c.use(ctx, dc.(*surrealsql.Conn)); return nil })
}

func (c *chaos) use(ctx context.Context, conn *surrealsql.Conn) {
	switch {
	case c.strikes(300):
		lending.Of(conn).Revoke(errChaos)
	case c.strikes(300):
		panic(errChaos)
	case c.strikes(100):
		_ = conn.Ping(ctx)
	case c.strikes(300):
		_, _ = conn.Begin() // and leaves it open
	}
}

func TestStatsCountWhatIsOpenAfterRandomOperations(t *testing.T) {
	t.Parallel()
	const operations, goroutines = 100_000, 40
	srv := scripted.New(t, nil)
	var c chaos
	cfg, err := surrealsql.ParseDSN(srv.DSN("connect_attempts=1"))
	require.NoError(t, err)
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.strikes(20) {
			return nil, errChaos
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	p, err := New(t.Context(), cfg, c.settings())
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })

	c.on.Store(true)
	var left atomic.Int64
	left.Store(operations)
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				c.operate(p)
			}
		})
	}
	wg.Go(func() {
		for left.Load() > 0 {
			p.Pause()
			time.Sleep(time.Millisecond)
			p.Resume()
			time.Sleep(20 * time.Millisecond)
		}
	})
	wg.Wait()
	c.on.Store(false)

	held := make([]*surrealsql.Conn, 15) // all that there may be
	for i := range held {
		held[i], err = p.Acquire(t.Context())
		require.NoError(t, err)
	}
	for _, conn := range held {
		require.NoError(t, conn.Close())
	}

	settled := func() bool {
		s := p.Stats()
		return s.Held == 0 && s.Waiters == 0 && s.Connecting == 0 && s.Idle >= 3 && s.Idle == srv.Open()
	}
	require.Eventually(t, settled, patience, time.Millisecond, "pool: %+v, server: %d", p, srv.Open())
	s := p.Stats()
	require.Equal(t, s.Created, uint64(s.Total)+s.Closed)
	require.Equal(t, s.Acquires, s.Releases)
	require.Equal(t, s.Acquires, s.AcquireWait.Count)
	require.LessOrEqual(t, s.PeakTotal, 15)
	require.LessOrEqual(t, s.PeakHeld, 15)
	for _, happened := range []uint64{s.ConnectErrors, s.Cancels + s.Timeouts, s.Refused, s.ClosedBy[ReasonBroken],
		s.ClosedBy[ReasonLeftover], s.ClosedBy[ReasonHook], s.ClosedBy[ReasonLifetime], s.ClosedBy[ReasonUses]} {
		require.NotZero(t, happened, "the test did not do all that it should: %+v", s)
	}
	require.NoError(t, p.Close())
	srv.AwaitOpen(0)
	require.Zero(t, p.Stats().Total)
}
