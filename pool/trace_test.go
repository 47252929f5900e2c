package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What a tracer is told of those who take a connection.

// acquires notes the ends of waits, each in the context of its start.
type acquires struct {
	mu    sync.Mutex
	lines []string
	panic bool
}

type acquiresKey struct{}

func (*acquires) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context { return ctx }
func (*acquires) QueryEnd(context.Context, surrealsql.QueryEnd)                           {}

func (a *acquires) AcquireStart(ctx context.Context, _ surrealsql.AcquireStart) context.Context {
	return context.WithValue(ctx, acquiresKey{}, true)
}

func (a *acquires) AcquireEnd(ctx context.Context, e surrealsql.AcquireEnd) {
	a.mu.Lock()
	defer a.mu.Unlock()
	line := fmt.Sprintf("conn %d waited %v", e.Conn, e.Waited)
	if e.Err != nil {
		line = "error: " + e.Err.Error()
	}
	if ctx.Value(acquiresKey{}) != true || (e.Err == nil) != (e.Addr != "") {
		line += " ?"
	}
	a.lines = append(a.lines, line)
	if a.panic {
		panic("acquires")
	}
}

// told opens a pool of one connection that tells the tracer, alone or joined.
func (s *site) told(t *testing.T, tracer surrealsql.Tracer, set Settings) *Pool {
	t.Helper()
	cfg := s.config(t)
	cfg.Tracer = tracer
	p, err := New(t.Context(), cfg, set)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func TestTracerIsToldHowLongACallerWaited(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		a := new(acquires)
		p := s.told(t, surrealsql.JoinTracers(a, new(acquires)), Settings{Min: 1, Max: 1, AcquireTimeout: time.Second})
		first := acquire(t, p)
		time.AfterFunc(300*time.Millisecond, func() { _ = first.Close() })
		require.NoError(t, p.DB().PingContext(t.Context()))
		second := acquire(t, p)
		_, err := p.Acquire(t.Context())
		var timeout *AcquireTimeoutError
		require.ErrorAs(t, err, &timeout)
		release(t, second)
		require.Equal(t, []string{"conn 1 waited 0s", "conn 1 waited 300ms", "conn 1 waited 0s", "error: " + err.Error()}, a.lines)
	})
}

func TestTracerIsToldOfAHookThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		a := new(acquires)
		p := s.told(t, a, Settings{Max: 1, Gate: func(context.Context) error { panic("gate") }})
		require.PanicsWithValue(t, "gate", func() { _, _ = p.Acquire(t.Context()) })
		require.Equal(t, []string{"error: " + errUntold.Error()}, a.lines)
	})
}

func TestTracerThatPanicsLosesNoConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		a := &acquires{panic: true}
		p := s.told(t, a, Settings{Max: 1})
		require.PanicsWithValue(t, "acquires", func() { _, _ = p.Acquire(t.Context()) })
		a.panic = false
		release(t, acquire(t, p))
		requireSound(t, p.Stats())
		require.Zero(t, p.Stats().Held)
	})
}

func TestTracerIsToldThatTheProgramGaveUp(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		a := new(acquires)
		p := s.told(t, a, Settings{Max: 1})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("no need"))
		_, err := p.Acquire(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, []string{"error: " + err.Error()}, a.lines)
	})
}

func TestTracerIsToldOfTheTimeThatAResetTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *scripted.Conn) {
			for {
				r := c.Request()
				if r.Method == "reset" {
					time.Sleep(300 * time.Millisecond)
				}
				c.Answer(r)
			}
		})
		for _, limit := range []time.Duration{0, Disabled} {
			var told acquires
			p := s.told(t, &told, Settings{AcquireTimeout: limit})
			c := acquire(t, p)
			require.NoError(t, c.Let(t.Context(), "x", 1))
			release(t, c)
			release(t, acquire(t, p))
			require.Equal(t, "conn 1 waited 300ms", told.lines[1])
			require.Equal(t, 300*time.Millisecond, p.Stats().AcquireWait.Max)

			c = acquire(t, p)
			require.NoError(t, c.Let(t.Context(), "x", 1))
			release(t, c)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, err := p.Acquire(ctx)
			cancel()
			require.ErrorContains(t, err, "no connection came in 100ms")
		}
	})
}
