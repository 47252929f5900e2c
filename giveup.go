package surrealsql

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// A streamed call that is given up (SurrealDB 3.3): its caller returns at once, the server is
// told to stop (query_cancel), and the connection is as good as before once the end of
// the stream has come, which is when the query next yields. A connection that is needed
// meanwhile by who has leased it waits for that. One whose lease is over is kept by its
// Connector, which gives it out again in the place of a new one.

// giveUpStream has the server stop the stream, and returns the error of its caller.
func (c *Conn) giveUpStream(cause error) error {
	c.streaming.habit.givenUp()
	if err := c.frames.Cancel(); err != nil {
		return c.abandon("cancel", true, cause)
	}
	c.givenUpAt = clock.Now()
	return &givenUpError{cause}
}

// errNotStopped is why a connection is closed whose query goes on.
var errNotStopped = fmt.Errorf("the server did not stop in time (cancel_timeout) the query that was given up: %w", context.DeadlineExceeded)

// lateSettle is how long a stream may take to be over of which nobody has read since
// cancel_timeout. Its end has come then, if the server has stopped in time, and is to be read.
const lateSettle = 20 * time.Millisecond

// settle waits for the end of a stream that was given up, for who has leased the connection:
// one that holds what a new one would not is worth close_timeout.
func (c *Conn) settle(ctx context.Context) error {
	limit := c.cfg.CancelTimeout
	if c.irreplaceable() {
		limit = max(limit, c.cfg.CloseTimeout)
	}
	return c.settleWithin(ctx, limit)
}

// settleWithin waits for the end of a stream that was given up: for as long as ctx allows, and
// no longer than limit after it was. Then the connection is given up, too.
func (c *Conn) settleWithin(ctx context.Context, limit time.Duration) error {
	limit = max(limit-c.givenUpAt.Elapsed(), lateSettle)
	bounded, cancel := context.WithTimeoutCause(ctx, limit, errNotStopped)
	defer cancel()
	err := c.frames.Settle(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !c.rpc.Broken():
		return c.transportError(&rpc.Failure{Op: "write", Err: ctxerr.Of(ctx)}) // nothing was sent for this call
	}
	_ = c.abandon("cancel", false, err)
	return c.errBroken()
}

// recovering are the connections of a Connector whose lease has ended with a call that was
// given up. database/sql takes them for closed, and makes a new connection when it
// needs one: that is one of these, so there are never more than it counts.
type recovering struct {
	mu       sync.Mutex
	settling int           // that wait for the end of their stream, or are being closed
	waiting  int           // who waits for one of those; there are never more of them
	ready    []*readyConn  // that can be used again
	changed  chan struct{} // is closed when one has settled
	ended    context.Context
	end      context.CancelFunc // lets none wait any longer
}

// readyConn is a connection that nobody has asked for yet.
type readyConn struct {
	*Conn
	expiry *time.Timer
}

// keepReady is how long a connection is kept for who may need it. Under load that is
// at once.
const keepReady = time.Second

func newRecovering() *recovering {
	r := &recovering{changed: make(chan struct{})}
	r.ended, r.end = context.WithCancel(context.Background())
	return r
}

// add takes a connection that its pool has closed, and does not wait.
func (r *recovering) add(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settling++
	go r.recover(c)
}

// recover waits until the connection can be used again, or closes it.
func (r *recovering) recover(c *Conn) {
	fine := false
	defer func() {
		if !fine { // also where a handler of logs has ended the goroutine
			r.shut(c)
		}
	}()
	fine = c.settleWithin(r.ended, c.cfg.CancelTimeout) == nil && c.unfit() == lending.Fit && r.offer(c)
}

// offer keeps a connection that can be used again for who may need it, unless nobody will.
func (r *recovering) offer(c *Conn) bool {
	c.startIdling()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended.Err() != nil {
		return false
	}
	ready := &readyConn{Conn: c}
	ready.expiry = time.AfterFunc(keepReady, func() { r.expire(ready) })
	r.ready = append(r.ready, ready)
	r.settledLocked()
	return true
}

// shut closes a connection that counts as settling until then.
func (r *recovering) shut(c *Conn) {
	defer func() { // also where a hook ends the goroutine
		r.mu.Lock()
		defer r.mu.Unlock()
		r.settledLocked()
	}()
	_ = c.closeNow()
}

func (r *recovering) settledLocked() {
	r.settling--
	close(r.changed)
	r.changed = make(chan struct{})
}

// take returns a connection that is as good as a new one, or nil where there is none to
// wait for.
func (r *recovering) take(ctx context.Context) (*Conn, error) {
	for {
		ready, settled := r.next()
		switch {
		case ready != nil:
			if ready.ResetSession(ctx) == nil {
				ready.lease.first = true
				return ready.Conn, nil
			}
			_ = ready.closeNow()
		case settled == nil:
			return nil, nil
		default:
			if err := r.await(ctx, settled); err != nil {
				return nil, err
			}
		}
	}
}

// next returns a connection that is ready, or what to await, or neither: where others wait
// for all that settle, who comes next is to make one.
func (r *recovering) next() (*readyConn, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.ready); n > 0 {
		c := r.ready[n-1]
		r.removeLocked(n - 1)
		return c, nil
	}
	if r.waiting < r.settling {
		r.waiting++
		return nil, r.changed
	}
	return nil, nil
}

// await waits until a connection has settled.
func (r *recovering) await(ctx context.Context, settled <-chan struct{}) error {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waiting--
	}()
	select {
	case <-settled:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a connection whose call was given up: %w", ctxerr.Of(ctx))
	}
}

func (r *recovering) removeLocked(i int) {
	r.ready[i].expiry.Stop()
	last := len(r.ready) - 1
	r.ready[i], r.ready[last] = r.ready[last], nil
	r.ready = r.ready[:last]
}

// expire closes a connection, unless it has been taken.
func (r *recovering) expire(c *readyConn) {
	r.mu.Lock()
	i := slices.Index(r.ready, c)
	if i >= 0 {
		r.removeLocked(i)
		r.settling++
	}
	r.mu.Unlock()
	if i >= 0 {
		r.shut(c.Conn)
	}
}

// close closes those that are ready, lets the others wait no longer, and waits until they are
// closed, but no longer than limit: that is for hooks.
func (r *recovering) close(limit time.Duration) {
	r.end()
	r.mu.Lock()
	ready := r.ready
	r.ready, r.settling = nil, r.settling+len(ready)
	r.mu.Unlock()
	for _, c := range ready {
		c.expiry.Stop()
		r.shut(c.Conn)
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		r.mu.Lock()
		settling, settled := r.settling, r.changed
		r.mu.Unlock()
		if settling == 0 {
			return
		}
		select {
		case <-settled:
		case <-over.C:
			return
		}
	}
}
