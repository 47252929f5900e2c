package surrealsql

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// The types of values that Go has no type for, but for record ids.

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
// SurrealDB's decimals have 96 bits, up to 28 of the digits after the point.
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
		err = &invalidError{err}
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

// Range is a range in SurrealDB's own text: 1..5 (without 5), 1..=5, 1>..5
// (without 1), 'a'.., ..; the bounds may be any values. Results hold ranges as
// Range; it scans into a string and binds back as a range. A range of record ids
// is a [RecordID].
type Range string

// String returns the text.
func (r Range) String() string { return string(r) }

// File is a pointer to a file in a bucket: bucket:/key, with a backslash before
// every character other than letters, digits, - _ . and the key's slashes.
// Results hold files as File; it scans into a string and binds back as a file.
type File string

// NewFile returns the file with that key in the bucket. The key gets a leading
// slash if it has none, as SurrealDB does it. Names that are not UTF-8 are refused when the file
// is sent.
func NewFile(bucket, key string) File { return File(literal.AppendFile(nil, bucket, key)) }

// String returns the text.
func (f File) String() string { return string(f) }

// Bucket returns the name of the bucket, "" if the text is no file.
func (f File) Bucket() string {
	bucket, _, _ := literal.SplitFile(string(f))
	return bucket
}

// Key returns the key with its leading slash, "" if the text is no file.
func (f File) Key() string {
	_, key, _ := literal.SplitFile(string(f))
	return key
}
