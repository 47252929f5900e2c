package pool

// What a pool's servers are like, as far as it knows without asking them.

import "github.com/surrealsql/surrealsql/breaker"

// health is what someone who can be served elsewhere may expect of a pool. It only
// knows what was found out already: that a server has gone tells the first dial, or
// query, that fails.
type health uint8

const (
	unavailable health = iota // closed or paused alone, or its breaker refuses to look
	degraded                  // its dials fail, or a probe has yet to tell whether it is back
	healthy                   // serves, or will when the caller is first in the queue
)

// health asks the breaker before it takes the mutex: the breaker may call a hook of
// the program's, which may ask for statistics.
func (p *Pool) health() health {
	circuit := bestState(p.set.Breaker, p.routes.hosts)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state >= draining, p.pausedAloneLocked(), circuit == breaker.Open:
		return unavailable
	case circuit == breaker.HalfOpen && p.open >= p.set.Burst && p.idle.Len() > 0:
		return healthy // there is no room for a probe: an answer to a query is what closes the breaker
	case circuit == breaker.HalfOpen, p.failingLocked() && p.idle.Len() == 0:
		return degraded
	}
	return healthy
}

// probe lets one dial find out in the background whether a degraded pool is back, as
// soon as the pause after the last failure is over. So nobody who can be served
// elsewhere has to.
func (p *Pool) probe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.probing { // once is enough
		p.probing = true
		p.balanceLocked()
	}
}
