package breaker_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What Install leaves to the program: its tracer, and hooks that panic.

// everything is a tracer that notes what it is told.
type everything struct {
	mu     sync.Mutex
	events []string
}

func (e *everything) note(ctx context.Context, event string) context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
	return ctx
}

func (e *everything) QueryStart(ctx context.Context, s surrealsql.QueryStart) context.Context {
	return e.note(ctx, s.Query)
}
func (e *everything) QueryEnd(ctx context.Context, _ surrealsql.QueryEnd) { e.note(ctx, "end") }
func (e *everything) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return e.note(ctx, "connect")
}
func (e *everything) ConnectEnd(ctx context.Context, _ surrealsql.ConnectEnd) {
	e.note(ctx, "connected")
}
func (e *everything) ResetStart(ctx context.Context, _ surrealsql.ResetStart) context.Context {
	return e.note(ctx, "reset")
}
func (e *everything) ResetEnd(ctx context.Context, _ surrealsql.ResetEnd) { e.note(ctx, "was reset") }
func (e *everything) CloseStart(ctx context.Context, _ surrealsql.CloseStart) context.Context {
	return e.note(ctx, "close")
}
func (e *everything) CloseEnd(ctx context.Context, _ surrealsql.CloseEnd) { e.note(ctx, "closed") }

func TestBreakerLeavesTheProgramsTracerToldOfEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var e everything
		b := newSite(t, breaker.Settings{}, nil, func(c *surrealsql.Config) { c.Tracer = &e })
		dc, err := b.connector.Connect(t.Context())
		require.NoError(t, err)
		c := dc.(*surrealsql.Conn)
		require.NoError(t, c.Let(t.Context(), "x", 1))
		require.True(t, c.IsValid())
		require.NoError(t, c.ResetSession(t.Context()))
		require.NoError(t, c.Close())
		e.events = slices.DeleteFunc(e.events, func(s string) bool { return s == "end" })
		require.Equal(t, []string{"connect", "connected", "let", "reset", "was reset", "close", "closed"}, e.events)
	})
}

func TestBreakerIsFreeForAnotherProbeAfterAHookThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		panics := false
		b := newSite(t, breaker.Settings{Failures: 1, OpenFor: time.Second}, nil, once, func(c *surrealsql.Config) {
			c.AfterConnect = func(context.Context, *surrealsql.Conn) error {
				if panics {
					panic("boom")
				}
				return nil
			}
		})
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		b.Fail(nil)
		time.Sleep(time.Second)
		panics = true
		require.Panics(t, func() { _ = b.connect(t.Context()) })
		panics = false
		require.NoError(t, b.connect(t.Context()))
		b.Server.HangUp() // the panic left its socket open
	})
}

func TestBreakersOfOneConfigEachLearnOfItsConnects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := breaker.New(breaker.Settings{Failures: 2}) // the program's, below that of a pool
		b := newSite(t, breaker.Settings{Failures: 3}, nil, once, own.Install)
		b.Fail(drivertest.Refuse)
		for range 2 {
			require.Equal(t, breaker.Closed, own.State(home))
			require.ErrorIs(t, b.connect(t.Context()), drivertest.ErrRefused)
		}
		require.Equal(t, breaker.Open, own.State(home))
		require.ErrorIs(t, b.connect(t.Context()), breaker.ErrOpen)
		require.Equal(t, 2, b.Dialled(home))
		require.Equal(t, breaker.Closed, b.breaker.State(home), "the server was not asked")
		time.Sleep(10 * time.Second)
		b.Fail(nil)
		require.NoError(t, b.connect(t.Context()))
		require.Equal(t, breaker.Closed, own.State(home))
	})
}

// So the driver asks whether a host is back: it dials, and tells no tracer.
func TestBreakerTakesAnAcceptedConnectionForNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cfg *surrealsql.Config
		b := newSite(t, breaker.Settings{Failures: 2, OpenFor: time.Second}, nil, once, func(c *surrealsql.Config) { cfg = c })
		accepted := func() {
			nc, err := cfg.DialContext(t.Context(), "tcp", home)
			require.NoError(t, err)
			require.NoError(t, nc.Close())
		}
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		b.Fail(nil)
		accepted()
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		b.requireOpen(t)
		b.Fail(nil)
		time.Sleep(time.Second)
		accepted()
		require.Equal(t, breaker.HalfOpen, b.breaker.State(home))
		require.NoError(t, b.connect(t.Context()))
		require.Equal(t, breaker.Closed, b.breaker.State(home))
	})
}
