package pool

// Statistics, and the metrics made of them.

import (
	"encoding/json"
	"expvar"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ expvar.Var = (*Pool)(nil)

func TestHistogramHasABucketForEveryDuration(t *testing.T) {
	t.Parallel()
	for range 100_000 {
		ns := rand.Uint64() >> (1 + rand.IntN(62))
		b := bucketOf(ns)
		require.LessOrEqual(t, ns, uint64(longestOf(b)))
		if b > 0 {
			require.Greater(t, ns, uint64(longestOf(b-1)))
		}
		require.LessOrEqual(t, float64(longestOf(b)), float64(ns)*1.126)
	}
	require.Less(t, bucketOf(1<<63-1), buckets)
}

func TestHistogramsQuantilesAreAtMostAnEighthTooLong(t *testing.T) {
	t.Parallel()
	var h histogram
	require.Zero(t, h.snapshot())
	require.Zero(t, h.snapshot().Mean())
	values := make([]time.Duration, 10_000)
	var total time.Duration
	for i := range values {
		values[i] = time.Duration(rand.ExpFloat64() * float64(time.Millisecond))
		total += values[i]
		h.add(values[i])
	}
	h.add(-time.Second)
	slices.Sort(values)
	w := h.snapshot()
	require.EqualValues(t, 10_001, w.Count)
	require.Equal(t, total, w.Total)
	require.Equal(t, values[9999], w.Max)
	require.Equal(t, total/10_001, w.Mean())
	for percent, got := range map[int]time.Duration{50: w.P50, 95: w.P95, 99: w.P99} {
		exact := values[len(values)*percent/100-1]
		require.GreaterOrEqual(t, got, exact)
		require.LessOrEqual(t, float64(got), float64(exact)*1.13)
	}
}

func TestReasonsAreACopyThatChangesNoMetric(t *testing.T) {
	was := slices.Clone(Reasons)
	defer copy(Reasons, was)
	clear(Reasons)
	inBubble(t, func(t *testing.T, s *site) {
		var labels []string
		s.open(t, Settings{}).Collect(func(m Metric) {
			if m.Label == "reason" {
				labels = append(labels, m.LabelValue)
			}
		})
		require.Len(t, labels, len(was))
		require.Equal(t, string(was[0]), labels[0])
	})
}

func TestStatsAreMetricsAndJSON(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: 2})
		require.NoError(t, p.DB().PingContext(t.Context()))
		type id struct{ name, label string }
		got := make(map[id]Metric)
		p.Collect(func(m Metric) {
			at := id{m.Name, m.LabelValue}
			require.NotContains(t, got, at)
			require.NotEmpty(t, m.Help)
			got[at] = m
		})
		require.Len(t, got, 1+len(Reasons)+11+9+6)
		require.Equal(t, 2.0, got[id{"surrealsql_pool_created_total", ""}].Value)
		require.True(t, got[id{"surrealsql_pool_created_total", ""}].Counter)
		require.Equal(t, 2.0, got[id{"surrealsql_pool_idle", ""}].Value)
		require.Contains(t, got, id{"surrealsql_pool_closed_total", "lifetime"})
		require.Equal(t, 1.0, got[id{"surrealsql_pool_acquire_wait_seconds_count", ""}].Value)

		var back Stats
		require.NoError(t, json.Unmarshal([]byte(p.String()), &back))
		require.Equal(t, p.Stats(), back)
	})
}
