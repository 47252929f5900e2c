package pool

import (
	"context"
	"errors"
	"fmt"
)

// Pause lets callers wait, whatever is idle, until Resume: while the server is
// being moved, for example. Leases that began go on, waiting callers still give
// up in time, and no connection is made. A pool that drains or is closed does not
// pause.
func (p *Pool) Pause() { p.turnTo(serving, paused) }

// Resume ends Pause: waiting callers are served.
func (p *Pool) Resume() { p.turnTo(paused, serving) }

func (p *Pool) turnTo(from, to lifecycle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != from {
		return
	}
	p.state = to
	for p.state == serving && p.waiters.len > 0 {
		e := p.pick()
		if e == nil {
			break
		}
		p.hold()
		p.wake(e, nil)
	}
	p.balance()
}

// Drain ends a pool in good order: new callers and those who wait get ErrClosed,
// what is held may go on until ctx ends, and then the pool is closed. The error
// says how many connections had to be taken away from their borrowers, or is nil.
func (p *Pool) Drain(ctx context.Context) error {
	quiet := p.beginDrain()
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
			p.takeAway(e, ByClose)
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
	p.wakeAll(ErrClosed)
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
// Close does nothing. The *sql.DB is closed as well. The error is that of connections
// which could not say goodbye within close_timeout; they are closed all the same.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.state == closed {
		p.mu.Unlock()
		return nil
	}
	p.state = closed
	p.wakeAll(ErrClosed)
	for p.idle.len > 0 {
		e := p.pick()
		p.expel(e, ByClose)
		p.work.Go(func() { p.shut(e) })
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
	p.work.Wait()
	_ = p.source.Close() // it has no error
	p.mu.Lock()
	err := p.closeErr
	p.mu.Unlock()
	return errors.Join(err, p.db.Close())
}
