package pool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Acquire leases a connection; its Close gives it back, once. It must not be used
// after that. Callers are served in the order of their arrival.
//
// The error is ErrClosed, ErrTooManyWaiters, an *AcquireTimeoutError, an error of
// a dial when there is nothing to wait for, that of a hook or of the gate, or
// matches the error of ctx.
func (p *Pool) Acquire(ctx context.Context) (*surrealsql.Conn, error) {
	t := turn{pool: p, ctx: ctx}
	return t.acquire()
}

func (t *turn) acquire() (*surrealsql.Conn, error) {
	p := t.pool
	if p.gate != nil {
		if p.refuses() {
			return nil, errClosed
		}
		if err := p.gate(t.ctx); err != nil {
			if p.refuses() && !errors.Is(err, ErrClosed) {
				err = fmt.Errorf("%w (%w)", errClosed, err)
			}
			return nil, err
		}
	}
	for {
		e, err := t.take()
		if err == nil {
			var ready bool
			if ready, err = t.ready(e); ready {
				e.lease.begin(p, t.bySQL)
				p.waits.add(t.waited)
				return e.conn, nil
			}
		}
		if err != nil {
			t.countFailure(err)
			return nil, final(err)
		}
	}
}

func (t *turn) countFailure(err error) {
	p := t.pool
	// Errors and contexts are anybody's code, which does not run under the mutex.
	_, timeout := errors.AsType[*AcquireTimeoutError](err)
	cancelled := t.ctx.Err() != nil
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case timeout:
		p.stats.Timeouts++
	case cancelled:
		p.stats.Cancels++
	default:
		p.stats.Refused++
	}
}

// turn is one caller's way to a connection. It may lead through several that turn
// out to be dead; the caller does not lose its place by that.
type turn struct {
	pool   *Pool
	ctx    context.Context
	bySQL  bool      // the caller is database/sql
	mobile bool      // it can be served elsewhere, and does not wait for an unwell pool
	begun  time.Time // zero until it has to wait or found a dead one
	waited time.Duration
}

// take returns a connection that is held from then on.
func (t *turn) take() (*entry, error) {
	p := t.pool
	if err := t.ctx.Err(); err != nil {
		if p.refuses() {
			return nil, errClosed
		}
		return nil, t.ended(0)
	}
	p.mu.Lock()
	if p.state >= draining {
		p.mu.Unlock()
		return nil, errClosed
	}
	again := !t.begun.IsZero()
	if p.state == serving && (again || p.waiters.len == 0) {
		if e := p.pick(); e != nil {
			p.hold()
			if p.set.MinIdle > 0 {
				p.balance()
			}
			p.mu.Unlock()
			return e, nil
		}
	}
	if t.mobile && (p.failing() || p.pausedAlone()) {
		p.mu.Unlock()
		return nil, errUnwell
	}
	if limit := p.set.MaxWaiters; limit > 0 && !again && p.waiters.len >= limit {
		err := p.tooManyWaiters()
		p.mu.Unlock()
		return nil, err
	}
	if !again {
		t.begun = time.Now()
	}
	w := p.join(t, again)
	p.mu.Unlock()
	return t.wait(w)
}

// refuses reports whether the pool is closed, or drains.
func (p *Pool) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state >= draining
}

// hold counts a connection that a caller gets.
func (p *Pool) hold() {
	p.held++
	p.need.note(p.held)
	p.peak()
}

// unhold counts one that a caller has no more.
func (p *Pool) unhold() {
	p.held--
	if p.held == 0 && p.quiet != nil {
		close(p.quiet)
		p.quiet = nil
	}
}

// pick takes an idle connection out of the list, or returns nil if there is none.
func (p *Pool) pick() *entry {
	l := p.idle.tail
	if p.set.Order == FIFO {
		l = p.idle.head
	}
	if l == nil {
		return nil
	}
	p.idle.remove(l)
	return l.of
}

// ready prepares a connection for its lease and asks the hook. Where it returns
// false without an error the caller needs another one.
func (t *turn) ready(e *entry) (ok bool, err error) {
	p := t.pool
	why := ByBroken
	defer func() {
		switch {
		case ok && err == nil:
		case ok: // the hook refused the caller, not the connection
			fit, why := unspoilt(e.conn)
			p.mu.Lock()
			p.unhold()
			if fit {
				p.settle(e)
			} else {
				p.discard(e, why)
			}
		default: // also when the hook panics
			p.mu.Lock()
			p.unhold()
			p.discard(e, why)
			t.again()
		}
		ok = ok && err == nil
	}()
	if e.outlived() {
		why = ByLifetime
		return false, nil
	}
	if !t.reset(e) {
		why = worn(e.conn)
		return false, nil
	}
	if hook := p.set.beforeAcquire; hook != nil {
		why = ByHook
		if ok, err = hook(t.ctx, e.conn); ok && err == nil && e.conn.Leftover() {
			// What the caller writes would be lost with it.
			why = ByLeftover
			return false, errLeftOpen
		}
		return ok, err
	}
	return true, nil
}

var errLeftOpen = errors.New("pool: the BeforeAcquire hook left a transaction or rows open: expected it to end them before it returns")

// again notes that the caller goes on with another connection, in its old place.
func (t *turn) again() {
	if t.begun.IsZero() {
		t.begun = time.Now()
	}
}

// reset brings the session back to its beginning. What costs no round trip needs
// no bound.
func (t *turn) reset(e *entry) bool {
	if e.fresh {
		e.fresh = false
		return true
	}
	ctx := t.ctx
	if limit := t.pool.set.AcquireTimeout; limit > 0 && !e.conn.Clean() {
		t.again()
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, t.begun.Add(limit))
		defer cancel()
	}
	return e.conn.ResetSession(ctx) == nil
}

// ended is the error of a caller whose context ended.
func (t *turn) ended(waited time.Duration) error {
	if errors.Is(t.ctx.Err(), context.DeadlineExceeded) {
		return t.timeout(waited)
	}
	err := t.ctx.Err()
	if cause := context.Cause(t.ctx); cause != err {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return fmt.Errorf("pool: cancelled after waiting %s for a connection: %w", waited.Round(time.Microsecond), err)
}

func (t *turn) timeout(waited time.Duration) error {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	return &AcquireTimeoutError{
		Waited: waited, Held: p.held, Dialing: p.dials.len, Waiting: p.waiters.len, Max: p.set.Burst,
		DialError: p.backoff.err,
	}
}
