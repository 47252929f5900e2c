package pool

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALookAtAHangingDialIsAlwaysFollowedByAPause(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{1, time.Second, 24 * time.Hour, math.MaxInt64/2 + 1, math.MaxInt64} {
		require.Positive(t, nextLook(age), age)
	}
	require.Equal(t, 2*time.Second, nextLook(time.Second))
}

func TestAClosedPoolWatchesItsHangingDialsNoMore(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		hold := make(chan struct{})
		s.through(func(context.Context) error { <-hold; return errChaos }) // deaf to its context
		p := s.open(t)
		go func() { _, _ = p.Acquire(context.Background()) }()
		synctest.Wait()
		p.mu.Lock()
		d := p.dials.head.of
		p.mu.Unlock()
		done := make(chan error, 1)
		go func() { done <- p.Close() }()
		time.Sleep(firstPatience)
		synctest.Wait()
		require.False(t, d.late.Stop(), "nobody looks again")
		close(hold)
		require.NoError(t, <-done)
	})
}
