package surrealsql

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"time"
)

// maxBackoff caps the pause between two attempts to connect.
const maxBackoff = 10 * time.Second

// backoff is the pause after a failed attempt: random between zero and a bound
// that doubles each time ("full jitter"), so that many clients do not come back
// in step.
func backoff(base time.Duration, attempt int) time.Duration {
	bound := maxBackoff
	if shift := attempt - 1; shift < 30 && base<<shift < maxBackoff {
		bound = base << shift
	}
	if bound <= 0 {
		return 0
	}
	return time.Duration(rand.Int64N(int64(bound) + 1))
}

// sleep waits, and reports whether the context let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mayPass reports whether an error to connect can pass by itself: a refused
// connection can, a refused password cannot. Signing in may be repeated, so a
// connection that is lost during it can pass too.
func mayPass(err error) bool {
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return false // the server dislikes this client's certificate or protocol
	}
	return errors.Is(err, ErrOutcomeUnknown) || IsRetryable(err)
}
