package pool

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Reason is why a connection was closed.
type Reason string

// The reasons why connections are closed.
const (
	ByBroken   Reason = "broken"   // it failed, or was given up by its borrower
	ByLeftover Reason = "leftover" // it came back with open rows or an open transaction
	ByLifetime Reason = "lifetime" // pool_max_lifetime or max_lifetime is over
	ByIdleTime Reason = "idletime" // pool_max_idle_time is over
	ByUses     Reason = "uses"     // pool_max_uses or max_uses is reached
	BySurplus  Reason = "surplus"  // it was above pool_max, and not needed for some time
	ByCheck    Reason = "check"    // a check found it dead
	ByHook     Reason = "hook"     // a hook did not want it
	ByReclaim  Reason = "reclaim"  // its borrower kept it too long
	ByClose    Reason = "close"    // the pool was closed
)

// Reasons are all of them, in the order of their documentation. The slice is a copy for
// users: a pool does not look at it.
var Reasons = slices.Clone(reasons[:])

var reasons = [...]Reason{ByBroken, ByLeftover, ByLifetime, ByIdleTime, ByUses, BySurplus, ByCheck, ByHook, ByReclaim, ByClose}

// Stats is what a pool did so far, and what it is at this moment. These hold
// whenever nothing is on its way between two states:
//
//	Created = Total + Closed, and Closed is the sum of ClosedBy
//	Total = Idle + Held
//	Acquires = Releases + Held = AcquireWait.Count
//	Acquires + Timeouts + Cancels + Refused = calls that passed the gate
type Stats struct {
	Created  uint64            // connections made
	Closed   uint64            // connections closed
	ClosedBy map[Reason]uint64 // the same by reason

	Acquires    uint64 // leases that began
	Releases    uint64 // leases that ended, reclaimed ones included
	AcquireWait Wait   // how long their callers waited
	Timeouts    uint64 // callers who gave up because their time was over
	Cancels     uint64 // callers who were cancelled while they waited
	Refused     uint64 // callers who got another error: of a dial, a hook, a closed pool, too many waiters; and reads that went on to another server

	Dials         uint64 // attempts to make a connection that were begun
	DialErrors    uint64 // those that failed
	DialsDropped  uint64 // those that were cancelled because nobody needed them any more
	CheckFailures uint64 // idle connections that a check found dead
	Leaks         uint64 // leases that were held longer than pool_leak_after

	Total   int // connections that are open: Idle and Held
	Idle    int // of them, ready
	Held    int // of them, with a caller
	Dialing int // being made
	Waiters int // callers who wait

	PeakTotal   int // the most that Total ever was
	PeakHeld    int
	PeakDialing int
	PeakWaiters int
}

// Wait sums up durations. The quantiles come from a histogram of fixed size:
// they are at most an eighth too long, and never longer than Max.
type Wait struct {
	Count         uint64
	Total         time.Duration
	P50, P95, P99 time.Duration
	Max           time.Duration
}

// Mean is the average, or zero of nothing.
func (w Wait) Mean() time.Duration {
	if w.Count == 0 {
		return 0
	}
	return w.Total / time.Duration(w.Count)
}

// Stats returns a snapshot of the counts. It costs less than a microsecond or
// two, so it may be taken often.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	s := p.stats
	s.ClosedBy = maps.Clone(s.ClosedBy)
	s.Total, s.Held, s.Idle = p.open, p.held, p.open-p.held
	s.Dialing, s.Waiters = p.dials.len, p.waiters.len
	p.mu.Unlock()
	s.AcquireWait = p.waits.snapshot()
	s.Acquires = s.AcquireWait.Count
	return s
}

// String is the statistics as JSON, durations in nanoseconds, which makes a Pool
// an expvar.Var:
//
//	expvar.Publish("pool", p)
func (p *Pool) String() string {
	b, err := json.Marshal(p.Stats())
	if err != nil {
		return "{}" // never: it is numbers
	}
	return string(b)
}
