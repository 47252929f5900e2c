package pool

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
)

// What a pool learns from its dials: to pause after those that failed, and how long
// those took that succeeded.

// dialBackoff spaces dials that fail, so that a server that is down, or has just come
// back, is not stormed.
type dialBackoff struct {
	failures int // in a row
	err      error
	until    time.Time
	timer    *time.Timer // wakes those who need a dial then
}

// fail notes a failure and returns the pause after it: at least half of a bound
// that doubles, the rest at random.
func (b *dialBackoff) fail(err error, s *Settings) time.Duration {
	b.err = err
	b.failures++
	pause := backoff.Half(backoff.Bound(s.ConnectBackoff, s.MaxConnectBackoff, b.failures))
	b.until = time.Now().Add(pause)
	return pause
}

// reset ends the pause: a dial has succeeded.
func (b *dialBackoff) reset() {
	b.failures, b.err = 0, nil
	b.stop()
}

// wake calls f when the pause is over.
func (b *dialBackoff) wake(wait time.Duration, f func()) {
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, f)
	} else {
		b.timer.Reset(wait)
	}
}

func (b *dialBackoff) stop() {
	if b.timer != nil {
		b.timer.Stop()
	}
}

// dialTimes knows how long a dial takes, and so tells one that hangs. Without it a dial
// that hangs would be taken for one that is about to serve a waiter, who would
// wait as long as connect_timeout.
type dialTimes struct {
	typical  time.Duration // of those that succeeded; 0 before the first
	lastGood time.Time     // when the youngest of those began
}

const (
	// firstLateAfter is when a dial is late before any other has told how long they
	// take. Hashing the password alone takes a server 20 to 90 ms, and there is the way
	// to a distant one, and TLS.
	firstLateAfter = time.Second
	// leastLateAfter leaves room for what a fast network does now and then: a
	// retransmission alone takes 200 ms (Linux).
	leastLateAfter = 250 * time.Millisecond
)

// succeeded counts a dial in, with a quarter of its weight: the mean follows a server
// that becomes slow within a few dials, and one that was slow moves it little.
func (t *dialTimes) succeeded(begun time.Time) {
	took := time.Since(begun)
	if t.typical == 0 {
		t.typical = took
	}
	t.typical += (took - t.typical) / 4
	if begun.After(t.lastGood) {
		t.lastGood = begun
	}
}

// lateAfter is how long a dial may take: four times the mean, which those that go well
// hardly ever exceed, and a second dial for one that does costs little.
func (t *dialTimes) lateAfter() time.Duration {
	if t.typical == 0 {
		return firstLateAfter
	}
	return max(4*t.typical, leastLateAfter)
}
