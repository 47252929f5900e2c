//go:build purego

package box

import "time"

// shared is no room for values: without package unsafe, Go allocates each by itself.
type shared struct{}

// Int is v as an interface.
func (*Arena) Int(v int64) any { return v }

// Float is v as an interface.
func (*Arena) Float(v float64) any { return v }

// Text is v as an interface.
func (*Arena) Text(v string) any { return v }

// TextOf is v as an interface.
func TextOf[T ~string](_ *Arena, v T) any { return v }

// Time is v as an interface.
func (*Arena) Time(v time.Time) any { return v }
