package pool

import (
	"context"
	"errors"
	"fmt"
)

// pauses are the reasons why a pool is paused.
type pauses uint8

const (
	together pauses = 1 << iota // with its replicas, or as one
	alone                       // a replica by itself
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
	if p.pausedAlone() {
		p.wakeMobile(errPaused)
	}
	p.serveWaiters()
	p.balance()
}

// pausedAlone reports whether reads had better go elsewhere: where all are paused they
// wait in their turn.
func (p *Pool) pausedAlone() bool { return p.pauses&alone != 0 }

// errPaused is why a mobile caller goes on; nobody else sees it.
var errPaused = fmt.Errorf("%w: paused", errUnwell)

// serveWaiters gives what is idle to those who wait, if they need wait no more.
func (p *Pool) serveWaiters() {
	for p.state == serving && p.waiters.len > 0 {
		e := p.pick()
		if e == nil {
			break
		}
		p.hold()
		p.wake(e, nil)
	}
}

// Drain ends a pool in good order: new callers and those who wait get ErrClosed,
// what is held may go on until ctx ends, and then the pool is closed. Its replicas
// are drained at the same time. The error says how many connections had to be taken
// away from their borrowers, or is nil. Those borrowers get ErrClosed from then on,
// except from a Rollback: the server has dropped the transaction, so it is no error.
func (p *Pool) Drain(ctx context.Context) (drained error) {
	quiet := p.beginDrain()
	if err := p.drainReplicas(ctx); err != nil {
		defer func() { drained = errors.Join(drained, err) }()
	}
	select {
	case <-quiet:
		return p.Close()
	case <-p.ctx.Done(): // closed meanwhile
		return nil
	case <-ctx.Done():
	}
	taken := 0
	for _, e := range p.entries() {
		if e.lease.out.Load() {
			p.takeAway(e, ByClose, errTaken)
			taken++
		}
	}
	err := p.Close()
	if taken > 0 {
		err = fmt.Errorf("pool: drain: %d connections were held to the end and taken away: %w", taken, context.Cause(ctx))
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
	p.retire(errClosed)
	p.wakeAll(errClosed)
	p.balance()
	if p.held == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if p.quiet == nil {
		p.quiet = make(chan struct{})
	}
	return p.quiet
}

// Close closes the pool at once: callers who wait get ErrClosed, dials are
// cancelled, idle connections closed. What is held goes on, and is closed when it
// is given back. Close returns when nothing else of the pool is left; a second
// Close does nothing. Its *sql.DBs and its replicas are closed as well. The error is
// that of connections which could not say goodbye within close_timeout; they are
// closed all the same.
//
// A hook, a logger or a tracer may call it. On a goroutine of the pool's, where dials
// and goodbyes are made, Close cannot wait for what calls it: there it returns before
// all is closed, without an error.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.state == closed {
		p.mu.Unlock()
		return nil
	}
	p.state = closed
	p.retire(errClosed)
	p.wakeAll(errClosed)
	for p.idle.len > 0 {
		e := p.pick()
		p.expel(e, ByClose)
		p.background(func() { p.shut(e) })
	}
	for l := p.dials.head; l != nil; l = l.next {
		l.of.cancel()
	}
	p.backoff.stop()
	if p.warm != nil {
		close(p.warm)
		p.warm = nil
	}
	p.mu.Unlock()
	p.stop()
	if onOwnGoroutine() {
		go func() { _ = p.finish() }()
		return nil
	}
	return p.finish()
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
