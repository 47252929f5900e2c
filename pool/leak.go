package pool

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"
)

// maxStack is how many frames of a borrower's stack are kept.
const maxStack = 32

// Leak is a lease that lasts longer than pool_leak_after.
type Leak struct {
	Since time.Time     // it was leased
	Held  time.Duration // so far
	Stack string        // of the caller who leased it: a function and its place, line by line
}

// trace notes when and by whom the connection was leased. Only addresses are
// noted, because they become text for very few leases.
func (l *lease) trace() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.leaked = time.Now(), false
	l.depth = runtime.Callers(4, l.stack[:]) // without Callers, trace, begin and acquire
}

// leak returns the lease as a Leak if it has lasted for so long.
func (l *lease) leak(now time.Time, after time.Duration) (Leak, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := now.Sub(l.since)
	if !l.out.Load() || held < after {
		return Leak{}, false
	}
	return Leak{Since: l.since, Held: held, Stack: text(l.stack[:l.depth])}, true
}

// first reports whether a leak is seen for the first time.
func (l *lease) first() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.leaked
	l.leaked = true
	return first
}

// text writes a stack as panics do.
func text(stack []uintptr) string {
	var b strings.Builder
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return b.String()
		}
	}
}

// Leaks lists the connections that are held longer than pool_leak_after, the
// longest held first. It is empty where that is off, and does not hold those that
// pool_reclaim has taken away.
func (p *Pool) Leaks() []Leak {
	var leaks []Leak
	p.eachLeak(time.Now(), func(_ *entry, l Leak) { leaks = append(leaks, l) })
	slices.SortFunc(leaks, func(a, b Leak) int { return a.Since.Compare(b.Since) })
	return leaks
}

func (p *Pool) eachLeak(now time.Time, f func(*entry, Leak)) {
	if p.set.LeakAfter <= 0 {
		return
	}
	for _, e := range p.entries() {
		if l, ok := e.lease.leak(now, p.set.LeakAfter); ok {
			f(e, l)
		}
	}
}

// entries lists all connections.
func (p *Pool) entries() []*entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*entry, 0, len(p.all))
	for e := range p.all {
		list = append(list, e)
	}
	return list
}

// findLeaks logs and counts the leaks that are new, and takes their connections
// away where that is wanted.
func (p *Pool) findLeaks(now time.Time) {
	p.eachLeak(now, func(e *entry, l Leak) {
		if !e.lease.first() {
			return
		}
		p.mu.Lock()
		p.stats.Leaks++
		p.mu.Unlock()
		p.log(slog.LevelWarn, "a connection is held for long", slog.Duration("held", l.Held),
			slog.Bool("reclaimed", p.set.Reclaim), slog.String("stack", l.Stack))
		if p.set.Reclaim {
			p.takeAway(e, ByReclaim, fmt.Errorf("pool: it was held for %s, and pool_leak_after is %s: the pool has taken it away, as pool_reclaim says",
				l.Held.Round(time.Millisecond), p.set.LeakAfter))
		}
	})
}

// takeAway ends a lease against the will of its borrower, who gets an error at
// the next use of the connection: cause, or what the driver makes of it.
func (p *Pool) takeAway(e *entry, why Reason, cause error) {
	if !e.lease.out.CompareAndSwap(true, false) {
		return // given back in this very moment
	}
	e.conn.Revoke(cause)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Releases++
	p.unhold()
	p.expel(e, why)
	p.closing--
	p.balance()
}
