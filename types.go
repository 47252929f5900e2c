package surrealsql

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// NoneType is the type of [None].
type NoneType struct{}

// None is SurrealDB's NONE, the absence of a value, as an argument or anywhere
// within one. A Go nil is NULL instead, unless the configuration says null=none.
// The two differ: an option<T> field takes NONE and refuses NULL.
//
// In results both are nil; see [Value], [Into] and [WithExactTypes].
var None NoneType

// String returns "NONE".
func (NoneType) String() string { return "NONE" }

// MarshalJSON writes null, which is as near as JSON comes.
func (NoneType) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Table is the name of a table as a value of its own, which is not the same as
// a string: `SELECT * FROM $t` reads the table when t is a Table. It is the bare
// name, without quotes.
type Table string

// String returns the name.
func (t Table) String() string { return string(t) }

// Decimal is an exact decimal number as text, such as "-12.50". Results hold
// decimals as plain strings, so that they scan into the decimal types of other
// packages; a Decimal is for sending one.
//
// SurrealDB's decimals have 96 bits, up to 28 of the digits behind the point.
// It silently rounds what has more (3.0.2), so binding refuses that. An exponent
// is allowed here and written out. The zero value is no number and is refused.
type Decimal string

// String returns the text.
func (d Decimal) String() string { return string(d) }

// UUID is a UUID as text, such as "0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55".
// Results hold UUIDs as plain strings, so that they scan into the UUID types of
// other packages; a UUID is for sending one. Those other types can be sent
// as they are, like every [16]byte. The zero value is refused.
type UUID string

// String returns the text.
func (u UUID) String() string { return string(u) }

// LongDuration is the text of a duration that is too long for
// [time.Duration], which ends at 292 years: "300y2w1ns". SurrealDB's years have
// 365 days. Results hold it only then; all other durations are time.Duration.
// The zero value is refused when sent.
type LongDuration string

// String returns the text.
func (d LongDuration) String() string { return string(d) }

// Split returns the duration's seconds and the nanoseconds beyond, or an error
// if the text is no duration.
func (d LongDuration) Split() (seconds uint64, nanoseconds uint32, err error) {
	seconds, nanoseconds, err = literal.ParseDuration(string(d))
	if err != nil {
		err = &malformed{err}
	}
	return seconds, nanoseconds, err
}

// durationValue gives a time.Duration, or the text where that is too short.
func durationValue(seconds uint64, nanos uint32) any {
	if d, ok := goDuration(seconds, nanos); ok {
		return d
	}
	return LongDuration(literal.AppendDuration(nil, seconds, nanos))
}

func goDuration(seconds uint64, nanos uint32) (d time.Duration, ok bool) {
	const longest = uint64(1<<63-1) / uint64(time.Second)
	if seconds < longest || seconds == longest && time.Duration(nanos) <= (1<<63-1)%time.Second {
		return time.Duration(seconds)*time.Second + time.Duration(nanos), true
	}
	return 0, false
}

// Set is a SurrealDB set as an argument: the server sorts it and drops what is
// there twice. Results hold sets as []any. A nil Set is an empty one.
type Set []any
