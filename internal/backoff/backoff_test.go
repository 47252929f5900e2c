package backoff

import (
	"math"
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/require"
)

// durations and failures are what overflows if anything does.
var (
	durations = []time.Duration{math.MinInt64, -time.Hour, -1, 0, 1, 2, 3, time.Millisecond, 30 * time.Second, time.Minute,
		1 << 32, 1 << 61, 1<<62 - 1, 1 << 62, 1<<62 + 1, math.MaxInt64 - 1, math.MaxInt64}
	failures = []int{math.MinInt, -1, 0, 1, 2, 3, 29, 30, 31, 61, 62, 63, 64, 65, math.MaxInt / 2, math.MaxInt}
)

func TestBoundNeverOverflowsNorShrinksNorExceedsLongest(t *testing.T) {
	t.Parallel()
	check := func(first, longest time.Duration, n int) bool {
		b := Bound(first, longest, n)
		switch {
		case first <= 0 || longest <= 0:
			return b == 0
		case b <= 0, b > longest, b < min(first, longest):
			return false
		case n <= 1:
			return b == min(first, longest)
		}
		before := Bound(first, longest, n-1)
		return b == longest || before <= math.MaxInt64/2 && b == 2*before
	}
	for _, first := range durations {
		for _, longest := range durations {
			for _, n := range failures {
				require.True(t, check(first, longest, n), "Bound(%d, %d, %d) = %d", first, longest, n, Bound(first, longest, n))
			}
		}
	}
	require.NoError(t, quick.Check(func(first, longest int64, n int) bool {
		return check(time.Duration(first), time.Duration(longest), n)
	}, nil))
	require.NoError(t, quick.Check(func(first, longest int32, n uint8) bool {
		return check(time.Duration(first), time.Duration(longest), int(n))
	}, nil))
}

func TestPauseLiesWithinItsBound(t *testing.T) {
	t.Parallel()
	for _, bound := range durations {
		for range 100 {
			full, half := Full(bound), Half(bound)
			require.GreaterOrEqual(t, full, time.Duration(0))
			require.LessOrEqual(t, full, max(bound, 0))
			require.GreaterOrEqual(t, half, max(bound, 0)/2)
			require.LessOrEqual(t, half, max(bound, 0))
		}
	}
}

func TestSumNeverOverflows(t *testing.T) {
	t.Parallel()
	for _, a := range durations {
		for _, b := range durations {
			sum := Add(a, b)
			require.GreaterOrEqual(t, sum, max(a, b, 0))
			if a >= 0 && b >= 0 && uint64(a)+uint64(b) <= math.MaxInt64 {
				require.Equal(t, a+b, sum)
			}
		}
	}
}

func TestEndOfLifeIsNeverLaterThanPromised(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, longest := range durations {
		for _, jitter := range durations {
			end := EndOfLife(now, longest, jitter)
			if longest <= 0 {
				require.Zero(t, end)
				continue
			}
			require.False(t, end.Before(now))
			require.False(t, end.After(now.Add(longest)))
			require.False(t, jitter <= 0 && !end.Equal(now.Add(longest)))
		}
	}
}
