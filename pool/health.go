package pool

import (
	"errors"
)

// health is what someone who can be served elsewhere may expect of a pool. It only
// knows what was found out already: that a server has gone tells the first dial, or
// query, that fails.
type health uint8

const (
	away   health = iota // closed or paused alone, or its breaker refuses to look
	unwell               // its dials fail, or a probe has yet to tell whether it is back
	well                 // serves, or will in its turn
)

// health asks the breaker before it takes the mutex: the breaker may call a hook of
// the program's, which may ask for statistics.
func (p *Pool) health() health {
	breaker := p.set.breaker.best(p.routes.hosts)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state >= draining, p.pausedAlone(), breaker == BreakerOpen:
		return away
	case breaker == BreakerHalfOpen && p.open >= p.set.Burst && p.idle.len > 0:
		return well // there is no room for a probe: an answer to a query is what closes the breaker
	case breaker == BreakerHalfOpen, p.failing() && p.idle.len == 0:
		return unwell
	}
	return well
}

// best is the state of the host that is best off.
func (b *Breaker) best(hosts []string) BreakerState {
	if b == nil || len(hosts) == 0 {
		return BreakerClosed
	}
	best := BreakerOpen
	for _, addr := range hosts {
		if s := b.State(addr); s == BreakerClosed || best == BreakerOpen {
			best = s
		}
	}
	return best
}

// failing reports whether the last dial has failed: the next one waits for the end
// of a pause, and may fail again.
func (p *Pool) failing() bool { return p.backoff.failures > 0 }

// probe lets one dial find out in the background whether an unwell pool is back, as
// soon as the pause after the last failure is over. So nobody who can be served
// elsewhere has to.
func (p *Pool) probe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.probing { // once is enough
		p.probing = true
		p.balance()
	}
}

// errUnwell sends a mobile caller on: the pool can serve it only by and by.
var errUnwell = errors.New("pool: no connection can be made for now")

// wakeMobile ends the wait of those who can be served elsewhere; why is an errUnwell.
// The caller holds the mutex.
func (p *Pool) wakeMobile(why error) {
	for l := p.waiters.head; l != nil; {
		w := l.of
		l = l.next
		if w.mobile {
			p.end(w, nil, why)
		}
	}
}
