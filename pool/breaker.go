package pool

// What a pool asks its circuit breaker before it lets a caller wait. The breaker may call
// a hook of the program's, which may ask for statistics: so nothing here is asked with the
// mutex held.

import (
	"errors"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
)

// breakerRefuses is the breaker's error for a caller whom the pool cannot serve but by
// a dial. The dials ask the breaker too, but they pause between failures, and callers
// would wait for that.
func (p *Pool) breakerRefuses() error {
	if p.set.Breaker == nil {
		return nil
	}
	refused := refusal(p.set.Breaker, p.routes.hosts)
	if refused == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open > 0 {
		return nil
	}
	return refused
}

// refusal is why none of the hosts can be dialled, or nil if one can: the error of
// the one that can be first.
func refusal(b *breaker.Breaker, hosts []string) error {
	var soonest *breaker.OpenError
	for _, addr := range hosts {
		refused, open := errors.AsType[*breaker.OpenError](b.Err(addr))
		if !open {
			return nil
		}
		if soonest == nil || refused.Delay < soonest.Delay {
			soonest = refused
		}
	}
	if soonest == nil {
		return nil // no hosts: connecting tells
	}
	return &surrealsql.ConnError{Op: "connect", Addr: soonest.Addr, Err: soonest}
}

// bestState is the breaker's state for the host that is best off.
func bestState(b *breaker.Breaker, hosts []string) breaker.State {
	if b == nil || len(hosts) == 0 {
		return breaker.Closed
	}
	best := breaker.Open
	for _, addr := range hosts {
		if s := b.State(addr); s == breaker.Closed || best == breaker.Open {
			best = s
		}
	}
	return best
}
