package pool

// The checks of idle connections.

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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

func TestCheckOfIdleConnectionsReplacesThoseThatFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, mute := silent(t)
		p := s.open(t, Settings{Min: 6, HealthCheckInterval: 10 * time.Second, HealthCheckBatch: 2, MaxIdleTime: Disabled})
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

func TestChecksThatTakeLongerThanTheirIntervalLeaveTimeForTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *scripted.Conn) {
			for {
				r := c.Request()
				if r.Method == "ping" {
					time.Sleep(300 * time.Millisecond)
				}
				c.Answer(r)
			}
		})
		p := s.open(t, Settings{Min: 4, MaxLifetime: 10 * time.Second, LeakAfter: 10 * time.Second,
			HealthCheckInterval: 500 * time.Millisecond, HealthCheckBatch: 1})
		held := acquire(t, p)
		time.Sleep(time.Minute)
		require.NotZero(t, p.Stats().Leaks)
		require.NotZero(t, p.Stats().ClosedBy[ReasonLifetime])
		release(t, held)
	})
}

func TestCheckFollowsABrokenLeaseAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, mute := silent(t)
		p := s.open(t, Settings{Min: 6})
		mute.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.DB().ExecContext(ctx, "CREATE x")
		require.Error(t, err)
		time.Sleep(2*checkTimeout + 100*time.Millisecond)
		require.EqualValues(t, 5, p.Stats().CheckFailures)
		require.EqualValues(t, 1, p.Stats().ClosedBy[ReasonBroken])
	})
}

func TestCheckAfterACancelledQueryCostsOneConnectionAndOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { time.Sleep(time.Minute) })
		})
		p := s.open(t, Settings{Min: 6})
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
