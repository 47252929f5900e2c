// Package wire is how SurrealDB lays out its values in CBOR: the tags, and what stands
// after each of them.
package wire

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// SurrealDB's CBOR tags.
const (
	TagDateText     = 0 // RFC 3339, on input only
	TagNone         = 6
	TagTable        = 7
	TagRecord       = 8
	TagUUIDText     = 9 // on input only
	TagDecimal      = 10
	TagDatetime     = 12 // [seconds, nanoseconds]
	TagDurationText = 13 // on input only
	TagDuration     = 14 // [], [seconds] or [seconds, nanoseconds]
	TagUUID         = 37 // 16 bytes
	TagRange        = 49 // [begin, end], null where open
	TagIncluded     = 50
	TagExcluded     = 51
	TagFile         = 55 // [bucket, key]
	TagSet          = 56
	TagBlock        = 57 // bytes: rows in the shaped format (SurrealDB 4.0)

	TagPoint        = 88 // [x, y]
	TagLine         = 89
	TagPolygon      = 90
	TagMultiPoint   = 91
	TagMultiLine    = 92
	TagMultiPolygon = 93
	TagCollection   = 94

	// Numbers that have a width (SurrealDB 4.0), around an integer or a float.
	TagI8  = 180
	TagU8  = 181
	TagI16 = 182
	TagU16 = 183
	TagI32 = 184
	TagU32 = 185
	TagU64 = 186
	TagF16 = 187
	TagF32 = 188
)

// MaxDepth bounds how deep the values of a request may lie in each other. The server
// reads at most 256 levels (RecursionLimitExceeded, 3.0.2), three of which are the
// request's own. A reply may be deeper: cbor.MaxDepth is what this side reads.
const MaxDepth = 250

// ErrDepth says that a value is deeper.
var ErrDepth = fmt.Errorf("more than %d values in each other", MaxDepth)

// TagOf is the tag that an encoded value begins with; false where it has none.
func TagOf(b []byte) (tag uint64, ok bool) {
	var d cbor.Decoder
	d.Reset(b)
	tag, err := d.Tag()
	return tag, err == nil
}
