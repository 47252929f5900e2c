package breaker

import (
	"math"
	"time"
)

// What users say to a Breaker, and what it tells of a server.

// State is what a [Breaker] does with connects to a server.
type State string

// The states.
const (
	Closed   State = "closed"    // lets them through: all is well
	Open     State = "open"      // refuses them
	HalfOpen State = "half-open" // lets a few through, to see
)

// Settings say when a [Breaker] opens and closes. The zero value has the defaults.
type Settings struct {
	// Failures is how many in a row open it; zero means 5.
	Failures int
	// OpenFor is how long it refuses before it lets a probe through; zero means 10s.
	OpenFor time.Duration
	// Probes is how many connects are let through at once while it is half-open, and
	// how many must succeed to close it; the first that fails opens it again. Zero
	// means 1.
	Probes int
	// OnChange, if set, is called when a server's state has changed: one change after
	// the other, on the goroutine of whoever brought one about or saw it. It may use
	// the breaker, which may have gone on by then.
	OnChange func(addr string, from, to State)
}

// complete puts the defaults in place; the counts are 32 bits wide in gobreaker.
func (s *Settings) complete() {
	if s.Failures <= 0 {
		s.Failures = 5
	}
	if s.OpenFor <= 0 {
		s.OpenFor = 10 * time.Second
	}
	s.Failures = min(s.Failures, math.MaxInt32)
	s.Probes = min(max(s.Probes, 1), math.MaxInt32)
}
