package pool

import (
	"context"

	"github.com/surrealsql/surrealsql"
)

// WithBreaker installs a circuit breaker in the pool and in its replicas. While it
// is open for every host, a pool without connections refuses callers at once with a
// [*BreakerOpenError]; where there are connections, callers wait for those.
func WithBreaker(b *Breaker) Option { return func(s *Settings) { s.breaker = b } }

// guard puts the breaker before the leases. The dials ask it too, but they pause
// between failures, and callers would wait for that.
func (p *Pool) guard() {
	b := p.set.breaker
	if b == nil {
		return
	}
	p.gate = gates(p.gate, func(context.Context) error {
		refused := b.refusal(p.routes.hosts)
		if refused == nil {
			return nil
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.open > 0 {
			return nil
		}
		return refused
	})
}

// refusal is why none of the hosts can be dialled, or nil if one can: the error of
// the one that can be first.
func (b *Breaker) refusal(hosts []string) error {
	var soonest *BreakerOpenError
	for _, addr := range hosts {
		if b.State(addr) != BreakerOpen {
			return nil
		}
		refused := &BreakerOpenError{Addr: addr, RetryAfter: b.endpoint(addr).left()}
		if soonest == nil || refused.RetryAfter < soonest.RetryAfter {
			soonest = refused
		}
	}
	if soonest == nil {
		return nil // no hosts: connecting tells
	}
	return &surrealsql.ConnError{Op: "connect", Addr: soonest.Addr, Err: soonest}
}
