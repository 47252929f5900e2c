package pool

// The errors of a pool.

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// ErrClosed is what the error of every call is, for errors.Is, once the pool is
// closed, or drains before it is: those of its *sql.DBs too, which are closed with
// it. It is [surrealsql.ErrClosed].
var ErrClosed = surrealsql.ErrClosed

// errClosed is ErrClosed where the pool itself says it.
var errClosed = fmt.Errorf("pool: it is closed, or drains: %w", ErrClosed)

// ErrTooManyWaiters is what the error is, for errors.Is, that callers get at once
// where pool_max_waiters wait already.
var ErrTooManyWaiters = errors.New("pool: too many callers wait for a connection")

// errTaken is what Drain tells the borrowers whose time is over.
var errTaken = fmt.Errorf("pool: it was drained, and this connection was held to the end and taken away: %w",
	ErrClosed)

// errDegraded sends a caller on who can be served elsewhere: this pool can serve it at
// some later time only.
var errDegraded = errors.New("pool: no connection can be made for now")

// errPaused is an errDegraded. Like that it is for callers who go on, and no program
// sees it.
var errPaused = fmt.Errorf("%w: paused", errDegraded)

var errLeftOpen = errors.New("pool: the BeforeAcquire hook left a transaction or rows open: " +
	"expected it to end them before it returns")

// AcquireTimeoutError says that no connection came in time: pool_acquire_timeout
// or the deadline of the caller's context was over. It matches
// [context.DeadlineExceeded], and the error of the last dial if dials are failing.
type AcquireTimeoutError struct {
	Waited     time.Duration // by this caller
	Held       int           // connections in use when it gave up
	Connecting int           // connections being made then
	Waiting    int           // other callers who were waiting then
	Max        int           // the most connections there may be, pool_burst included

	// ConnectError is why connections cannot be made, or nil if the last dial has
	// succeeded.
	ConnectError error
}

func (e *AcquireTimeoutError) Error() string {
	text := fmt.Sprintf(
		"pool: no connection came in %s: of at most %d, %d are held and %d are being made, and %d others wait",
		e.Waited.Round(time.Microsecond), e.Max, e.Held, e.Connecting, e.Waiting)
	if e.ConnectError != nil {
		text += "; the last dial failed: " + e.ConnectError.Error()
	}
	return text
}

// Unwrap returns context.DeadlineExceeded and, if there is one, the ConnectError.
func (e *AcquireTimeoutError) Unwrap() []error {
	if e.ConnectError != nil {
		return []error{context.DeadlineExceeded, e.ConnectError}
	}
	return []error{context.DeadlineExceeded}
}

// Timeout makes it a net.Error as far as that is of use.
func (e *AcquireTimeoutError) Timeout() bool { return true }

// hideBadConn hides driver.ErrBadConn in an error, at which database/sql would connect
// again: the pool has tried all that is worth a try.
func hideBadConn(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return &finalError{err}
	}
	return err
}

type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }

func (e *finalError) Is(target error) bool {
	return target != driver.ErrBadConn && errors.Is(e.err, target)
}

func (e *finalError) As(target any) bool { return errors.As(e.err, target) }
