package limiter

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// These moments are too short for a test from outside: they lie between a token that
// is due and the timer that hands it out.

// oneWaits is a limiter whose burst is spent and for whose next token someone waits.
func oneWaits(t *testing.T) (*Limiter, *waiter) {
	l := New(Settings{Rate: 1})
	require.NoError(t, l.Wait(t.Context()))
	w, err := l.enter(t.Context())
	require.NoError(t, err)
	require.NotNil(t, w)
	return l, w
}

// armed is a limiter's timer and its number.
func armed(l *Limiter) (*time.Timer, uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.timer, l.serial
}

func TestLimiterTokenThatIsDueBelongsToWhoeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, first := oneWaits(t)
		timer, serial := armed(l)
		timer.Stop() // as if it were late
		time.Sleep(time.Second)
		second, err := l.enter(t.Context())
		require.NoError(t, err)
		require.NotNil(t, second, "it waits, although a token is there")
		l.pass(serial)
		<-first.passed
		require.True(t, l.leave(second))
		require.Zero(t, l.Waiting())
	})
}

func TestLimiterTimerServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, first := oneWaits(t)
		timer, serial := armed(l)
		second, err := l.enter(t.Context())
		require.NoError(t, err)
		require.True(t, l.leave(first))
		now, number := armed(l)
		require.Same(t, timer, now, "someone needs it")
		require.Equal(t, serial, number)
		time.Sleep(time.Second)
		<-second.passed
		now, _ = armed(l)
		require.Nil(t, now)
	})
}

func TestLimiterWaiterThatHasPassedCannotLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, w := oneWaits(t)
		time.Sleep(time.Second)
		synctest.Wait()
		require.False(t, l.leave(w), "the token is spent")
		require.Zero(t, l.Waiting())
		require.Zero(t, l.queues[w.rank].Len())
	})
}

func TestLimiterTimerThatWasStoppedTooLatePassesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, w := oneWaits(t)
		_, stale := armed(l)
		require.True(t, l.leave(w))
		l.pass(stale)
		timer, _ := armed(l)
		require.Nil(t, timer)
		w, err := l.enter(t.Context())
		require.NoError(t, err)
		timer, _ = armed(l)
		l.pass(stale)
		now, _ := armed(l)
		require.Same(t, timer, now)
		<-w.passed
	})
}
