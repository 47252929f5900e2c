package pool

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
)

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
	pause := backoff.Half(backoff.Bound(s.DialBackoff, s.MaxDialBackoff, b.failures))
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

// pace knows how long a dial takes, and so tells one that hangs. Without it a dial
// that hangs would be taken for one that is about to serve a waiter, who would
// wait as long as dial_timeout.
type pace struct {
	typical  time.Duration // of those that succeeded; 0 before the first
	lastGood time.Time     // when the youngest of those began
}

// firstPatience is how long a dial may take before any other has told how long
// they take.
const (
	firstPatience = time.Second
	leastPatience = 250 * time.Millisecond
)

func (p *pace) succeeded(begun time.Time) {
	took := time.Since(begun)
	if p.typical == 0 {
		p.typical = took
	}
	p.typical += (took - p.typical) / 4
	if begun.After(p.lastGood) {
		p.lastGood = begun
	}
}

func (p *pace) patience() time.Duration {
	if p.typical == 0 {
		return firstPatience
	}
	return max(4*p.typical, leastPatience)
}

// nextLook is how long a dial of this age is left alone. It is bounded because a
// dialer that does not end with its context may hang for ever: in the fake time of a
// test the double of its age overflowed, and there was no pause at all any more.
func nextLook(age time.Duration) time.Duration { return 2 * min(age, time.Hour) }

// lateDial replaces a dial that takes long while others that began no earlier have
// succeeded. Where none has, the server is slow, and dialling again would make
// that worse.
func (p *Pool) lateDial(d *dial) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !d.place.in || p.state == closed:
	case d.dropped:
		p.ended(d)
		p.balance()
	case p.waiters.len > 0 && !p.pace.lastGood.Before(d.begun):
		p.dropDial(d)
		p.balance()
	default:
		d.late.Reset(nextLook(time.Since(d.begun)))
	}
}
