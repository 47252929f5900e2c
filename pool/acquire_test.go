package pool

// How callers wait, and for how long.

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

func TestAcquireServesWaitersInTheOrderOfTheirArrival(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1})
		held := acquire(t, p)
		var order []int
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				c, err := p.Acquire(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, i) // one connection: one at a time
				time.Sleep(time.Millisecond)
				_ = c.Close()
			})
			synctest.Wait() // it waits before the next comes
		}
		require.Equal(t, 100, p.Stats().Waiters)
		release(t, held)
		wg.Wait()
		for i, who := range order {
			require.Equal(t, i, who)
		}
		require.Len(t, order, 100)
		require.EqualValues(t, 1, p.Stats().Created)
		requireSound(t, p.Stats())
	})
}

func TestAcquireKeepsThePlaceOfOneWhoseConnectionWasDead(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var first *surrealsql.Conn
		p := s.open(t, Settings{Max: 1, BeforeAcquire: func(_ context.Context, c *surrealsql.Conn) (bool, error) {
			if first == nil {
				first = c
			}
			return c != first, nil
		}})
		s.through(slow(10 * time.Millisecond))
		order := make(chan string, 2)
		go func() {
			c, _ := p.Acquire(context.Background())
			order <- "earlier"
			_ = c.Close()
		}()
		time.Sleep(5 * time.Millisecond)
		go func() {
			c, _ := p.Acquire(context.Background())
			order <- "later"
			_ = c.Close()
		}()
		require.Equal(t, "earlier", <-order)
		require.Equal(t, "later", <-order)
		synctest.Wait()
		require.EqualValues(t, 1, p.Stats().ClosedBy[ReasonHook])
	})
}

func TestAcquireEndsAtItsTimeoutAndSaysHowMattersStand(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 2, AcquireTimeout: 3 * time.Second})
		one, two := acquire(t, p), acquire(t, p)
		go func() { _, _ = p.DB().Conn(context.Background()) }()
		time.Sleep(time.Second)
		begun := time.Now()
		_, err := p.DB().Conn(t.Context())
		var timeout *AcquireTimeoutError
		require.ErrorAs(t, err, &timeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.Equal(t, AcquireTimeoutError{Waited: 3 * time.Second, Held: 2, Max: 2}, *timeout)
		require.EqualError(t, err,
			"pool: no connection came in 3s: of at most 2, 2 are held and 0 are being made, and 0 others wait")
		release(t, one)
		release(t, two)
		require.EqualValues(t, 2, p.Stats().Timeouts)
		requireSound(t, p.Stats())
	})
}

func TestAcquireEndsEarlierAtTheDeadlineOfItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1})
		held := acquire(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := p.Acquire(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(begun))

		ctx, stop := context.WithCancelCause(t.Context())
		why := errors.New("the user has left")
		time.AfterFunc(time.Second, func() { stop(why) })
		_, err = p.Acquire(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, why)
		require.EqualValues(t, 1, p.Stats().Timeouts)
		require.EqualValues(t, 1, p.Stats().Cancels)
		release(t, held)
		require.NoError(t, p.DB().PingContext(t.Context()))
	})
}

func TestAcquireWhoseTimeIsOverTakesNoFurtherConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mute atomic.Bool
		s := newSite(t, func(c *scripted.Conn) {
			for {
				if r := c.Request(); !mute.Load() {
					c.Answer(r)
				}
			}
		})
		p := s.open(t, Settings{AcquireTimeout: time.Second, HealthCheckInterval: Disabled})
		conns := []*surrealsql.Conn{acquire(t, p), acquire(t, p), acquire(t, p)}
		for _, c := range conns {
			require.NoError(t, c.Let(t.Context(), "tenant", 7)) // which has to be reset
		}
		release(t, conns...)
		mute.Store(true)
		begun := time.Now()
		_, err := p.Acquire(t.Context())
		require.ErrorAs(t, err, new(*AcquireTimeoutError))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, 2, p.Stats().Idle, "it cost the one that was not reset in time")
		require.EqualValues(t, 1, p.Stats().Timeouts)
		requireSound(t, p.Stats())
	})
}

func TestAcquireRefusesMoreWaitersThanAllowedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1, MaxWaiters: 1})
		held := acquire(t, p)
		waits := make(chan error)
		go func() {
			c, err := p.Acquire(context.Background())
			if err == nil {
				err = c.Close()
			}
			waits <- err
		}()
		synctest.Wait()
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, ErrTooManyWaiters)
		require.EqualValues(t, 1, p.Stats().Refused)
		release(t, held)
		require.NoError(t, <-waits)
	})
}

// The cancel and the connection come in the same instant, many times over: in
// fake time timers that fire together run in any order.
func TestAcquireThatIsCancelledLosesNoConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 2})
		for range 500 {
			one, two := acquire(t, p), acquire(t, p)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if c, err := p.Acquire(ctx); err == nil {
						_ = c.Close()
					}
				})
			}
			wg.Go(func() { time.Sleep(time.Millisecond); _ = one.Close() })
			wg.Go(func() { time.Sleep(time.Millisecond); _ = two.Close() })
			wg.Wait()
			cancel()
			stats := p.Stats()
			require.Zero(t, stats.Held)
			require.Equal(t, 2, stats.Idle)
			requireSound(t, stats)
		}
		require.EqualValues(t, 2, p.Stats().Created)
		require.NotZero(t, p.Stats().Timeouts)
	})
}

func TestGateIsPassedBeforeAConnectionIsTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		refused := errors.New("not now")
		p := s.open(t, Settings{Gate: func(context.Context) error { return refused }})
		_, err := p.Acquire(t.Context())
		require.Equal(t, refused, err)
		require.Zero(t, s.begun.Load())
	})
}
