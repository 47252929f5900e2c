package pool

// How many dials there are, and what becomes of those that fail, hang or come too late.

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func hang(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func refuse(context.Context) error { return syscall.ECONNREFUSED }

func TestDialThatHangsDoesNotBlockOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 10})
		var n atomic.Int64
		s.through(func(ctx context.Context) error {
			if n.Add(1) == 1 {
				return hang(ctx)
			}
			return slow(20 * time.Millisecond)(ctx)
		})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				begun := time.Now()
				c, err := p.Acquire(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				// The last is served by the dial that takes the hanging one's place.
				if waited := time.Since(begun); waited > firstLateAfter+50*time.Millisecond {
					t.Errorf("waited %s", waited)
				}
				time.Sleep(time.Minute)
				_ = c.Close()
			})
		}
		wg.Wait()
		synctest.Wait()
		require.LessOrEqual(t, s.mostWay.Load(), int64(5))
		require.EqualValues(t, 5, p.Stats().Created)
		requireSound(t, p.Stats())
	})
}

func TestDialForOneWhoLeftBecomesIdle(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{})
		s.through(slow(100 * time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := p.Acquire(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, p.Stats().Connecting)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 1, p.Stats().Idle)
		release(t, acquire(t, p))
		require.EqualValues(t, 1, p.Stats().Created)
		requireSound(t, p.Stats())
	})
}

func TestDialsAreNeverMoreThanWaiters(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 20})
		s.through(slow(100 * time.Millisecond))
		for _, callers := range []int{1, 3, 9, 15} {
			s.mostWay.Store(0)
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					c, err := p.Acquire(context.Background())
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Second)
					_ = c.Close()
				})
			}
			wg.Wait()
			require.LessOrEqual(t, s.mostWay.Load(), int64(callers))
		}
		require.EqualValues(t, 15, p.Stats().Created)
	})
}

// A caller of a server that is down gets the dial's error, when dials refuse and
// when they hang, and dials are few however many call.
func TestDialsDoNotStormAServerThatIsDownAndTellItsError(t *testing.T) {
	down := map[string]func(context.Context) error{"refuses": refuse, "swallows everything": hang}
	for name, fault := range down {
		t.Run("a server that "+name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := s.open(t, Settings{Max: 50})
				s.through(fault)
				const callers, outage = 100, 30 * time.Second
				var failures [callers]int
				ctx, cancel := context.WithTimeout(t.Context(), outage)
				defer cancel()
				var wg sync.WaitGroup
				for i := range callers {
					wg.Go(func() {
						for ctx.Err() == nil {
							begun := time.Now()
							_, err := p.Acquire(ctx)
							if err == nil || time.Since(begun) > p.set.AcquireTimeout {
								t.Errorf("got %v after %s", err, time.Since(begun))
								return
							}
							if ctx.Err() == nil && name == "refuses" && !errors.Is(err, syscall.ECONNREFUSED) {
								t.Errorf("the error hides its cause: %v", err)
							}
							failures[i]++
						}
					})
				}
				wg.Wait()
				for _, n := range failures {
					require.NotZero(t, n)
				}
				// 16 at first; then one at a time, at least a second apart in the end.
				require.LessOrEqual(t, s.begun.Load(), int64(16+40))
				t.Logf("%d callers in %s: %d dials", callers, outage, s.begun.Load())
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestDialsServeARecoveryWithinOneStepOfTheBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 50})
		s.through(refuse)
		end := time.Now().Add(time.Minute)
		for time.Now().Before(end) {
			_, err := p.Acquire(t.Context())
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
		}
		s.through(slow(0))
		begun := time.Now()
		c := acquire(t, p)
		require.LessOrEqual(t, time.Since(begun), p.set.MaxConnectBackoff)
		require.NotZero(t, time.Since(begun), "the pause holds")
		release(t, c)
	})
}

func TestAcquireTimeoutNamesTheErrorOfTheDials(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 2})
		held := acquire(t, p)
		s.through(refuse)
		_, err := p.Acquire(t.Context()) // what is held may still come back: it waits
		var timeout *AcquireTimeoutError
		require.ErrorAs(t, err, &timeout)
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.ErrorContains(t, err, "the last dial failed")
		release(t, held)
	})
}

func TestHookThatPanicsFailsTheDialAndNotTheProgram(t *testing.T) {
	t.Parallel()
	cfg := parse(t, surrealtest.DSN(t))
	cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { panic("boom") }
	p, err := New(t.Context(), cfg, Settings{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	require.ErrorContains(t, p.DB().PingContext(t.Context()), "boom")
}

func TestHookThatEndsItsGoroutineFailsTheDialAndKeepsNoPlace(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		ends := true
		p := s.open(t, Settings{Max: 1, AfterConnect: func(context.Context, *surrealsql.Conn) error {
			if ends {
				runtime.Goexit() // as FailNow of a test does
			}
			return nil
		}})
		begun := time.Now()
		_, err := p.Acquire(t.Context())
		require.ErrorContains(t, err, "a hook ended")
		require.Zero(t, time.Since(begun))
		ends = false
		release(t, acquire(t, p))
		requireSound(t, p.Stats())
	})
}

func TestLateDialIsAlwaysFollowedByAPause(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{1, time.Second, 24 * time.Hour, math.MaxInt64/2 + 1, math.MaxInt64} {
		require.Positive(t, nextLook(age), age)
	}
	require.Equal(t, 2*time.Second, nextLook(time.Second))
}

func TestLateDialIsWatchedNoMoreInAClosedPool(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		hold := make(chan struct{})
		s.through(func(context.Context) error { <-hold; return errChaos }) // deaf to its context
		p := s.open(t, Settings{})
		go func() { _, _ = p.Acquire(context.Background()) }()
		synctest.Wait()
		p.mu.Lock()
		d := p.dials.Front().Of
		p.mu.Unlock()
		done := make(chan error, 1)
		go func() { done <- p.Close() }()
		time.Sleep(firstLateAfter)
		synctest.Wait()
		require.False(t, d.late.Stop(), "nobody looks again")
		close(hold)
		require.NoError(t, <-done)
	})
}
