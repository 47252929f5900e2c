package pool

// How connections leave a pool.

import "errors"

// removeLocked takes a connection out of the pool's counts; the caller sees to it that
// it is shut.
func (p *Pool) removeLocked(e *entry, why Reason) {
	delete(p.all, e)
	p.open--
	p.closing++
	p.stats.Closed++
	p.stats.ClosedBy[why]++
}

// discardLocked removes a connection that is not idle and has it closed in the
// background, so that nobody waits for a Close frame. Where that cannot be it returns the
// connection, which the caller shuts when it has given up the mutex.
func (p *Pool) discardLocked(e *entry, why Reason) (doomed *entry) {
	if p.state == closed { // nobody waits for goroutines any more
		p.removeLocked(e, ReasonClose)
		return e
	}
	p.removeLocked(e, why)
	if e.failed() { // its socket is closed already: that takes no time
		return e
	}
	p.background(func() { p.shut(e) })
	return nil
}

// shut really closes a connection, if there is one, and lets another take its place.
func (p *Pool) shut(e *entry) {
	if e == nil {
		return
	}
	var err error
	defer func() { p.shutDone(err) }()
	e.lent.OnRelease(nil)
	defer func() { err = e.conn.Close() }() // also when the hook panics
	if p.set.BeforeClose != nil && !e.failed() {
		p.set.BeforeClose(e.conn)
	}
}

func (p *Pool) shutDone(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing--
	if p.state == closed {
		p.closeErr = errors.Join(p.closeErr, err)
	}
	p.balanceLocked()
}
