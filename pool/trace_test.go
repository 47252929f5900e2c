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

// opens counts the connections that are open, by what a tracer is told.
type opens struct {
	acquires
	open int
	why  []string
}

func (o *opens) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}

func (o *opens) ConnectEnd(context.Context, surrealsql.ConnectEnd) { o.open++ }

func (o *opens) CloseStart(ctx context.Context, s surrealsql.CloseStart) context.Context {
	o.why = append(o.why, s.Reason)
	return ctx
}

func (o *opens) CloseEnd(context.Context, surrealsql.CloseEnd) { o.open-- }

func TestTracerIsToldOfConnectionsThatAreTakenAway(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var told opens
		p := s.told(t, &told, Settings{LeakAfter: time.Second, Reclaim: true})
		leaked := acquire(t, p)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(t, told.open)
		release(t, leaked)

		held := acquire(t, p)
		require.Equal(t, 1, told.open)
		require.Error(t, drained(p))
		release(t, held)
		synctest.Wait()
		require.Zero(t, told.open)
		require.Len(t, told.why, 2)
		require.Contains(t, told.why[0], "pool_reclaim")
		require.Contains(t, told.why[1], "drained")
		requireSound(t, p.Stats())
	})
}

func TestTracerThatPanicsAtWhatIsTakenAwayLeavesThePoolSound(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		cfg := s.config(t)
		cfg.Tracer = &panicsAtClose{}
		p, err := New(t.Context(), cfg, Settings{})
		require.NoError(t, err)
		held := acquire(t, p)
		require.Panics(t, func() { _ = drained(p) })
		require.Zero(t, p.Stats().Held)
		release(t, held)
		require.NoError(t, p.Close())
		requireSound(t, p.Stats())
	})
}

type panicsAtClose struct{ opens }

func (*panicsAtClose) CloseEnd(context.Context, surrealsql.CloseEnd) { panic("tracer") }
