package pool

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
	l := NewLimiter(LimiterSettings{Rate: 1})
	require.NoError(t, l.Wait(t.Context()))
	w, err := l.enter(t.Context())
	require.NoError(t, err)
	require.NotNil(t, w)
	return l, w
}

func TestATokenThatIsDueBelongsToWhoeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, first := oneWaits(t)
		l.timer.Stop() // as if it were late
		time.Sleep(time.Second)
		second, err := l.enter(t.Context())
		require.NoError(t, err)
		require.NotNil(t, second, "it goes behind, although a token is there")
		l.pass(l.serial)
		<-first.passed
		require.True(t, l.leave(second))
		require.Zero(t, l.Waiting())
	})
}

func TestATimerServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, first := oneWaits(t)
		timer, serial := l.timer, l.serial
		second, err := l.enter(t.Context())
		require.NoError(t, err)
		require.Same(t, timer, l.timer)
		require.Equal(t, serial, l.serial)
		require.True(t, l.leave(first))
		require.Same(t, timer, l.timer, "someone needs it")
		time.Sleep(time.Second)
		<-second.passed
		require.Nil(t, l.timer)
	})
}

func TestWhoHasPassedCannotLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, w := oneWaits(t)
		time.Sleep(time.Second)
		synctest.Wait()
		require.False(t, l.leave(w), "the token is spent")
		require.Zero(t, l.Waiting())
		require.Zero(t, l.queues[w.rank].len)
	})
}

func TestATimerThatWasStoppedTooLatePassesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, w := oneWaits(t)
		stale := l.serial
		require.True(t, l.leave(w))
		l.pass(stale)
		require.Nil(t, l.timer)
		w, err := l.enter(t.Context())
		require.NoError(t, err)
		timer := l.timer
		l.pass(stale)
		require.Same(t, timer, l.timer)
		<-w.passed
	})
}
