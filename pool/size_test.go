package pool

// How many connections there are: minimum, burst, idle ones, and the ends of life.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

func TestBurstIsServedAndThePoolShrinksBack(t *testing.T) {
	for _, callers := range []int{100, 500, 5000} {
		t.Run(fmt.Sprint(callers), func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := s.open(t, Settings{Min: 5, Max: 20, Burst: 50})
				s.through(slow(20 * time.Millisecond))
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						c, err := p.DB().Conn(context.Background())
						if err != nil {
							t.Error(err)
							return
						}
						time.Sleep(50 * time.Millisecond)
						_ = c.Close()
					})
				}
				wg.Wait()
				synctest.Wait()
				require.Equal(t, 50, p.Stats().PeakTotal)
				time.Sleep(2*surplusStay + p.set.round())
				synctest.Wait()
				stats := p.Stats()
				require.LessOrEqual(t, stats.Total, 20)
				require.NotZero(t, stats.ClosedBy[ReasonSurplus])
				requireSound(t, stats)
				time.Sleep(p.set.MaxIdleTime + 2*p.set.round())
				synctest.Wait()
				require.Equal(t, 5, p.Stats().Total, "down to the minimum")
				require.Equal(t, 5, s.Open())
			})
		})
	}
}

func TestMinIsMadeInParallelAndKept(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		s.through(slow(100 * time.Millisecond))
		begun := time.Now()
		p := s.open(t, Settings{Min: 8, MaxLifetime: time.Minute})
		require.Equal(t, 100*time.Millisecond, time.Since(begun))
		require.Equal(t, 8, p.Stats().Idle)
		time.Sleep(10 * time.Minute)
		stats := p.Stats()
		require.GreaterOrEqual(t, stats.Total+stats.Connecting, 8)
		require.NotZero(t, stats.ClosedBy[ReasonLifetime])
		require.Zero(t, stats.ClosedBy[ReasonIdleTime])
		requireSound(t, stats)
	})
}

func TestOpenEndsWithItsContextAndSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		s.through(hang)
		why := errors.New("the start takes too long")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		_, err := New(ctx, s.config(t), Settings{Min: 1})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, why)
	})
}

func TestOpenToleratesAPartOfTheMinimumMissingUnlessItIsRequired(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var n atomic.Int64
		s.through(func(context.Context) error {
			if n.Add(1) > 2 {
				return syscall.ECONNREFUSED
			}
			return nil
		})
		_, err := s.tryOpen(t, Settings{Min: 3, RequireMin: true})
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		synctest.Wait()
		require.Zero(t, s.Open(), "what was made is closed")

		n.Store(0)
		p := s.open(t, Settings{Min: 3})
		require.Equal(t, 2, p.Stats().Total)
		require.NotZero(t, p.Stats().ConnectErrors)
		s.through(slow(0))
		time.Sleep(time.Second)
		require.Equal(t, 3, p.Stats().Total, "it is made up for")

		s.through(refuse)
		_, err = s.tryOpen(t, Settings{Min: 3})
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		q, err := s.tryOpen(t, Settings{})
		require.NoError(t, err, "without a minimum nothing is dialled")
		require.NoError(t, q.Close())
	})
}

func TestMinIdleKeepsConnectionsReady(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{MinIdle: 2, Max: 4})
		synctest.Wait()
		require.Equal(t, 2, p.Stats().Idle)
		var held []*surrealsql.Conn
		for i := range 4 {
			held = append(held, acquire(t, p))
			time.Sleep(time.Second)
			require.Equal(t, min(2, 3-i), p.Stats().Idle)
		}
		for _, c := range held {
			release(t, c)
		}
		time.Sleep(p.set.MaxIdleTime + 2*p.set.round())
		require.Equal(t, 2, p.Stats().Idle)
	})
}

func TestMaxUsesEndsAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{MaxUses: 3})
		for range 9 {
			require.NoError(t, p.DB().PingContext(t.Context()))
		}
		synctest.Wait()
		require.EqualValues(t, 3, p.Stats().Created)
		require.EqualValues(t, 3, p.Stats().ClosedBy[ReasonUses])
	})
}

func TestMaxLifetimeEndsAtDifferentTimes(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: 10, MaxLifetime: time.Hour, LifetimeJitter: time.Hour / 2})
		ends := make(map[time.Time]bool)
		for _, e := range p.entries() {
			ends[e.expires] = true
			require.LessOrEqual(t, time.Until(e.expires), time.Hour)
			require.GreaterOrEqual(t, time.Until(e.expires), time.Hour/2)
		}
		require.Len(t, ends, 10)
	})
}

func TestMaxLifetimeHoweverShortLetsEachConnectionServeOnce(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	p, err := New(t.Context(), cfg, Settings{MaxLifetime: 1}) // where an hour was meant
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	for range 3 {
		release(t, acquire(t, p))
	}
	require.EqualValues(t, 3, p.Stats().Created)
	require.EqualValues(t, 3, p.Stats().ClosedBy[ReasonLifetime])
}

func TestOrderSaysWhichIdleConnectionIsTaken(t *testing.T) {
	for order, next := range map[Order]int{LIFO: 2, FIFO: 0} {
		t.Run(string(order), func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := s.open(t, Settings{Order: order})
				conns := []*surrealsql.Conn{acquire(t, p), acquire(t, p), acquire(t, p)}
				for _, c := range conns {
					release(t, c)
				}
				c := acquire(t, p)
				require.Same(t, conns[next], c)
				release(t, c)
			})
		})
	}
}
