package pool

// The pauses after dials that fail.

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDialsThatFailForHoursPauseAsLongAsTheyShould(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		s.through(func(context.Context) error { return errors.New("refused") })
		p := s.open(t, Settings{ConnectBackoff: 30 * time.Second, MaxConnectBackoff: time.Minute, AcquireTimeout: Disabled})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour) // the 30th failure was a panic
		defer cancel()
		for ctx.Err() == nil {
			_, err := p.Acquire(ctx)
			require.Error(t, err)
		}
		require.InDelta(t, 160, s.begun.Load(), 60, "a pause of 30 s to a minute each")
	})
}

func TestSettingsOfExtremePausesAndLifetimesDoNotPanic(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{1, 2, time.Minute, 1 << 62, math.MaxInt64} {
		s := Settings{ConnectBackoff: d, MaxConnectBackoff: max(d, time.Minute), MaxLifetime: d, LifetimeJitter: d}
		require.NoError(t, s.complete())
		var b dialBackoff
		for _, failures := range []int{0, 1, 29, 30, 62, 63, 64, math.MaxInt / 2, math.MaxInt - 1} {
			b.failures = failures
			pause := b.fail(errors.New("refused"), &s)
			require.GreaterOrEqual(t, pause, min(d, s.MaxConnectBackoff)/2)
			require.LessOrEqual(t, pause, s.MaxConnectBackoff)
		}
		require.False(t, s.expiry(time.Now()).After(time.Now().Add(d)))
	}
}
