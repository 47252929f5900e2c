package pool

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/callstack"
)

// lease is what is known of the present lease of a connection.
type lease struct {
	// out is true while a caller has the connection. Whoever makes it false ends
	// the lease: the caller who closes it, or the pool that takes it away.
	out   atomic.Bool
	bySQL bool // database/sql is the caller

	mu     sync.Mutex // only where leaks are looked for
	since  time.Time
	leaked bool
	depth  int
	stack  [maxStack]uintptr
}

func (l *lease) begin(p *Pool, bySQL bool) {
	l.bySQL = bySQL
	if p.set.LeakAfter > 0 {
		l.trace()
	}
	l.out.Store(true)
}

// release ends a lease: the connection's Close calls it. A second Close does
// nothing, unless the connection has been leased again by then.
func (p *Pool) release(e *entry, kept bool) {
	if !e.lease.out.CompareAndSwap(true, false) {
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

// giveBack is release for the one who has ended the lease.
func (p *Pool) giveBack(e *entry, kept bool) {
	fit, why := false, ByHook // also when the hook panics
	defer func() {
		p.mu.Lock()
		p.stats.Releases++
		p.unhold()
		switch {
		case fit:
			p.settle(e)
		case e.lease.bySQL && !kept:
			// Whoever closed it below database/sql may go on using it: then it must
			// be closed when Close returns.
			p.discardNow(e, why)
		default:
			p.discard(e, why)
		}
	}()
	fit, why = p.judge(e, kept)
	if why == ByBroken {
		p.suspect()
	}
}

// judge decides whether a connection that comes back may be used again.
func (p *Pool) judge(e *entry, kept bool) (fit bool, why Reason) {
	e.uses++
	switch limit := p.set.MaxUses; {
	case e.conn.Leftover():
		return false, ByLeftover
	case !e.conn.IsValid(), e.lease.bySQL && !kept:
		return false, worn(e.conn)
	case limit > 0 && e.uses >= limit:
		return false, ByUses
	case e.outlived():
		return false, ByLifetime
	case p.set.afterRelease == nil:
		return true, ""
	case !p.set.afterRelease(e.conn):
		return false, ByHook
	}
	return unspoilt(e.conn)
}

// unspoilt reports whether a connection can be used again after a hook has had it.
func unspoilt(c *surrealsql.Conn) (fit bool, why Reason) {
	switch {
	case c.Leftover():
		return false, ByLeftover
	case !c.Usable():
		return false, worn(c)
	}
	return true, ""
}

// settle gives a connection that nobody holds to the first who waits, or makes it
// idle, also where there are more than Max: see surplusStay. The caller holds the
// mutex, and settle gives it up.
func (p *Pool) settle(e *entry) {
	switch {
	case p.state == closed:
		p.discard(e, ByClose)
		return
	case p.state == serving && p.waiters.len > 0:
		p.hold()
		p.wake(e, nil)
	default:
		e.fresh = false
		e.conn.Rest() // not before: until here hooks may have used it
		e.since = time.Now()
		p.idle.pushBack(&e.place)
	}
	p.balance()
	p.mu.Unlock()
}

// putBack is settle for a connection that was idle and was looked at: it is as
// idle as before.
func (p *Pool) putBack(e *entry) {
	if p.state == closed || p.state == serving && p.waiters.len > 0 {
		p.settle(e)
		return
	}
	next := p.idle.head
	for next != nil && next.of.since.Before(e.since) {
		next = next.next
	}
	if next == nil {
		p.idle.pushBack(&e.place)
	} else {
		p.idle.insert(&e.place, next.prev, next)
	}
	p.balance()
	p.mu.Unlock()
}
