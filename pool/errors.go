package pool

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// ErrClosed says that the pool is closed, or drains before it is. It matches
// [surrealsql.ErrClosed] too.
var ErrClosed = fmt.Errorf("pool: closed: %w", surrealsql.ErrClosed)

// ErrTooManyWaiters is returned at once where pool_max_waiters wait already.
var ErrTooManyWaiters = errors.New("pool: pool_max_waiters callers wait for a connection already")

// AcquireTimeoutError says that no connection came in time: pool_acquire_timeout
// or the deadline of the caller's context was over. It matches
// [context.DeadlineExceeded], and the error of the last dial if dials are failing.
type AcquireTimeoutError struct {
	Waited  time.Duration // by this caller
	Held    int           // connections in use when it gave up
	Dialing int           // connections being made then
	Waiting int           // other callers who were waiting then
	Max     int           // the most connections there may be, pool_burst included

	// DialError is why connections cannot be made, or nil if the last dial has
	// succeeded.
	DialError error
}

func (e *AcquireTimeoutError) Error() string {
	text := fmt.Sprintf("pool: no connection came in %s: of at most %d, %d are held and %d are being made, and %d others wait",
		e.Waited.Round(time.Microsecond), e.Max, e.Held, e.Dialing, e.Waiting)
	if e.DialError != nil {
		text += "; the last dial failed: " + e.DialError.Error()
	}
	return text
}

// Unwrap returns context.DeadlineExceeded and, if there is one, the DialError.
func (e *AcquireTimeoutError) Unwrap() []error {
	if e.DialError != nil {
		return []error{context.DeadlineExceeded, e.DialError}
	}
	return []error{context.DeadlineExceeded}
}

// Timeout makes it a net.Error as far as that is of use.
func (e *AcquireTimeoutError) Timeout() bool { return true }

// finalError hides driver.ErrBadConn in what it wraps, at which database/sql
// would connect again: the pool has tried all that is worth a try.
type finalError struct{ err error }

func final(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return &finalError{err}
	}
	return err
}

func (e *finalError) Error() string { return e.err.Error() }

func (e *finalError) Is(target error) bool {
	return target != driver.ErrBadConn && errors.Is(e.err, target)
}

func (e *finalError) As(target any) bool { return errors.As(e.err, target) }
