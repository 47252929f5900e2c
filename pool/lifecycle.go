package pool

// How a pool is paused, drained and closed, with its replicas.

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
)

// Pause lets callers wait, whatever is idle, until Resume: while the server is
// being moved, for example. Leases that began go on, waiting callers still give
// up in time, and no connection is made. A pool that drains or is closed does not
// pause.
//
// The replicas pause with it: whoever reads waits as well. To take a replica alone
// out of service pause its pool ([Pool.Replicas]): reads then go elsewhere, those too
// that wait for it already.
func (p *Pool) Pause() { p.pauseAll(true) }

// Resume ends Pause: waiting callers are served. A replica that was paused alone
// stays so until its own Resume, and one whose writer is paused until that one's.
func (p *Pool) Resume() { p.pauseAll(false) }

// pauseAll keeps the pool and its replicas together: where Pause and Resume are
// called at a time, all do what the later one says.
func (p *Pool) pauseAll(on bool) {
	p.routes.pausing.Lock()
	defer p.routes.pausing.Unlock()
	if p.routes.replica {
		p.pause(alone, on)
		return
	}
	p.pause(together, on)
	for _, r := range p.routes.replicas {
		r.pause(together, on)
	}
}

func (p *Pool) pause(why pauses, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on {
		p.pauses |= why
	} else {
		p.pauses &^= why
	}
	if p.state >= draining {
		return
	}
	p.state = serving
	if p.pauses != 0 {
		p.state = paused
	}
	if p.pausedAloneLocked() {
		p.waiters.failOver(errPaused)
	}
	p.serveWaitersLocked()
	p.balanceLocked()
}

// serveWaitersLocked gives what is idle to those who wait, if they need wait no more.
func (p *Pool) serveWaitersLocked() {
	for p.state == serving && p.waiters.Len() > 0 {
		e := p.pickLocked()
		if e == nil {
			break
		}
		p.holdLocked()
		p.waiters.serveFirst(e)
	}
}

// Drain ends a pool in good order: new callers and those who wait get ErrClosed,
// what is held may go on until ctx ends, and then the pool is closed. Its replicas
// are drained at the same time. The error says how many connections had to be taken
// away from their borrowers, or is nil. Those borrowers get ErrClosed from then on,
// except from a Rollback: the server has dropped the transaction, so it is no error.
func (p *Pool) Drain(ctx context.Context) (drained error) {
	returned := p.beginDrain()
	if err := p.drainReplicas(ctx); err != nil {
		defer func() { drained = errors.Join(drained, err) }()
	}
	select {
	case <-returned:
		return p.Close()
	case <-p.ctx.Done(): // closed meanwhile
		return nil
	case <-ctx.Done():
	}
	p.takes.Store(true) // of leases that begin from here on
	taken := 0
	for _, e := range p.entries() {
		if number := e.lease.out.Load(); number != 0 && p.takeAway(e, number, ReasonClose, errTaken) {
			taken++
		}
	}
	err := p.Close()
	if taken > 0 {
		err = fmt.Errorf("pool: drain: %d connections were held to the end and taken away: %w",
			taken, ctxerr.Of(ctx))
	}
	return err
}

// beginDrain returns a channel that is closed when nothing is held.
func (p *Pool) beginDrain() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state < draining {
		p.state = draining
	}
	p.endServing(errClosed)
	p.waiters.failAll(errClosed)
	p.balanceLocked()
	if p.held == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if p.returned == nil {
		p.returned = make(chan struct{})
	}
	return p.returned
}

// Close closes the pool at once: callers who wait get ErrClosed, dials are
// cancelled, idle connections closed. What is held goes on, and is closed when it
// is given back. Close returns when nothing else of the pool is left; a second
// Close does nothing. Its *sql.DBs and its replicas are closed as well. The error is
// that of connections whose Close frame could not be sent within close_timeout; they
// are closed all the same.
//
// A hook, a logger or a tracer may call it. On a goroutine of the pool's, where
// connections are made and closed, Close cannot wait for what calls it: there it returns
// before all is closed, without an error.
func (p *Pool) Close() error {
	if !p.beginClose() {
		return nil
	}
	p.stop()
	if onOwnGoroutine() {
		go func() { _ = p.finish() }()
		return nil
	}
	return p.finish()
}

// beginClose ends whatever of the pool is under way, and reports whether it is the
// first to do so.
func (p *Pool) beginClose() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == closed {
		return false
	}
	p.state = closed
	p.endServing(errClosed)
	p.waiters.failAll(errClosed)
	for p.idle.Len() > 0 {
		e := p.pickLocked()
		p.removeLocked(e, ReasonClose)
		p.background(func() { p.shut(e) })
	}
	for d := range p.dials.All() {
		d.cancel()
	}
	p.backoff.stop()
	if p.warm != nil {
		close(p.warm)
		p.warm = nil
	}
	return true
}

// finish waits for the goroutines of the pool, and closes what is around it.
func (p *Pool) finish() error {
	p.work.Wait()
	_ = p.source.Close() // it has no error
	p.mu.Lock()
	err := p.closeErr
	p.mu.Unlock()
	return errors.Join(err, p.db.Close(), p.closeRoutes())
}

// each calls f for all replicas at once, and returns what it returned. What must not wait
// for the goroutine of the caller does not do so there either.
func (r *routes) each(f func(*Pool) error) []error {
	errs := make([]error, len(r.replicas))
	run := func(f func()) { f() }
	if len(r.replicas) > 0 && onOwnGoroutine() {
		run = ownGoroutine
	}
	var all sync.WaitGroup
	for i, replica := range r.replicas {
		all.Go(func() { run(func() { errs[i] = f(replica) }) })
	}
	all.Wait()
	return errs
}

// drainReplicas drains them while the pool itself drains.
func (p *Pool) drainReplicas(ctx context.Context) error {
	return errors.Join(p.routes.each(func(r *Pool) error { return r.Drain(ctx) })...)
}

// closeRoutes closes the replicas, and the *sql.DB over them.
func (p *Pool) closeRoutes() error {
	errs := p.routes.each((*Pool).Close)
	return errors.Join(append(errs, p.routes.routed().Close())...)
}
