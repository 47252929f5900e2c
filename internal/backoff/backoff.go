// Package backoff is how long to wait before something is tried again. It is the only
// place where a pause is doubled, and it cannot overflow: `first << failures` was
// negative for 30s and 30 failures, which paused not at all, or panicked.
package backoff

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// Bound is the longest pause after so many failures in a row: first after one, twice
// that after two and so on, but at most longest. It is zero where either of the two is
// not positive. Fewer failures than one count as one.
func Bound(first, longest time.Duration, failures int) time.Duration {
	if first <= 0 || longest <= 0 {
		return 0
	}
	for ; failures > 1 && first < longest; failures-- {
		if first > longest/2 {
			return longest
		}
		first *= 2
	}
	return min(first, longest)
}

// Full is random between zero and the bound, both included ("full jitter"): many
// clients do not come back in step.
func Full(bound time.Duration) time.Duration {
	switch {
	case bound <= 0:
		return 0
	case bound == math.MaxInt64: // one more would be negative
		return time.Duration(rand.Int64N(math.MaxInt64))
	}
	return time.Duration(rand.Int64N(int64(bound) + 1))
}

// Half is random between half of the bound and all of it: some pause there is.
func Half(bound time.Duration) time.Duration {
	bound = max(bound, 0)
	return bound - Full(bound/2)
}

// Add is a + b, or the longest duration there is. A negative one counts as none.
func Add(a, b time.Duration) time.Duration {
	a, b = max(a, 0), max(b, 0)
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Sleep waits, and reports whether the context let it.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// EndOfLife is when a life ends that begins now and may last so long, or zero where
// that is not positive. It is shorter by a random part of jitter, so that many do not
// end at once, and never longer: how long it may last is a promise.
func EndOfLife(now time.Time, longest, jitter time.Duration) time.Time {
	if longest <= 0 {
		return time.Time{}
	}
	return now.Add(longest - min(longest, Full(jitter)))
}
