package pool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/surrealsql/surrealsql"
)

// ErrBreakerOpen is what every [*BreakerOpenError] is, for errors.Is.
var ErrBreakerOpen = errors.New("pool: circuit breaker is open")

// BreakerOpenError is a connect that a [Breaker] did not let happen. The server was
// not asked. It comes wrapped in what the driver or the pool returns.
type BreakerOpenError struct {
	Addr string // host:port
	// RetryAfter is when the next probe may be made. Zero while probes are under
	// way already: their outcome decides.
	RetryAfter time.Duration
}

// Error says how long it lasts.
func (e *BreakerOpenError) Error() string {
	if e.RetryAfter == 0 {
		return fmt.Sprintf("%v for %s: a probe is under way", ErrBreakerOpen, e.Addr)
	}
	return fmt.Sprintf("%v for %s, for another %s", ErrBreakerOpen, e.Addr, e.RetryAfter)
}

// Is reports whether target is [ErrBreakerOpen].
func (e *BreakerOpenError) Is(target error) bool { return target == ErrBreakerOpen }

// FailFast tells the driver to go on to the next host, and not to try this one
// again after connect_backoff.
func (e *BreakerOpenError) FailFast() bool { return true }

// BreakerState is what a [Breaker] does with connects to an endpoint.
type BreakerState string

// The states.
const (
	BreakerClosed   BreakerState = "closed"    // lets them through: all is well
	BreakerOpen     BreakerState = "open"      // refuses them
	BreakerHalfOpen BreakerState = "half-open" // lets a few through, to see
)

// BreakerSettings say when a [Breaker] opens and closes. The zero value has the
// defaults.
type BreakerSettings struct {
	// Failures is how many in a row open it; zero means 5.
	Failures int
	// OpenFor is how long it refuses before it lets a probe through; zero means
	// 10s.
	OpenFor time.Duration
	// Probes is how many connects are let through at once while it is half-open,
	// and how many must succeed to close it; the first that fails opens it again.
	// Zero means 1.
	Probes int
	// OnChange, if set, is called when an endpoint's state has changed: one change
	// after the other, on the goroutine of whoever brought one about or saw it. It
	// may use the breaker, which may have gone on by then.
	OnChange func(addr string, from, to BreakerState)
}

// Breaker is a circuit breaker for each endpoint: where a server does not answer,
// connects to it fail at once instead of each caller finding out by itself. It is
// installed in a [surrealsql.Config], by [Breaker.Install] or [WithBreaker], and may
// be in several; what is learnt of an endpoint through one counts for all.
//
// A failure is a connect that ended without an answer of the server, however far it
// came: refused, silent after it was accepted, out of time. So is a query whose
// connection failed, unless its context ended, which tells nothing of the server.
// Answers are successes, whatever they say: an error in SurrealQL, a refused
// password. A cancelled connect and an error of a hook are neither.
//
// It refuses connects, not queries: open connections are used as long as they work,
// and a query that is answered counts towards closing a half-open breaker. Rows that
// are lost while they stream are not noticed. It is safe for concurrent use.
type Breaker struct {
	settings  BreakerSettings
	endpoints sync.Map // *endpoint by host:port
}

// endpoint is one server's breaker.
type endpoint struct {
	*gobreaker.TwoStepCircuitBreaker[any]
	mu      sync.Mutex
	until   time.Time // it stays open
	changes []change  // that OnChange is to be told of
	telling bool      // somebody is at it
}

// change is one of an endpoint's state.
type change struct{ from, to BreakerState }

// NewBreaker makes a Breaker that is closed for every endpoint.
func NewBreaker(s BreakerSettings) *Breaker {
	if s.Failures <= 0 {
		s.Failures = 5
	}
	if s.OpenFor <= 0 {
		s.OpenFor = 10 * time.Second
	}
	s.Failures, s.Probes = min(s.Failures, math.MaxInt32), min(max(s.Probes, 1), math.MaxInt32)
	return &Breaker{settings: s}
}

// State returns the state for an endpoint, host:port.
func (b *Breaker) State(addr string) BreakerState {
	e := b.endpoint(addr)
	defer b.tell(addr, e)
	return stateOf(e.State())
}

// Install makes connectors of cfg ask the breaker: it wraps DialContext and Tracer,
// which therefore must be set before. BeforeConnect must leave them alone.
func (b *Breaker) Install(cfg *surrealsql.Config) {
	dial := cfg.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return b.dial(ctx, network, addr, dial)
	}
	cfg.Tracer = newBreakerTracer(b, cfg.Tracer)
}

// probe is a connect that the breaker has let through: done wants to know its
// outcome.
type probe struct{ done func(error) }

type probeKey struct{}

// dial asks the breaker first. Whether the connect succeeds is seen at its end,
// because a server may accept and say nothing.
func (b *Breaker) dial(ctx context.Context, network, addr string, dial dialFunc) (net.Conn, error) {
	done, err := b.allow(addr)
	if err != nil {
		return nil, err
	}
	p, watched := ctx.Value(probeKey{}).(*probe)
	if watched {
		p.done = done
		return dial(ctx, network, addr)
	}
	nc, err := dial(ctx, network, addr) // by someone who has another tracer
	if err != nil {
		done(&surrealsql.ConnError{Op: "connect", Addr: addr, Err: err})
	} else {
		done(nil)
	}
	return nc, err
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// allow returns what wants to know the outcome, or a BreakerOpenError.
func (b *Breaker) allow(addr string) (done func(error), err error) {
	e := b.endpoint(addr)
	defer b.tell(addr, e)
	allowed, err := e.Allow()
	if err == nil {
		return func(err error) { b.finish(addr, e, allowed, err) }, nil
	}
	refused := &BreakerOpenError{Addr: addr}
	if errors.Is(err, gobreaker.ErrOpenState) {
		refused.RetryAfter = e.left()
	}
	return nil, refused
}

// observe counts the outcome of a query.
func (b *Breaker) observe(addr string, err error) {
	e := b.endpoint(addr)
	defer b.tell(addr, e)
	if done, refused := e.Allow(); refused == nil {
		b.finish(addr, e, done, err)
	}
}

// finish counts an outcome. What the error is, it asks before the breaker is locked:
// errors are anybody's code.
func (b *Breaker) finish(addr string, e *endpoint, done func(error), err error) {
	defer b.tell(addr, e)
	done(outcomeErrors[outcomeOf(err)])
}

// outcomeErrors stand for outcomes where the library wants an error.
var outcomeErrors = [...]error{answered: nil, unanswered: errors.New("unanswered"), untold: errors.New("untold")}

// tell calls OnChange for the changes that there were, when nothing is locked any
// more. One goroutine does it at a time, so that they come in their order.
func (b *Breaker) tell(addr string, e *endpoint) {
	if b.settings.OnChange == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.telling {
		return
	}
	e.telling = true
	defer func() { e.telling = false }() // also when the hook panics
	for len(e.changes) > 0 {
		c := e.changes[0]
		e.changes = e.changes[1:]
		func() {
			e.mu.Unlock()
			defer e.mu.Lock()
			b.settings.OnChange(addr, c.from, c.to)
		}()
	}
}

func (b *Breaker) endpoint(addr string) *endpoint {
	e, ok := b.endpoints.Load(addr)
	if !ok {
		e, _ = b.endpoints.LoadOrStore(addr, b.newEndpoint(addr))
	}
	return e.(*endpoint)
}

func (b *Breaker) newEndpoint(addr string) *endpoint {
	e, s := new(endpoint), b.settings
	e.TwoStepCircuitBreaker = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name:        addr,
		MaxRequests: uint32(s.Probes),
		Timeout:     max(s.OpenFor-1, 1), // it is over when more than that has passed; zero would be a minute
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(s.Failures) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			e.changed(change{stateOf(from), stateOf(to)}, s)
		},
		IsSuccessful: func(err error) bool { return err == outcomeErrors[answered] },
		IsExcluded:   func(err error) bool { return err == outcomeErrors[untold] },
	})
	return e
}

// changed notes a change; the library's breaker is locked, so nobody is told yet.
func (e *endpoint) changed(c change, s BreakerSettings) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.to == BreakerOpen {
		e.until = time.Now().Add(s.OpenFor)
	}
	if s.OnChange != nil {
		e.changes = append(e.changes, c)
	}
}

// left is how long it stays open, at least a moment.
func (e *endpoint) left() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(time.Until(e.until), 1)
}

func stateOf(s gobreaker.State) BreakerState {
	return [...]BreakerState{gobreaker.StateClosed: BreakerClosed, gobreaker.StateHalfOpen: BreakerHalfOpen, gobreaker.StateOpen: BreakerOpen}[s]
}

// outcome is what an error tells of a server.
type outcome int

const (
	answered outcome = iota
	unanswered
	untold
)

func outcomeOf(err error) outcome {
	_, said := errors.AsType[*surrealsql.Error](err)
	switch {
	case err == nil, said, surrealsql.IsAuth(err):
		return answered
	case errors.Is(err, context.Canceled):
		return untold
	case surrealsql.IsConnectivity(err), surrealsql.IsTimeout(err):
		return unanswered
	}
	return untold
}
