package breaker

import "sync"

// Breaker is a circuit breaker for each server. It is installed in a
// [surrealsql.Config], by [Breaker.Install] or as the Breaker of pool.Settings, and may be
// in several; what is learnt of a server through one counts for all.
//
// A failure is a connect that ended without an answer of the server, however far it came:
// refused, silent after it was accepted, out of time. So is a query whose connection
// failed, unless its context ended or its pool took the connection away (a Drain, a
// reclaimed leak), which tells nothing of the server. Answers are successes, whatever they
// say: an error in SurrealQL, a refused password, more than max_message_size. A cancelled
// connect and an error of a hook are neither.
//
// It refuses connects, not queries: open connections are used as long as they work, and a
// query that is answered counts towards closing a half-open breaker. Rows that are lost
// while they stream are not noticed. It is safe for concurrent use.
type Breaker struct {
	settings  Settings
	endpoints sync.Map // *endpoint by host:port
}

// New makes a Breaker that is closed for every server.
func New(s Settings) *Breaker {
	s.complete()
	return &Breaker{settings: s}
}

// State returns the state for a server, host:port.
func (b *Breaker) State(addr string) State { return b.endpoint(addr).state() }

// Err returns the [*OpenError] that a connect to a server, host:port, would end with while
// the breaker is open for it, else nil. It lets nothing through and counts nothing.
func (b *Breaker) Err(addr string) error {
	e := b.endpoint(addr)
	if e.state() != Open {
		return nil
	}
	return &OpenError{Addr: addr, Delay: e.left()}
}

func (b *Breaker) endpoint(addr string) *endpoint {
	e, ok := b.endpoints.Load(addr)
	if !ok {
		e, _ = b.endpoints.LoadOrStore(addr, newEndpoint(addr, &b.settings))
	}
	return e.(*endpoint)
}
