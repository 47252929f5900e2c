package literal

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// Durations as text.

const (
	secondsPerMinute = 60
	secondsPerHour   = 60 * secondsPerMinute
	secondsPerDay    = 24 * secondsPerHour
	secondsPerWeek   = 7 * secondsPerDay
	secondsPerYear   = 365 * secondsPerDay // SurrealDB's year has no leap day

	nanosPerSecond = 1_000_000_000
)

// units are SurrealDB's, the largest first: how many seconds, or how many
// nanoseconds, one of it has.
var units = [...]struct {
	name           string
	seconds, nanos uint64
}{
	{"y", secondsPerYear, 0}, {"w", secondsPerWeek, 0}, {"d", secondsPerDay, 0}, {"h", secondsPerHour, 0},
	{"m", secondsPerMinute, 0}, {"s", 1, 0}, {"ms", 0, 1_000_000}, {"µs", 0, 1000}, {"ns", 0, 1},
}

// AppendDuration appends a duration as the server writes it.
func AppendDuration(b []byte, seconds uint64, nanos uint32) []byte {
	if seconds == 0 && nanos == 0 {
		return append(b, "0ns"...)
	}
	n := uint64(nanos)
	for _, u := range units {
		left, size := &seconds, u.seconds
		if size == 0 {
			left, size = &n, u.nanos
		}
		if count := *left / size; count > 0 {
			b = append(strconv.AppendUint(b, count, 10), u.name...)
			*left %= size
		}
	}
	return b
}

// ParseDuration reads a duration such as 1y2w3d4h5m6s7ms8µs9ns (also us). Units
// may come in any order and repeat, as on the server; the sum must fit in 64
// bits of seconds.
func ParseDuration(s string) (seconds uint64, nanos uint32, err error) {
	rest := s
	var ns uint64
	for first := true; rest != "" || first; first = false {
		digits := 0
		for digits < len(rest) && isDigit(rest[digits]) {
			digits++
		}
		count, err := strconv.ParseUint(rest[:digits], 10, 64)
		if err != nil {
			return 0, 0, badDuration(s)
		}
		rest = rest[digits:]
		unit := 0
		for unit < len(rest) && !isDigit(rest[unit]) {
			unit++
		}
		if !addUnit(&seconds, &ns, count, rest[:unit]) {
			return 0, 0, badDuration(s)
		}
		rest = rest[unit:]
	}
	return seconds, uint32(ns), nil
}

func badDuration(s string) error {
	return fmt.Errorf("%q is no duration of SurrealDB: expected one like 1y2w3d4h5m6s7ms8µs9ns, at most %d seconds", s, uint64(math.MaxUint64))
}

// addUnit adds count units to the sum and keeps ns below a second.
func addUnit(seconds, ns *uint64, count uint64, name string) bool {
	if name == "us" || name == "μs" { // the Greek letter looks the same
		name = "µs"
	}
	for _, u := range units {
		if u.name != name {
			continue
		}
		s := count
		if u.seconds == 0 {
			perSecond := nanosPerSecond / u.nanos
			s = count / perSecond
			*ns += count % perSecond * u.nanos
			s += *ns / nanosPerSecond
			*ns %= nanosPerSecond
		} else if hi, lo := bits.Mul64(count, u.seconds); hi == 0 {
			s = lo
		} else {
			return false
		}
		sum, carry := bits.Add64(*seconds, s, 0)
		*seconds = sum
		return carry == 0
	}
	return false
}
