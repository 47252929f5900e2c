package literal

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

	TagPoint        = 88 // [x, y]
	TagLine         = 89
	TagPolygon      = 90
	TagMultiPoint   = 91
	TagMultiLine    = 92
	TagMultiPolygon = 93
	TagCollection   = 94
)

// MaxDepth bounds how deep values may lie in each other. The server reads a
// request of at most 256 levels (RecursionLimitExceeded, 3.0.2), three of which
// are the request's own.
const MaxDepth = 250
