package pool

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// silent is a server that answers until told to be silent.
func silent(t *testing.T) (*site, *atomic.Bool) {
	mute := new(atomic.Bool)
	return newSite(t, func(c *scripted.Conn) {
		for {
			r := c.Request()
			if mute.Load() {
				c.AwaitClose()
				return
			}
			c.Answer(r)
		}
	}), mute
}

func TestIdleConnectionsAreCheckedAndThoseThatFailReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, mute := silent(t)
		p := s.open(t, WithMin(6), WithCheckInterval(10*time.Second), WithCheckBatch(2), WithMaxIdleTime(Disabled))
		time.Sleep(time.Minute)
		require.GreaterOrEqual(t, s.Count("ping"), 5*6)
		require.Zero(t, p.Stats().CheckFailures)
		require.EqualValues(t, 6, p.Stats().Created)

		mute.Store(true)
		time.Sleep(15 * time.Second)
		// All are found within a batch's timeout and one more, not batch after batch.
		require.EqualValues(t, 6, p.Stats().CheckFailures)
		mute.Store(false)
		time.Sleep(15 * time.Second)
		require.Equal(t, 6, p.Stats().Idle)
		requireSound(t, p.Stats())
	})
}

func TestWhenALeaseBreaksTheIdleConnectionsAreLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, mute := silent(t)
		p := s.open(t, WithMin(6))
		mute.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.DB().ExecContext(ctx, "CREATE x")
		require.Error(t, err)
		time.Sleep(2*checkTimeout + 100*time.Millisecond)
		require.EqualValues(t, 5, p.Stats().CheckFailures)
		require.EqualValues(t, 1, p.Stats().ClosedBy[ByBroken])
	})
}

func TestACancelledQueryCostsOneConnectionAndOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { time.Sleep(time.Minute) })
		})
		p := s.open(t, WithMin(6))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.DB().ExecContext(ctx, "CREATE x")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Second)
		require.Equal(t, 1, s.Count("ping"))
		require.Equal(t, 6, p.Stats().Idle, "replaced")
		time.Sleep(time.Minute) // the script's
	})
}

func TestALeakIsLoggedWithTheStackOfItsBorrower(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var log bytes.Buffer
		p := s.open(t, WithLeakAfter(time.Second), WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		borrow := func() *surrealsql.Conn { return acquire(t, p) }
		c := borrow()
		require.Empty(t, p.Leaks())
		time.Sleep(3 * time.Second)
		synctest.Wait()
		leaks := p.Leaks()
		require.Len(t, leaks, 1)
		require.Equal(t, 3*time.Second, leaks[0].Held)
		require.Contains(t, leaks[0].Stack, "TestALeakIsLoggedWithTheStackOfItsBorrower")
		require.Regexp(t, `^github.com/surrealsql/surrealsql/pool\.\(\*Pool\)\.Acquire`, leaks[0].Stack)
		require.EqualValues(t, 1, p.Stats().Leaks, "it is counted once")
		require.Contains(t, log.String(), "a connection is held for long")
		require.Contains(t, log.String(), "TestALeakIsLoggedWithTheStackOfItsBorrower")
		release(t, c)
		require.Empty(t, p.Leaks())
		requireSound(t, p.Stats())
	})
}

func TestALeakIsReclaimedWhereThatIsWanted(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, WithMax(1), WithLeakAfter(time.Second), WithReclaim(true))
		c, err := p.DB().Conn(t.Context())
		require.NoError(t, err)
		begun := time.Now()
		other := acquire(t, p)
		require.Less(t, time.Since(begun), 2*time.Second)
		require.Error(t, c.PingContext(t.Context()))
		_ = c.Close()
		synctest.Wait()
		require.Equal(t, 1, p.Stats().Held, "what was taken away is not given back once more")
		require.EqualValues(t, 1, p.Stats().ClosedBy[ByReclaim])
		release(t, other)
		synctest.Wait()
		require.Equal(t, 1, s.Open())
		requireSound(t, p.Stats())
	})
}

func TestEachOutcomeOfBeforeAcquire(t *testing.T) {
	refusal := errors.New("refused")
	cases := map[string]struct {
		ok     bool
		err    error
		served bool
		closed uint64
	}{
		"true, nil":   {true, nil, true, 0},
		"false, nil":  {false, nil, true, 1},
		"true, err":   {true, refusal, false, 0},
		"false, err":  {false, refusal, false, 1},
		"it panicked": {closed: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				first := true
				p := s.open(t, WithMin(1), WithBeforeAcquire(func(context.Context, *surrealsql.Conn) (bool, error) {
					if !first {
						return true, nil
					}
					first = false
					if name == "it panicked" {
						panic("hook")
					}
					return c.ok, c.err
				}))
				acquire := func() {
					conn, err := p.Acquire(t.Context())
					require.Equal(t, c.err, err)
					if c.served {
						release(t, conn)
					}
				}
				if name == "it panicked" {
					require.PanicsWithValue(t, "hook", acquire)
				} else {
					acquire()
				}
				synctest.Wait()
				require.Equal(t, c.closed, p.Stats().ClosedBy[ByHook])
				require.Zero(t, p.Stats().Held)
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestTheOtherHooksDecideOverAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var mu sync.Mutex
		var seen []string
		note := func(what string) { mu.Lock(); seen = append(seen, what); mu.Unlock() }
		keep := true
		var refuse error
		p := s.open(t,
			WithAfterConnect(func(context.Context, *surrealsql.Conn) error { note("connect"); return refuse }),
			WithAfterRelease(func(*surrealsql.Conn) bool { note("release"); return keep }),
			WithBeforeClose(func(*surrealsql.Conn) { note("close") }))
		require.NoError(t, p.DB().PingContext(t.Context()))
		keep = false
		require.NoError(t, p.DB().PingContext(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"connect", "release", "release", "close"}, seen)

		refuse = errors.New("not this one")
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, refuse)
		synctest.Wait()
		require.Zero(t, s.Open())
		requireSound(t, p.Stats())
	})
}

func TestAHookThatPanicsLosesNoConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		boom := true
		p := s.open(t, WithMax(1), WithAfterRelease(func(*surrealsql.Conn) bool {
			if boom {
				panic("release")
			}
			return true
		}))
		c := acquire(t, p)
		require.PanicsWithValue(t, "release", func() { _ = c.Close() })
		boom = false
		require.NoError(t, p.DB().PingContext(t.Context()))

		q := s.open(t, WithAfterConnect(func(context.Context, *surrealsql.Conn) error { panic("connect") }))
		_, err := q.Acquire(t.Context())
		require.ErrorContains(t, err, "a hook panicked while connecting: connect")
		synctest.Wait()
		require.Equal(t, 1, s.Open())
	})
}
