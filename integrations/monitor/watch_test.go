package surrealmonitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/pool"
)

// The watcher, its history, and how numbers are written.

// history and readers are what the tests want to know of a watcher.
func (w *watcher) history() []point {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.points
}

func (w *watcher) readers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pages)
}

func TestPageThatDoesNotReadIsDroppedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	w := newWatcher(opened(t), time.Hour)
	_, _, lazy := w.subscribe()
	_, _, keen := w.subscribe()
	for range unread + 1 {
		w.publish(sample{})
		<-keen
	}
	for range unread {
		_, ok := <-lazy
		require.True(t, ok)
	}
	_, ok := <-lazy
	require.False(t, ok)
	require.Equal(t, 1, w.readers())
	w.unsubscribe(lazy) // as its handler does afterwards
	w.unsubscribe(keen)
	require.Zero(t, w.readers())
}

func TestHistoryIsBoundedAndKeepsTheNewest(t *testing.T) {
	t.Parallel()
	w := newWatcher(opened(t), time.Hour)
	for i := range history + 10 {
		w.publish(sample{point: point{At: int64(i)}})
	}
	points, last, page := w.subscribe()
	defer w.unsubscribe(page)
	require.Len(t, points, history)
	require.EqualValues(t, 10, points[0].At)
	require.EqualValues(t, history+9, last.At)
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]uint64{"0": 0, "999": 999, "1,000": 1000, "12,345,678": 12345678} {
		require.Equal(t, want, count(n))
	}
	for want, d := range map[string]time.Duration{
		"0": 0, "12 ns": 12, "34 µs": 34 * time.Microsecond, "1.5 ms": 1500 * time.Microsecond,
		"123 ms": 123 * time.Millisecond, "1.50 s": 1500 * time.Millisecond,
	} {
		require.Equal(t, want, brief(d))
	}
}

func TestRatesAreOfTheTimeBetweenTwoLooks(t *testing.T) {
	t.Parallel()
	now := pool.Stats{Acquires: 150, ClosedBy: map[pool.Reason]uint64{pool.ReasonSurplus: 1234, pool.ReasonBroken: 1}}
	s := sampleOf(time.Now(), now, pool.Stats{Acquires: 100}, 500*time.Millisecond, nil)
	require.Contains(t, s.Groups[0].Rows, row{"a second", "100"})
	require.Contains(t, s.Groups[2].Rows, row{"closed by", "broken 1, surplus 1,234"})
	require.NotNil(t, s.Leaks, "null is no list for the page")
}
