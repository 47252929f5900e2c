package pool

// What is done about connections that are held for too long.

import (
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Leaks lists the connections that are held longer than pool_leak_after, the
// longest held first. It is empty where that is off, and does not hold those that
// pool_reclaim has taken away.
func (p *Pool) Leaks() []Leak {
	var leaks []Leak
	p.eachLeak(time.Now(), func(_ *entry, _ uint64, l Leak) { leaks = append(leaks, l) })
	slices.SortFunc(leaks, func(a, b Leak) int { return a.Since.Compare(b.Since) })
	return leaks
}

func (p *Pool) eachLeak(now time.Time, f func(e *entry, number uint64, l Leak)) {
	if p.set.LeakAfter <= 0 {
		return
	}
	for _, e := range p.entries() {
		if l, number := e.lease.leak(now, p.set.LeakAfter); number != 0 {
			l.TxSince = e.lent.TxSince()
			f(e, number, l)
		}
	}
}

// findLeaks logs and counts the leaks that are new, and takes their connections
// away where that is wanted. A lease that was told of is told of again for each
// transaction that stays open for as long on it.
func (p *Pool) findLeaks(now time.Time) {
	p.eachLeak(now, func(e *entry, number uint64, l Leak) {
		longTx := !l.TxSince.IsZero() && now.Sub(l.TxSince) >= p.set.LeakAfter && e.lease.firstOfTx(l.TxSince)
		if longTx {
			p.count(func(s *Stats) { s.LongTxs++ })
		}
		if !e.lease.first(number) {
			if longTx {
				p.logLeak("a transaction is open for long", now, l)
			}
			return
		}
		p.count(func(s *Stats) { s.Leaks++ })
		p.logLeak("a connection is held for long", now, l)
		if p.set.Reclaim {
			p.takeAway(e, number, ReasonReclaim, fmt.Errorf(
				"pool: it was held for %s, and pool_leak_after is %s: the pool has taken it away, as pool_reclaim says",
				l.Held.Round(time.Millisecond), p.set.LeakAfter))
		}
	})
}

// logLeak tells of a leak: for how long it is held, and for how long a transaction is open.
func (p *Pool) logLeak(what string, now time.Time, l Leak) {
	attrs := []slog.Attr{slog.Duration("held", l.Held)}
	if !l.TxSince.IsZero() {
		attrs = append(attrs, slog.Duration("tx", now.Sub(l.TxSince)))
	}
	p.log(slog.LevelWarn, what, append(attrs, slog.Bool("reclaimed", p.set.Reclaim), slog.String("stack", l.Stack))...)
}

func (p *Pool) count(f func(*Stats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.stats)
}

// takeAway ends the lease of that number against the will of its borrower, who gets an
// error at the next use of the connection: cause, or what the driver makes of it. Where
// the connection was given back meanwhile, also to be leased again, it reports false.
func (p *Pool) takeAway(e *entry, number uint64, why Reason, cause error) bool {
	if !e.lease.endOf(number) {
		return false
	}
	defer func() { // also where a tracer panics
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stats.Releases++
		p.unholdLocked()
		p.removeLocked(e, why)
		p.closing--
		p.balanceLocked()
	}()
	e.lent.Revoke(cause)
	return true
}
