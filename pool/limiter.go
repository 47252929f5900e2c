package pool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ErrRateLimited is what every [*RateLimitedError] is, for errors.Is.
var ErrRateLimited = errors.New("pool: rate limit exceeded")

// RateLimitedError is a call that a [Limiter] refused. Nothing was done.
type RateLimitedError struct {
	// RetryAfter is when a token is due, if nobody else takes it; at most about
	// 292 years, which stands for never.
	RetryAfter time.Duration
	Priority   Priority // of the call
	Waiting    int      // calls that are before it in line
}

// Error says when to come back.
func (e *RateLimitedError) Error() string {
	if e.Waiting > 0 {
		return fmt.Sprintf("%v (%s): %d calls wait already; a token is due in %s", ErrRateLimited, e.Priority, e.Waiting, e.RetryAfter)
	}
	return fmt.Sprintf("%v (%s): the next token is due in %s", ErrRateLimited, e.Priority, e.RetryAfter)
}

// Is reports whether target is [ErrRateLimited].
func (e *RateLimitedError) Is(target error) bool { return target == ErrRateLimited }

// LimiterSettings say what a [Limiter] allows.
type LimiterSettings struct {
	// Rate is the number of calls a second; [rate.Inf] allows all, zero none but
	// the first Burst. Burst is how many may come at once after a pause; zero means
	// 1.
	Rate  rate.Limit
	Burst int
	// Refuse answers a call that exceeds the rate with a [*RateLimitedError],
	// whatever its priority; otherwise it waits for its turn.
	Refuse bool
	// MaxWaiters refuses a call before which so many wait already; those of lower
	// priority do not count, because it goes before them. Zero means no limit.
	MaxWaiters int
}

// Limiter lets calls pass at a rate: a token bucket ([rate.Limiter]) before which
// calls stand in line, those that are more urgent first and within a [Priority] in
// order of arrival. It is safe for concurrent use, costs no goroutine, and needs no
// [Pool]; [WithLimiter] puts it before the acquires of one.
//
// The priorities are strict. While critical calls alone use up the rate, no others
// pass: a context with a deadline bounds how long they wait for that. It is the
// token that comes next which goes to the most urgent caller; nobody saves tokens
// for calls that may come, so urgent calls wait at most one token's time for each
// urgent call before them.
type Limiter struct {
	settings LimiterSettings
	mu       sync.Mutex
	bucket   *rate.Limiter
	queues   [3]chain[*waiter] // by rank of priority
	waiting  int
	timer    *time.Timer // of the next token; nil if, and only if, nobody waits
	serial   uint64      // of the timer: one that fires too late is known by it
}

// waiter is a call in the line of a Limiter.
type waiter struct {
	rank   int           // of its priority
	passed chan struct{} // closed when it has its token
	place  link[*waiter]
}

// NewLimiter makes a Limiter with a full bucket.
func NewLimiter(s LimiterSettings) *Limiter {
	if s.Burst <= 0 {
		s.Burst = 1
	}
	return &Limiter{settings: s, bucket: rate.NewLimiter(s.Rate, s.Burst)}
}

// Wait takes a token: at once if there is one and nobody waits, else when it is the
// call's turn. The priority is the context's. It returns the context's error when
// that ends first, and then takes no token; or a [*RateLimitedError].
func (l *Limiter) Wait(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w, err := l.enter(ctx)
	if w == nil {
		return err
	}
	select {
	case <-w.passed:
		return nil
	case <-ctx.Done():
	}
	if l.leave(w) {
		return fmt.Errorf("pool: waiting for the rate limit: %w", context.Cause(ctx))
	}
	return nil // its turn came at the same moment: the token is spent
}

// Waiting returns how many calls wait.
func (l *Limiter) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

// enter takes a token or joins the queue: then it returns the waiter.
func (l *Limiter) enter(ctx context.Context) (*waiter, error) {
	p := PriorityOf(ctx) // not under the mutex: a context is anybody's code
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.waiting == 0 && l.bucket.AllowN(now, 1) {
		return nil, nil
	}
	ahead := 0
	for rank := p.rank(); rank < len(l.queues); rank++ {
		ahead += l.queues[rank].len
	}
	if l.settings.Refuse || l.settings.MaxWaiters > 0 && ahead >= l.settings.MaxWaiters {
		return nil, &RateLimitedError{RetryAfter: l.due(now), Priority: p, Waiting: ahead}
	}
	w := &waiter{rank: p.rank(), passed: make(chan struct{})}
	w.place.of = w
	l.queues[w.rank].pushBack(&w.place)
	l.waiting++
	if l.timer == nil {
		l.arm(now)
	}
	return w, nil
}

// leave takes a waiter out of the queue, and reports false if it has passed.
func (l *Limiter) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.place.in {
		return false
	}
	l.queues[w.rank].remove(&w.place)
	l.waiting--
	if l.waiting == 0 {
		l.timer.Stop()
		l.timer = nil
	}
	return true
}

// arm sets the timer for the next token.
func (l *Limiter) arm(now time.Time) {
	l.serial++
	serial := l.serial
	l.timer = time.AfterFunc(l.due(now), func() { l.pass(serial) })
}

// pass gives the tokens that are there to the first in line.
func (l *Limiter) pass(serial uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if serial != l.serial {
		return // it was stopped too late
	}
	l.timer = nil
	now := time.Now()
	for l.waiting > 0 {
		if !l.bucket.AllowN(now, 1) {
			l.arm(now)
			return
		}
		close(l.first().passed)
		l.waiting--
	}
}

// first takes the next waiter out of the queues; there is one.
func (l *Limiter) first() *waiter {
	rank := len(l.queues) - 1
	for l.queues[rank].len == 0 {
		rank--
	}
	place := l.queues[rank].head
	l.queues[rank].remove(place)
	return place.of
}

// due is how long it is until a token is there.
func (l *Limiter) due(now time.Time) time.Duration {
	lack := 1 - l.bucket.TokensAt(now)
	if lack <= 0 {
		return 0
	}
	wait := math.Ceil(lack / float64(l.bucket.Limit()) * float64(time.Second))
	if !(wait < math.MaxInt64) { // no rate at all
		return math.MaxInt64
	}
	return time.Duration(wait)
}

// WithLimiter makes whoever leases a connection take a token of the limiter first,
// at the priority of its context: over [Pool.DB] that is each query outside a
// transaction or an [sql.Conn], and each of these as one. Several limiters, and a
// gate given before, are passed one after the other.
func WithLimiter(l *Limiter) Option {
	return func(s *Settings) { s.gate = gates(s.gate, l.Wait) }
}

// whileServing is a gate that lets go of those who wait in it when the pool serves no
// more.
func (p *Pool) whileServing(gate func(context.Context) error) func(context.Context) error {
	if gate == nil {
		return nil
	}
	return func(ctx context.Context) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(p.service, func() { cancel(context.Cause(p.service)) })()
		return gate(ctx)
	}
}

// gates is two gates one behind the other.
func gates(first, second func(context.Context) error) func(context.Context) error {
	if first == nil {
		return second
	}
	return func(ctx context.Context) error {
		if err := first(ctx); err != nil {
			return err
		}
		return second(ctx)
	}
}
