package pool

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations in buckets of fixed number, each an eighth wider
// than where it begins, from a nanosecond to centuries. It is safe for concurrent
// use; a snapshot that is taken while others count may lack some counts.
type histogram struct {
	total   atomic.Int64 // nanoseconds
	max     atomic.Int64
	buckets [buckets]atomic.Uint64
}

const (
	perOctave = 8              // so that the end of a bucket is at most an eighth more than what is in it
	buckets   = 61 * perOctave // up to 1<<63 ns: the first octave is that of the lengths below perOctave
)

// bucketOf returns the bucket of a duration in nanoseconds: below perOctave each
// has its own, above each power of two is cut into perOctave parts.
func bucketOf(ns uint64) int {
	if ns < perOctave {
		return int(ns)
	}
	octave := bits.Len64(ns) - 4 // ns>>octave is from 8 to 15
	return octave*perOctave + int(ns>>octave)
}

// longestOf is the longest duration in a bucket.
func longestOf(bucket int) time.Duration {
	if bucket < perOctave {
		return time.Duration(bucket)
	}
	octave := bucket/perOctave - 1
	return time.Duration(uint64(bucket%perOctave+perOctave+1)<<octave - 1)
}

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.buckets[bucketOf(uint64(d))].Add(1)
	if d == 0 {
		return
	}
	h.total.Add(int64(d))
	for {
		most := h.max.Load()
		if int64(d) <= most || h.max.CompareAndSwap(most, int64(d)) {
			return
		}
	}
}

func (h *histogram) snapshot() Wait {
	var counts [buckets]uint64
	var w Wait
	for i := range h.buckets {
		counts[i] = h.buckets[i].Load()
		w.Count += counts[i]
	}
	w.Total, w.Max = time.Duration(h.total.Load()), time.Duration(h.max.Load())
	quantile := func(percent uint64) time.Duration {
		rank := (w.Count*percent + 99) / 100 // the smallest value that so many do not exceed
		var seen uint64
		for i, n := range counts {
			if seen += n; seen >= rank {
				return min(longestOf(i), w.Max)
			}
		}
		return w.Max
	}
	if w.Count > 0 {
		w.P50, w.P95, w.P99 = quantile(50), quantile(95), quantile(99)
	}
	return w
}
