package pool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/backoff"
)

// The defaults of [Retry].
const (
	defaultAttempts = 10
	defaultPause    = 5 * time.Millisecond
	defaultMaxPause = time.Second
)

// Retry says how often and after which pauses something is done again. The zero
// value is ready for use. It is a value: copy it freely, use it from many
// goroutines at once. It needs no [Pool].
//
// Before attempt n+1 it waits a random time between zero and Pause·2ⁿ⁻¹, but at
// most MaxPause ("full jitter": rivals that collided part, and clients do not come
// back in step). Where the error says when to come back, as [BreakerOpenError] and
// [RateLimitedError] do, it waits that long before.
//
// What it never repeats: a statement that may have run, a commit whose outcome is
// unknown, anything that the server answered with an error other than a conflict.
// See [surrealsql.IsRetryable], which decides.
type Retry struct {
	// Attempts is how often it is tried in all. Zero means 10, 1 means no retry,
	// negative no limit.
	Attempts int
	// MaxElapsed ends the retries: no pause begins that would end later than this
	// after the first attempt began. It interrupts no attempt: the context does.
	// Zero means no limit.
	MaxElapsed time.Duration
	// Pause bounds the first pause; zero means 5ms. MaxPause bounds each; zero
	// means 1s. Negative means no pause.
	Pause    time.Duration
	MaxPause time.Duration
	// OnRetry, if set, is called after each failed attempt that another one will
	// follow, before the pause, on the caller's goroutine.
	OnRetry func(ctx context.Context, failed Attempt)
}

// Attempt is one that failed.
type Attempt struct {
	N     int           // its number, from 1
	Err   error         // why
	Pause time.Duration // before the next one
}

// Do runs f until it succeeds, fails for good or a limit is reached. f must be
// safe to repeat whenever it returns an error for which [surrealsql.IsRetryable]
// holds: a ping, a read, a single statement, a dial. For transactions there is
// RunTx.
//
// For dials: the driver makes connect_attempts by itself, with the same kind of
// pauses, and a pool goes on dialling while someone waits. Do is for a program that
// wants to wait longer, such as for a server that starts together with it:
//
//	err := pool.Retry{Attempts: -1, MaxElapsed: time.Minute}.Do(ctx, db.PingContext)
//
// The error is that of the last attempt; when a limit ended it, it says so. When
// the context ended, the error is the context's with the last attempt's joined to
// it.
func (r Retry) Do(ctx context.Context, f func(ctx context.Context) error) error {
	started := time.Now()
	var last error // of an attempt that could be repeated
	for n := 1; ; n++ {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, err, last)
		}
		if !repeatable(err) {
			return err
		}
		pause := backoff.Add(leastPause(err), r.pause(n))
		if (r.Attempts >= 0 && n >= r.attempts()) || r.tooLate(started, pause) {
			return gaveUp(err, n, time.Since(started))
		}
		if r.OnRetry != nil {
			r.OnRetry(ctx, Attempt{N: n, Err: err, Pause: pause})
		}
		if !sleep(ctx, pause) {
			return ended(ctx, err, nil)
		}
		last = err
	}
}

// repeatable reports whether nothing has happened that could happen twice.
func repeatable(err error) bool {
	if _, limited := errors.AsType[*RateLimitedError](err); limited {
		return true
	}
	return surrealsql.IsRetryable(err)
}

// ended is the error when the context is over. What the attempt itself returned
// is mostly a consequence of that; why there was more than one is worth more.
func ended(ctx context.Context, err, before error) error {
	cause := context.Cause(ctx)
	if errors.Is(err, cause) {
		cause = nil
	}
	return errors.Join(cause, err, before)
}

func gaveUp(err error, n int, elapsed time.Duration) error {
	if n == 1 {
		return err
	}
	return fmt.Errorf("pool: given up after %d attempts in %s: %w", n, elapsed, err)
}

func (r Retry) attempts() int {
	if r.Attempts == 0 {
		return defaultAttempts
	}
	return r.Attempts
}

func (r Retry) tooLate(started time.Time, pause time.Duration) bool {
	return r.MaxElapsed > 0 && backoff.Add(time.Since(started), pause) > r.MaxElapsed
}

// pause is random between zero and the bound of the pause after attempt n.
func (r Retry) pause(n int) time.Duration {
	first, longest := r.Pause, r.MaxPause
	if first == 0 {
		first = defaultPause
	}
	if longest == 0 {
		longest = defaultMaxPause
	}
	return backoff.Full(backoff.Bound(first, longest, n))
}

// leastPause is how long trying again is known to be in vain.
func leastPause(err error) time.Duration {
	if open, ok := errors.AsType[*BreakerOpenError](err); ok {
		return open.RetryAfter
	}
	if limited, ok := errors.AsType[*RateLimitedError](err); ok {
		return limited.RetryAfter
	}
	return 0
}

// sleep waits, and reports whether the context let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
