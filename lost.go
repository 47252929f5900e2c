package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// What a call says whose connection is lost, or was before.

// failure turns a transport failure into the caller's error and tells the
// connector when it looks as if the server were gone.
func (c *Conn) failure(err error) error {
	var f *rpc.Failure
	if !errors.As(err, &f) {
		return c.fail("", false, err)
	}
	if size := (*ws.SizeError)(nil); errors.As(f.Err, &size) {
		return tooLarge(size)
	}
	cause := f.Err
	if ended, ok := errors.AsType[*txEnded](cause); ok {
		cause = ended // without the error of the context that was made of the two
	}
	if !f.Sent && isContextError(cause) {
		return cause // it had ended before anything was done
	}
	lost := c.fail(f.Op, f.Sent, perhapsTooLarge(cause, f.Size))
	if !f.Sent && c.tx == nil && c.taken.Load() == nil {
		return &unsentError{lost}
	}
	return lost
}

// lost answers a call on a connection that failed before. Outside a transaction
// another connection will do as well, unless this one was taken away: with an ErrBadConn
// database/sql would forget the lease, and later calls would not say why. In one, the
// server has dropped it; where its context has ended, that is what there is to say.
func (c *Conn) lost() error {
	if why := c.taken.Load(); why != nil && c.tx == nil {
		return &ConnError{Addr: c.addr, Err: *why}
	}
	if c.tx == nil {
		return &unsentError{&ConnError{Addr: c.addr, Err: fmt.Errorf("it was lost earlier: %w", c.causeOfLoss())}}
	}
	if err := c.tx.over(); err != nil {
		return err
	}
	return &ConnError{Addr: c.addr, Err: fmt.Errorf("the connection was lost earlier in this transaction, which the server has dropped: %w", c.causeOfLoss())}
}

// causeOfLoss is why the connection failed. Where the context of an earlier call has
// ended, this is no context's error: that of the present call has not.
func (c *Conn) causeOfLoss() error {
	if why := c.taken.Load(); why != nil {
		return *why
	}
	switch {
	case c.cause == nil:
		return errGivenUp
	case isContextError(c.cause):
		return fmt.Errorf("the context of an earlier call ended: %v", c.cause)
	}
	return c.cause
}

// errGivenUp: the context of an exchange ended as its answer came, or the connection
// was taken away.
var errGivenUp = errors.New("the context of an earlier call ended as its answer came, or the connection was closed")

// fail gives the connection up and returns the error that says so.
func (c *Conn) fail(op string, sent bool, err error) *ConnError {
	c.rpc.Abort()
	if why := c.taken.Load(); why != nil && !isContextError(err) {
		err = *why // not the noise that closing the socket has made
	}
	if c.cause == nil {
		c.cause = err
	}
	c.connector.noticeLoss(c.addr, err)
	if errors.Is(err, ws.ErrMessageTooLarge) {
		err = fmt.Errorf("%w: %w", ErrMessageTooLarge, err)
	}
	return &ConnError{Op: op, Addr: c.addr, Sent: sent, Err: err}
}

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// unsentError is the error of a call of which nothing has left, outside of a transaction.
// It is driver.ErrBadConn, at which database/sql takes another connection. Who gets to
// see it, because he has leased this one or no other was better, is told why.
type unsentError struct{ lost *ConnError }

func (e *unsentError) Error() string {
	return e.lost.Error() + ", so it may be done again on another connection"
}

// Unwrap leads to driver.ErrBadConn too, which [ConnError] itself never does.
func (e *unsentError) Unwrap() []error { return []error{driver.ErrBadConn, e.lost} }
