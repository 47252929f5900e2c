package pool_test

// Which replica serves a read, in fake time: to the very one.

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/limiter"
	"github.com/surrealsql/surrealsql/pool"
)

// bubble is a pool with replicas a and b in a bubble of synctest. What is asked is
// told by a tracer.
type bubble struct {
	*pool.Pool
	*drivertest.Pipes
	asked  askers
	opened time.Time
}

// askers is a tracer that notes the server of each query.
type askers struct {
	mu    sync.Mutex
	names string
}

func (a *askers) note(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names += name
}

func (a *askers) take() string {
	synctest.Wait() // what is closed is closed
	a.mu.Lock()
	defer a.mu.Unlock()
	names := a.names
	a.names = ""
	return names
}

func (a *askers) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	a.note(strings.TrimSuffix(s.Addr, ":8000"))
	return ctx
}
func (*askers) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func newBubble(t *testing.T, set pool.Settings) *bubble {
	t.Helper()
	b := &bubble{Pipes: drivertest.NewPipes(scripted.Pipes(t, nil)), opened: time.Now()}
	config := func(host string) *surrealsql.Config {
		return &surrealsql.Config{
			Hosts: []string{host}, Namespace: "ns", Database: "db", DialContext: b.Pipes.Dial, Tracer: &b.asked,
			ConnectAttempts: 1, HealthCheckInterval: surrealsql.Disabled, PingAfterIdle: surrealsql.Disabled,
		}
	}
	set.HealthCheckInterval, set.ReplicaConfigs = pool.Disabled, []*surrealsql.Config{config("a"), config("b")}
	var err error
	b.Pool, err = pool.New(t.Context(), config("w"), set)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// turn makes a host refuse connects, or not.
func (b *bubble) turn(host string, down bool) { b.SetDown(host+":8000", down) }

// reads sends n reads and returns who was asked; "-" where one failed.
func (b *bubble) reads(t *testing.T, n int) string {
	t.Helper()
	b.asked.take()
	for range n {
		if _, err := b.Reader(t.Context()).ExecContext(t.Context(), `SELECT * FROM x`); err != nil {
			b.asked.note("-")
		}
		synctest.Wait()
	}
	return b.asked.take()
}

func (b *bubble) routed(t *testing.T, n int) string {
	t.Helper()
	b.asked.take()
	for range n {
		_, err := b.Routed().ExecContext(t.Context(), `SELECT * FROM x`)
		require.NoError(t, err)
		synctest.Wait()
	}
	return b.asked.take()
}

func TestReplicasTakeTurnsThroughTheStatesOfTheirBreakers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: 10 * time.Second})
		b := newBubble(t, pool.Settings{Breaker: circuit, MaxUses: 1}) // so that each read dials
		require.Equal(t, "abab", b.reads(t, 4))
		b.turn("a", true)
		require.Equal(t, "-bbb", b.reads(t, 4), "the first finds out, the others pass it over")
		require.Equal(t, 3, b.Dialled("a:8000"))

		b.turn("b", true)
		require.Equal(t, "-ww", b.reads(t, 3), "the writer stands in")
		b.turn("b", false)
		require.Equal(t, "w", b.reads(t, 1), "until b may be probed")
		time.Sleep(10 * time.Second)
		b.turn("a", false)
		require.Equal(t, "w", b.reads(t, 1), "it sets off a probe of each")
		require.Equal(t, breaker.Closed, circuit.State("a:8000"))
		require.Equal(t, breaker.Closed, circuit.State("b:8000"))
		require.Contains(t, []string{"abab", "baba"}, b.reads(t, 4))
	})
}

func TestRoutedReadFailsOverWithinItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: 10 * time.Second})
		b := newBubble(t, pool.Settings{Breaker: circuit, MaxUses: 1})
		b.turn("a", true)
		require.Equal(t, "bbb", b.routed(t, 3))
		require.Equal(t, 1, b.Dialled("a:8000"))
		b.turn("b", true)
		require.Equal(t, "www", b.routed(t, 3))
		time.Sleep(10 * time.Second)
		b.turn("a", false)
		require.Equal(t, "waaa", b.routed(t, 4), "one probe of each in the background, and the one that succeeded serves")
	})
}

func TestBreakerThatIsOpenRefusesAtOnceUnlessThereAreConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Minute})
		b := newBubble(t, pool.Settings{Breaker: circuit, Max: 1, Burst: 2})
		held, err := b.Acquire(t.Context())
		require.NoError(t, err)
		b.turn("w", true)
		served := make(chan error)
		go func() {
			c, err := b.Acquire(t.Context())
			if err == nil {
				err = c.Close()
			}
			served <- err
		}()
		time.Sleep(time.Second)
		require.Equal(t, breaker.Open, circuit.State("w:8000"))
		require.NoError(t, held.Close())
		require.NoError(t, <-served, "there is one to wait for")

		held, err = b.Acquire(t.Context())
		require.NoError(t, err)
		lending.Of(held).Revoke(errors.New("lost"))
		require.NoError(t, held.Close())
		synctest.Wait()
		require.Zero(t, b.Stats().Refused)
		started := time.Now()
		_, err = b.Acquire(t.Context())
		require.ErrorIs(t, err, breaker.ErrOpen)
		require.True(t, surrealsql.IsConnectivity(err))
		require.ErrorIs(t, b.DB().PingContext(t.Context()), breaker.ErrOpen)
		require.Equal(t, started, time.Now())
		require.EqualValues(t, 2, b.Stats().Refused)

		time.Sleep(time.Minute)
		b.turn("w", false)
		require.NoError(t, b.DB().PingContext(t.Context()))
	})
}

func TestLimiterStandsBeforeEachLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waits := limiter.New(limiter.Settings{Rate: 10})
		refuses := limiter.New(limiter.Settings{Rate: 5, Refuse: true})
		gated := 0
		b := newBubble(t, pool.Settings{Gate: func(ctx context.Context) error {
			gated++
			if err := waits.Wait(ctx); err != nil {
				return err
			}
			return refuses.Wait(ctx)
		}})
		require.NoError(t, b.DB().PingContext(t.Context()))
		err := b.DB().PingContext(t.Context())
		require.ErrorIs(t, err, limiter.ErrExceeded)
		require.Equal(t, 100*time.Millisecond, time.Since(b.opened).Truncate(time.Microsecond), "it passed the first")
		require.Equal(t, 2, gated)
		require.Zero(t, b.Stats().Held)
		require.NoError(t, surrealsql.Retry{}.Do(t.Context(), b.DB().PingContext))
	})
}
