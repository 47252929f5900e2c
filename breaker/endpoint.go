package breaker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// endpoint is the circuit breaker of one server.
type endpoint struct {
	addr     string // host:port
	settings *Settings
	circuit  *gobreaker.TwoStepCircuitBreaker[any]

	mu      sync.Mutex
	until   time.Time // it stays open
	changes []change  // that OnChange is to be told of
	telling bool      // somebody is at it
}

// change is one of an endpoint's state.
type change struct{ from, to State }

func newEndpoint(addr string, s *Settings) *endpoint {
	e := &endpoint{addr: addr, settings: s}
	e.circuit = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Name:        addr,
		MaxRequests: uint32(s.Probes),
		Timeout:     max(s.OpenFor-1, 1), // it is over when more than that has passed; zero would be a minute
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(s.Failures) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			e.changed(change{stateOf(from), stateOf(to)})
		},
		IsSuccessful: func(err error) bool { return err == outcomeErrors[answered] },
		IsExcluded:   func(err error) bool { return err == outcomeErrors[untold] },
	})
	return e
}

func (e *endpoint) state() State {
	defer e.tell()
	return stateOf(e.circuit.State())
}

func stateOf(s gobreaker.State) State {
	return [...]State{gobreaker.StateClosed: Closed, gobreaker.StateHalfOpen: HalfOpen, gobreaker.StateOpen: Open}[s]
}

// allow lets a connect through, and returns what wants to know its outcome, or refuses it
// with an OpenError.
func (e *endpoint) allow() (done func(error), err error) {
	defer e.tell()
	allowed, err := e.circuit.Allow()
	if err == nil {
		return func(err error) { e.finish(allowed, err) }, nil
	}
	refused := &OpenError{Addr: e.addr}
	if errors.Is(err, gobreaker.ErrOpenState) {
		refused.Delay = e.left()
	}
	return nil, refused
}

// observe counts the outcome of a query.
func (e *endpoint) observe(err error) {
	defer e.tell()
	if done, refused := e.circuit.Allow(); refused == nil {
		e.finish(done, err)
	}
}

// finish counts an outcome. What the error is, it asks before the circuit is locked:
// errors are anybody's code.
func (e *endpoint) finish(done func(error), err error) {
	defer e.tell()
	done(outcomeErrors[outcomeOf(err)])
}

// changed notes a change; the circuit is locked, so nobody is told yet.
func (e *endpoint) changed(c change) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.to == Open {
		e.until = time.Now().Add(e.settings.OpenFor)
	}
	if e.settings.OnChange != nil {
		e.changes = append(e.changes, c)
	}
}

// left is how long it stays open, at least a moment.
func (e *endpoint) left() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return max(time.Until(e.until), 1)
}

// tell calls OnChange for the changes that there were, when nothing is locked any more.
// One goroutine does it at a time, so that they come in their order.
func (e *endpoint) tell() {
	onChange := e.settings.OnChange
	if onChange == nil {
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
			onChange(e.addr, c.from, c.to)
		}()
	}
}

// outcome is what an error tells of a server.
type outcome int

const (
	answered outcome = iota
	unanswered
	untold
)

// outcomeErrors stand for outcomes where gobreaker wants an error.
var outcomeErrors = [...]error{answered: nil, unanswered: errors.New("unanswered"), untold: errors.New("untold")}

func outcomeOf(err error) outcome {
	_, said := errors.AsType[*surrealsql.Error](err)
	_, taken := errors.AsType[*lending.TakenError](err)
	_, unasked := errors.AsType[*OpenError](err) // by another Breaker
	_, source := errors.AsType[*lending.SourceError](err)
	switch {
	case source:
		return untold
	case err == nil, said, surrealsql.IsAuth(err), errors.Is(err, surrealsql.ErrMessageTooLarge):
		return answered
	case taken, unasked, errors.Is(err, context.Canceled):
		return untold
	case surrealsql.IsConnectivity(err), surrealsql.IsTimeout(err):
		return unanswered
	}
	return untold
}
