package limiter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/list"
)

// The limiter: a bucket of tokens, and those who wait for one; and its error.

// ErrExceeded is what every [*ExceededError] is, for errors.Is.
var ErrExceeded = errors.New("limiter: rate limit exceeded")

// ExceededError is a call that a [Limiter] refused. Nothing was done.
type ExceededError struct {
	// Delay is how long it is until a token is due, if nobody else takes it; at most
	// about 292 years, which stands for never.
	Delay    time.Duration
	Priority Priority // of the call
	Waiting  int      // calls that would go before it
}

// Error says when to come back.
func (e *ExceededError) Error() string {
	if e.Waiting > 0 {
		return fmt.Sprintf("%v (%s): %d calls wait already; a token is due in %s",
			ErrExceeded, e.Priority, e.Waiting, e.Delay)
	}
	return fmt.Sprintf("%v (%s): the next token is due in %s", ErrExceeded, e.Priority, e.Delay)
}

// RetryAfter is Delay: surrealsql.Retry finds it and waits so long.
func (e *ExceededError) RetryAfter() time.Duration { return e.Delay }

// Is reports whether target is [ErrExceeded].
func (e *ExceededError) Is(target error) bool { return target == ErrExceeded }

// Settings say what a [Limiter] allows.
type Settings struct {
	// Rate is the number of calls a second; [rate.Inf] allows all, zero or less none but
	// the first Burst. Burst is how many may come at once after a pause; zero means 1.
	Rate  rate.Limit
	Burst int
	// Refuse answers a call that exceeds the rate with an [*ExceededError],
	// whatever its priority; otherwise it waits for its turn.
	Refuse bool
	// MaxWaiters refuses a call before which so many wait already; those of lower
	// priority do not count, because it goes before them. Zero means no limit.
	MaxWaiters int
}

// Limiter lets calls pass at a rate: a token bucket ([rate.Limiter]) before which
// calls stand in line, those that are more urgent first and within a [Priority] in
// order of arrival. It is safe for concurrent use and costs no goroutine.
//
// The priorities are strict. While critical calls alone use up the rate, no others
// pass: a context with a deadline bounds how long they wait for that. It is the
// token that comes next which goes to the most urgent caller; nobody saves tokens
// for calls that may come, so urgent calls wait at most one token's time for each
// urgent call before them.
type Limiter struct {
	settings Settings

	mu      sync.Mutex
	bucket  *rate.Limiter
	queues  [3]list.List[*waiter] // by rank of priority
	waiting int
	timer   *time.Timer // of the next token; nil if, and only if, nobody waits
	serial  uint64      // of the timer: one that fires too late is known by it
}

// waiter is a call that waits at a Limiter.
type waiter struct {
	rank   int           // of its priority
	passed chan struct{} // closed when it has its token
	node   list.Node[*waiter]
}

// New makes a Limiter with a full bucket.
func New(s Settings) *Limiter {
	if s.Burst <= 0 {
		s.Burst = 1
	}
	s.Rate = max(s.Rate, 0) // below that a token would always have been due
	return &Limiter{settings: s, bucket: rate.NewLimiter(s.Rate, s.Burst)}
}

// Wait takes a token: at once if there is one and nobody waits, else when it is the
// call's turn. The priority is the context's. It returns the context's error when
// that ends first, and then takes no token; or an [*ExceededError].
func (l *Limiter) Wait(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctxerr.Of(ctx)
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
		return fmt.Errorf("limiter: waiting for the rate limit: %w", ctxerr.Of(ctx))
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
		ahead += l.queues[rank].Len()
	}
	if l.settings.Refuse || l.settings.MaxWaiters > 0 && ahead >= l.settings.MaxWaiters {
		return nil, &ExceededError{Delay: l.dueLocked(now), Priority: p, Waiting: ahead}
	}
	w := &waiter{rank: p.rank(), passed: make(chan struct{})}
	w.node.Of = w
	l.queues[w.rank].PushBack(&w.node)
	l.waiting++
	if l.timer == nil {
		l.armLocked(now)
	}
	return w, nil
}

// leave takes a waiter out of the queue, and reports false if it has passed.
func (l *Limiter) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.node.In() {
		return false
	}
	l.queues[w.rank].Remove(&w.node)
	l.waiting--
	if l.waiting == 0 {
		l.timer.Stop()
		l.timer = nil
	}
	return true
}

// armLocked sets the timer for the next token.
func (l *Limiter) armLocked(now time.Time) {
	l.serial++
	serial := l.serial
	l.timer = time.AfterFunc(l.dueLocked(now), func() { l.pass(serial) })
}

// pass gives the tokens that are there to those whose turn it is; serial is that of the
// timer that calls it.
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
			l.armLocked(now)
			return
		}
		close(l.firstLocked().passed)
		l.waiting--
	}
}

// firstLocked takes the next waiter out of the queues; there is one.
func (l *Limiter) firstLocked() *waiter {
	rank := len(l.queues) - 1
	for l.queues[rank].Len() == 0 {
		rank--
	}
	w := l.queues[rank].Front().Of
	l.queues[rank].Remove(&w.node)
	return w
}

// dueLocked is how long it is until a token is there.
func (l *Limiter) dueLocked(now time.Time) time.Duration {
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
