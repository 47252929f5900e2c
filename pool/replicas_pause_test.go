package pool_test

// Pauses of a pool with replicas, and of a replica alone.

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/pool"
)

// several sends n reads at once, half of them by Routed and half by Reader, and
// returns where their errors will be.
func (b *bubble) several(t *testing.T, n int) <-chan error {
	done := make(chan error, n)
	for i := range n {
		db := b.Routed()
		if i%4 >= 2 { // so that each way has a turn of each replica
			db = b.Reader(t.Context())
		}
		go func() {
			_, err := db.ExecContext(t.Context(), `SELECT * FROM x`)
			done <- err
		}()
		synctest.Wait()
	}
	return done
}

func TestPauseLetsReadersWaitToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient()})
		require.Equal(t, "abab", b.routed(t, 4)) // there are idle connections
		b.Pause()
		b.Pause()
		done := b.several(t, 4)
		time.Sleep(time.Second)
		require.Empty(t, b.asked.take())
		require.Empty(t, done)
		b.Resume()
		for range 4 {
			require.NoError(t, <-done)
		}
		require.ElementsMatch(t, []byte("aabb"), []byte(b.asked.take()), "each where its turn was")
	})
}

func TestPauseLetsAReaderGiveUpInTimeAndOneThatBeganGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient(), AcquireTimeout: time.Second})
		conn, err := b.Routed().Conn(t.Context())
		require.NoError(t, err)
		_, err = conn.ExecContext(t.Context(), `SELECT * FROM x`)
		require.NoError(t, err)
		b.Pause()
		_, err = conn.ExecContext(t.Context(), `SELECT * FROM x`)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		for range 2 {
			started := time.Now()
			_, err = b.Routed().ExecContext(t.Context(), `SELECT * FROM x`)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(started))
		}
		require.Equal(t, 1, b.Dialled("a:8000")+b.Dialled("b:8000"), "no connection is made")
	})
}

func TestReplicaThatIsPausedAloneIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient(), Max: 1})
		require.Equal(t, "abab", b.routed(t, 4))
		a := b.Replicas()[0]
		held, err := a.Acquire(t.Context())
		require.NoError(t, err)
		waiting := b.later(t) // it is a's turn
		require.Equal(t, 1, a.Stats().Waiters)
		a.Pause()
		require.NoError(t, <-waiting)
		require.Equal(t, "b", b.asked.take())
		require.NoError(t, held.Close())
		require.Equal(t, "bbbb", b.atOnce(t, b.routed, 4))
		require.Equal(t, "bbbb", b.atOnce(t, b.reads, 4))
		b.Replicas()[1].Pause()
		require.Equal(t, "ww", b.atOnce(t, b.routed, 2))
		require.Equal(t, "ww", b.atOnce(t, b.reads, 2))

		b.Pause()
		b.Replicas()[1].Resume()
		done := b.several(t, 2)
		require.Empty(t, b.asked.take(), "a replica pauses as long as its writer")
		b.Resume()
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		require.Equal(t, "bb", b.asked.take())
		require.Equal(t, "bbb", b.atOnce(t, b.routed, 3), "a was paused alone, and resumes alone")
		a.Resume()
		require.Contains(t, []string{"abab", "baba"}, b.atOnce(t, b.routed, 4))
	})
}

func TestReplicaThatIsPausedAloneSendsOnAReadOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient(), Gate: onTheWay})
		require.Equal(t, "abab", b.routed(t, 4))
		ctx := context.WithValue(t.Context(), way{}, b.Replicas()[0].Pause)
		_, err := b.Routed().ExecContext(ctx, `SELECT * FROM x`)
		require.NoError(t, err)
		require.Equal(t, "b", b.asked.take())
	})
}

func TestPausedPoolDrainsAndClosesWithItsReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient()})
		b.routed(t, 2)
		b.Pause()
		done := b.several(t, 4)
		require.NoError(t, b.Drain(t.Context()))
		for range 4 {
			require.ErrorIs(t, <-done, pool.ErrClosed)
		}
		b.Resume()
		for _, p := range append(b.Replicas(), b.Pool) {
			_, err := p.Acquire(t.Context())
			require.ErrorIs(t, err, pool.ErrClosed)
			require.Zero(t, p.Stats().Total)
		}
	})
}
