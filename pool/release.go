package pool

// How connections come back: to whoever waits, or to the idle ones.

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/callstack"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// release ends a lease: the connection's Close calls it. A second Close does
// nothing, unless the connection has been leased again by then. kept says that
// database/sql found it good.
func (p *Pool) release(e *entry, kept bool) {
	if !e.lease.end() {
		return
	}
	if e.lease.bySQL && !kept && callstack.Holds(callstack.OpenNewConnection) {
		// Nobody has used it, so it was not given up; and hooks must not run under
		// the mutex of the sql.DB.
		go p.giveBack(e, true)
		return
	}
	p.giveBack(e, kept)
}

// giveBack is release for the one who has ended the lease. A connection on which a call was
// given up is not back before its server has stopped that: it counts as leased until then.
func (p *Pool) giveBack(e *entry, kept bool) {
	unfit := e.lent.End()
	if unfit == lending.Fit && e.lent.Settling() {
		p.settle(e, kept)
		return
	}
	why := ReasonHook // also when the hook panics
	defer func() { p.shut(p.leaseEnded(e, kept, why)) }()
	why = p.reusable(e, kept, unfit)
	if why == ReasonBroken {
		p.requestCheck()
	}
}

// settle gives a connection back when the server has stopped what was given up on it. Nobody
// waits for that where the pool is closed.
func (p *Pool) settle(e *entry, kept bool) {
	settle := func() {
		e.lent.Settle(p.ctx)
		p.giveBack(e, kept)
	}
	p.mu.Lock()
	over := p.state == closed
	if !over {
		p.background(settle)
	}
	p.mu.Unlock()
	if over {
		settle()
	}
}

// reusable is why a connection that comes back cannot be used again, or "".
func (p *Pool) reusable(e *entry, kept bool, unfit lending.Unfit) (why Reason) {
	e.uses++
	switch limit := p.set.MaxUses; {
	case unfit != lending.Fit:
		return reasonOf(unfit)
	case e.lease.bySQL && !kept: // its borrower has given it up
		return ReasonBroken
	case limit > 0 && e.uses >= limit:
		return ReasonUses
	case e.outlived():
		return ReasonLifetime
	case p.set.AfterRelease == nil:
		return ""
	case !p.set.AfterRelease(e.conn):
		return ReasonHook
	}
	return e.spoilt()
}

// leaseEnded counts the end of a lease and hands the connection over, or discards it if
// there is a reason why. The caller shuts what it returns.
func (p *Pool) leaseEnded(e *entry, kept bool, why Reason) (doomed *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Releases++
	p.unholdLocked()
	switch {
	case why == "":
		return p.handOverLocked(e)
	case e.lease.bySQL && !kept && (why == ReasonBroken || why == ReasonLeftover):
		// Whoever closed it below database/sql may go on using it: then it must
		// be closed when Close returns.
		p.removeLocked(e, why)
		return e
	}
	return p.discardLocked(e, why)
}

// takeBack is giveBack for a connection whose lease has not begun.
func (p *Pool) takeBack(e *entry, why Reason) {
	p.mu.Lock()
	p.unholdLocked()
	var doomed *entry
	if why == "" {
		doomed = p.handOverLocked(e)
	} else {
		doomed = p.discardLocked(e, why)
	}
	p.mu.Unlock()
	p.shut(doomed)
}

// handOverLocked gives a connection that nobody holds to the first who waits, or makes
// it idle, also where there are more than Max: see surplusStay. The caller shuts what
// it returns.
func (p *Pool) handOverLocked(e *entry) (doomed *entry) {
	switch {
	case p.state == closed:
		return p.discardLocked(e, ReasonClose)
	case p.state == serving && p.waiters.Len() > 0:
		p.holdLocked()
		p.waiters.serveFirst(e)
	default:
		e.fresh = false
		e.lent.StartIdling() // not before: until here hooks may have used it
		e.since = time.Now()
		p.idle.PushBack(&e.node)
	}
	p.balanceLocked()
	return nil
}

// putBackLocked is handOverLocked for a connection that was idle and was looked at: it
// is as idle as before.
func (p *Pool) putBackLocked(e *entry) (doomed *entry) {
	if p.state == closed || p.state == serving && p.waiters.Len() > 0 {
		return p.handOverLocked(e)
	}
	next := p.idle.Front()
	for next != nil && next.Of.since.Before(e.since) {
		next = next.Next()
	}
	p.idle.InsertBefore(&e.node, next)
	p.balanceLocked()
	return nil
}
