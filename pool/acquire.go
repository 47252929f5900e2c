package pool

// How a caller gets a connection: past the gate, from the idle ones or by waiting, reset
// and shown to the hook.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// Acquire leases a connection; its Close gives it back, once. It must not be used
// after that. Callers are served in the order of their arrival.
//
// The error is ErrClosed, ErrTooManyWaiters, an *AcquireTimeoutError, an error of
// a dial when there is nothing to wait for, that of a hook or of the gate, or
// matches the error of ctx.
func (p *Pool) Acquire(ctx context.Context) (*surrealsql.Conn, error) {
	a := acquisition{pool: p, ctx: ctx}
	return a.acquire()
}

// acquisition is one caller's way to a connection. It may lead through several that turn
// out to be dead; the caller does not lose its place in the queue by that.
type acquisition struct {
	pool        *Pool
	ctx         context.Context
	bySQL       bool      // the caller is database/sql
	canFailOver bool      // it can be served elsewhere, and does not wait for a degraded pool
	begun       time.Time // zero until it has to wait or found a dead one
	waited      time.Duration
}

func (a *acquisition) acquire() (*surrealsql.Conn, error) {
	tracer := a.pool.tracer
	if tracer == nil {
		return a.acquireUntold()
	}
	a.ctx = tracer.AcquireStart(a.ctx, surrealsql.AcquireStart{})
	end := surrealsql.AcquireEnd{Err: errUntold}
	var conn *surrealsql.Conn
	told := false
	defer func() {
		if !told && conn != nil {
			_ = conn.Close() // the tracer has panicked: nobody gets it
		}
	}()
	defer func() { tracer.AcquireEnd(a.ctx, end); told = true }() // also where a hook panics
	conn, err := a.acquireUntold()
	if end.Err = err; err == nil {
		end.Conn, end.Addr = lending.Of(conn).Told()
	}
	end.Waited = a.waited
	return conn, err
}

// errUntold is what a tracer is told of where a hook has panicked, or ended its goroutine.
var errUntold = errors.New("pool: acquire: a hook did not return")

func (a *acquisition) acquireUntold() (*surrealsql.Conn, error) {
	p := a.pool
	if err := p.passGate(a.ctx); err != nil {
		return nil, p.orClosed(err)
	}
	if err := p.breakerRefuses(); err != nil {
		a.countFailure(err)
		return nil, p.orClosed(err)
	}
	for {
		e, err := a.take()
		if err == nil {
			var ready bool
			if ready, err = a.ready(e); ready {
				e.lease.begin(a.bySQL, p.set.LeakAfter > 0)
				p.waits.add(a.waited)
				if p.takes.Load() && p.takeAway(e, e.lease.number, ReasonClose, errTaken) {
					return nil, errClosed
				}
				return e.conn, nil
			}
		}
		if err != nil {
			a.countFailure(err)
			return nil, hideBadConn(err)
		}
	}
}

// orClosed is an error of what stands before the pool, and ErrClosed where nobody is served
// any more.
func (p *Pool) orClosed(err error) error {
	if p.refuses() && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("%w (%w)", errClosed, err)
	}
	return err
}

// passGate lets go of those who wait in the gate when the pool serves no more.
func (p *Pool) passGate(ctx context.Context) error {
	if p.set.Gate == nil {
		return nil
	}
	if p.refuses() {
		return errClosed
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.serving, func() { cancel(context.Cause(p.serving)) })()
	return p.set.Gate(ctx)
}

func (a *acquisition) countFailure(err error) {
	p := a.pool
	// Errors and contexts are anybody's code, which does not run under the mutex.
	_, timeout := errors.AsType[*AcquireTimeoutError](err)
	cancelled := a.ctx.Err() != nil
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

// take returns a connection that is held from then on.
func (a *acquisition) take() (*entry, error) {
	switch ended := a.ctx.Err() != nil; {
	case !ended && !a.overdue():
	case a.pool.refuses():
		return nil, errClosed
	case ended:
		return nil, a.contextError(a.waited)
	default: // a reset has taken all the time: another one would cost a connection, too
		a.waited = time.Since(a.begun)
		return nil, a.timeout(a.waited)
	}
	e, w, err := a.takeOrJoin()
	if w == nil {
		return e, err
	}
	return a.wait(w)
}

// overdue reports whether acquire_timeout is over.
func (a *acquisition) overdue() bool {
	limit := a.pool.set.AcquireTimeout
	return limit > 0 && !a.begun.IsZero() && time.Since(a.begun) >= limit
}

// takeOrJoin takes an idle connection, or joins the queue: then it returns the waiter.
func (a *acquisition) takeOrJoin() (*entry, *waiter, error) {
	p := a.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state >= draining {
		return nil, nil, errClosed
	}
	again := !a.begun.IsZero()
	if p.state == serving && (again || p.waiters.Len() == 0) {
		if e := p.pickLocked(); e != nil {
			p.holdLocked()
			if p.set.MinIdle > 0 {
				p.balanceLocked()
			}
			return e, nil, nil
		}
	}
	if a.canFailOver && (p.failingLocked() || p.pausedAloneLocked()) {
		return nil, nil, errDegraded
	}
	if limit := p.set.MaxWaiters; limit > 0 && !again && p.waiters.Len() >= limit {
		return nil, nil, p.tooManyWaitersLocked()
	}
	if !again {
		a.begun = time.Now()
	}
	w := p.waiters.join(a.ctx, a.canFailOver, again)
	p.need.note(p.held + p.waiters.Len())
	p.recordPeaksLocked()
	p.balanceLocked()
	return nil, w, nil
}

// tooManyWaitersLocked is ErrTooManyWaiters with the numbers.
func (p *Pool) tooManyWaitersLocked() error {
	return fmt.Errorf("%w: %d, and pool_max_waiters is %d; "+
		"of at most %d connections (%s) %d are held, %d are being made and %d closed",
		ErrTooManyWaiters, p.waiters.Len(), p.set.MaxWaiters, p.set.Burst, p.set.mostKey(), p.held, p.dials.Len(), p.closing)
}

// wait waits for a connection, an error, the time to be over, or the context.
func (a *acquisition) wait(w *waiter) (*entry, error) {
	var over <-chan time.Time
	if limit := a.pool.set.AcquireTimeout; limit > 0 {
		left := time.Until(a.begun.Add(limit))
		if w.timer == nil {
			w.timer = time.NewTimer(left)
		} else {
			w.timer.Reset(left)
		}
		over = w.timer.C
	}
	isReady := false
	select {
	case <-w.ready:
		isReady = true
	case <-over:
	case <-a.ctx.Done():
	}
	a.waited = time.Since(a.begun)
	if over != nil {
		w.timer.Stop() // before anybody else may use w
	}
	if isReady {
		return a.served(w)
	}
	a.giveUp(w)
	if a.ctx.Err() != nil {
		return nil, a.contextError(a.waited)
	}
	return nil, a.timeout(a.waited)
}

// served takes what the waiter was given.
func (a *acquisition) served(w *waiter) (*entry, error) {
	p := a.pool
	e, err := w.e, w.err
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters.recycle(w)
	return e, err
}

// giveUp takes the waiter out of the queue. A connection that it was given in
// this very moment goes to the next one.
func (a *acquisition) giveUp(w *waiter) {
	p := a.pool
	p.mu.Lock()
	e := p.waiters.leave(w)
	p.balanceLocked()
	p.mu.Unlock()
	if e != nil {
		p.takeBack(e, "")
	}
}

// ready prepares a connection for its lease and asks the hook. Where it returns
// false without an error the caller needs another one.
func (a *acquisition) ready(e *entry) (ok bool, err error) {
	p := a.pool
	why := ReasonBroken
	defer func() {
		switch {
		case ok && err == nil:
		case ok: // the hook refused the caller, not the connection
			p.takeBack(e, e.spoilt())
		default: // also when the hook panics
			p.takeBack(e, why)
			a.beginWait()
		}
		ok = ok && err == nil
	}()
	if !e.fresh && e.outlived() { // a new one serves who waited for it, or dials would never end
		why = ReasonLifetime
		return false, nil
	}
	if !a.reset(e) {
		why = cmp.Or(reasonOf(e.lent.Unfit()), ReasonBroken)
		return false, nil
	}
	if hook := p.set.BeforeAcquire; hook != nil {
		why = ReasonHook
		if ok, err = hook(a.ctx, e.conn); ok && err == nil && e.lent.Leftover() {
			// What the caller writes would be lost with it.
			why = ReasonLeftover
			return false, errLeftOpen
		}
		return ok, err
	}
	return true, nil
}

// beginWait notes since when the caller waits: from here on, if it goes on with another
// connection, it does so before those who came later.
func (a *acquisition) beginWait() {
	if a.begun.IsZero() {
		a.begun = time.Now()
	}
}

// reset brings the session back to its beginning. What costs no round trip needs
// no bound; for what does, the caller waits.
func (a *acquisition) reset(e *entry) bool {
	if e.fresh {
		e.fresh = false
		return true
	}
	ctx := a.ctx
	if e.lent.Clean() {
		return e.conn.ResetSession(ctx) == nil
	}
	a.beginWait()
	defer func() { a.waited = time.Since(a.begun) }()
	if limit := a.pool.set.AcquireTimeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, a.begun.Add(limit))
		defer cancel()
	}
	return e.conn.ResetSession(ctx) == nil
}

// contextError is the error of a caller whose context ended.
func (a *acquisition) contextError(waited time.Duration) error {
	if errors.Is(a.ctx.Err(), context.DeadlineExceeded) {
		return a.timeout(waited)
	}
	return fmt.Errorf("pool: cancelled after waiting %s for a connection: %w",
		waited.Round(time.Microsecond), ctxerr.Of(a.ctx))
}

func (a *acquisition) timeout(waited time.Duration) error {
	p := a.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	return &AcquireTimeoutError{
		Waited: waited, Held: p.held, Connecting: p.dials.Len(), Waiting: p.waiters.Len(), Max: p.set.Burst,
		ConnectError: p.backoff.err,
	}
}
