package pool

// What a pool counts: see [Pool.Stats].

import (
	"slices"
	"time"
)

// Reason is why a connection was closed.
type Reason string

// The reasons why connections are closed.
const (
	ReasonBroken   Reason = "broken"   // it failed, or was given up by its borrower
	ReasonLeftover Reason = "leftover" // it came back with open rows or an open transaction
	ReasonLifetime Reason = "lifetime" // pool_max_lifetime or max_lifetime is over
	ReasonIdleTime Reason = "idletime" // pool_max_idle_time is over
	ReasonUses     Reason = "uses"     // pool_max_uses or max_uses is reached
	ReasonMoved    Reason = "moved"    // one of several hosts is back, and gets one in its place
	ReasonSurplus  Reason = "surplus"  // it was above pool_max, and not needed for some time
	ReasonCheck    Reason = "check"    // a check found it dead
	ReasonHook     Reason = "hook"     // a hook did not want it
	ReasonReclaim  Reason = "reclaim"  // its borrower kept it too long
	ReasonClose    Reason = "close"    // the pool was closed
)

// Reasons are all of them, in the order of their documentation. The slice is a copy for
// users: a pool does not look at it.
var Reasons = slices.Clone(reasons[:])

var reasons = [...]Reason{
	ReasonBroken, ReasonLeftover, ReasonLifetime, ReasonIdleTime, ReasonUses,
	ReasonMoved, ReasonSurplus, ReasonCheck, ReasonHook, ReasonReclaim, ReasonClose,
}

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
	// Refused are callers who got another error: of a dial, the breaker, a hook, a closed
	// pool, too many waiters; and reads that went on to another server.
	Refused uint64

	Connects        uint64 // attempts to make a connection that were begun
	ConnectErrors   uint64 // those that failed
	ConnectsDropped uint64 // those that were cancelled because nobody needed them any more
	CheckFailures   uint64 // idle connections that a check found dead
	Leaks           uint64 // leases that were held longer than pool_leak_after
	LongTxs         uint64 // transactions that were open longer than that

	Total      int // connections that are open: Idle and Held
	Idle       int // of them, ready
	Held       int // of them, with a caller
	Connecting int // being made
	Waiters    int // callers who wait

	PeakTotal      int // the most that Total ever was
	PeakHeld       int
	PeakConnecting int
	PeakWaiters    int
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
