package breaker

import (
	"errors"
	"fmt"
	"time"
)

// What a connect fails with that the breaker refuses.

// ErrOpen is what every [*OpenError] is, for errors.Is.
var ErrOpen = errors.New("breaker: circuit breaker is open")

// OpenError is a connect that a [Breaker] did not let happen. The server was not asked.
// It comes wrapped in what the driver or the pool returns.
type OpenError struct {
	Addr string // host:port
	// Delay is how long it is until the next probe may be made. Zero while probes are
	// under way already: their outcome decides.
	Delay time.Duration
}

// Error says how long it lasts.
func (e *OpenError) Error() string {
	if e.Delay == 0 {
		return fmt.Sprintf("%v for %s: a probe is under way", ErrOpen, e.Addr)
	}
	return fmt.Sprintf("%v for %s, for another %s", ErrOpen, e.Addr, e.Delay)
}

// Is reports whether target is [ErrOpen].
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

// RetryAfter is Delay: surrealsql.Retry finds it and waits so long.
func (e *OpenError) RetryAfter() time.Duration { return e.Delay }

// FailFast tells the driver to go on to the next host, and not to try this one again
// after connect_backoff.
func (e *OpenError) FailFast() bool { return true }
