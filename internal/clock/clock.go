// Package clock tells how much time has passed.
package clock

import "time"

// Instant is a time on the clock that only goes forward, which costs half of what
// the time of day does.
type Instant time.Duration

var epoch = time.Now()

// Now is the present.
func Now() Instant { return Instant(time.Since(epoch)) }

// Elapsed is the time since then.
func (i Instant) Elapsed() time.Duration { return time.Duration(Now() - i) }
