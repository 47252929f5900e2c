package shapedtest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values of rows, and how they look in CBOR.
//
// A value is nil (NULL), None, bool, int8 … int64, uint8 … uint64, float32, float64, string,
// []byte, []any, map[string]any or one of the types below.

// None is NONE.
type None struct{}

// Half is a float of 16 bits, by its bits.
type Half uint16

// Dec is a decimal, by its text.
type Dec string

// Time is a datetime.
type Time struct {
	Seconds int64 // since 1970
	Nanos   uint32
}

// Span is a duration.
type Span struct {
	Seconds uint64
	Nanos   uint32
}

// ID is a UUID.
type ID [16]byte

// Link is a record id. Its key is an int64, a string, an ID, []any, map[string]any or Tagged.
type Link struct {
	Table string
	Key   any
}

// Tagged is a value that has a tag in CBOR and no kind: a range, a set, a geometry, a file.
type Tagged struct {
	Tag   uint64
	Value any
}

// Raw is an item of CBOR as it is.
type Raw []byte

// AppendCBOR appends a value as SurrealDB's CBOR has it where numbers keep their width
// (cbor.2), with the keys of an object in their order.
func AppendCBOR(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return cbor.AppendNull(b)
	case None:
		return wire.AppendNone(b)
	case bool:
		return cbor.AppendBool(b, v)
	case string:
		return cbor.AppendText(b, v)
	case []byte:
		return cbor.AppendBytes(b, v)
	case Dec:
		return cbor.AppendText(cbor.AppendTag(b, wire.TagDecimal), string(v))
	case Time:
		b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagDatetime), 2)
		return cbor.AppendInt(cbor.AppendInt(b, v.Seconds), int64(v.Nanos))
	case Span:
		return wire.AppendDuration(b, v.Seconds, v.Nanos)
	case ID:
		return wire.AppendUUID(b, v)
	case Link:
		b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagRecord), 2)
		return AppendCBOR(cbor.AppendText(b, v.Table), v.Key)
	case Tagged:
		return AppendCBOR(cbor.AppendTag(b, v.Tag), v.Value)
	case Raw:
		return append(b, v...)
	case []any:
		b = cbor.AppendArrayHeader(b, len(v))
		for _, element := range v {
			b = AppendCBOR(b, element)
		}
		return b
	case map[string]any:
		b = cbor.AppendMapHeader(b, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = AppendCBOR(cbor.AppendText(b, key), v[key])
		}
		return b
	}
	return appendNumber(b, v)
}

func appendNumber(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return cbor.AppendInt(b, v)
	case float64:
		return cbor.AppendFloat(b, v)
	case int8:
		return cbor.AppendInt(cbor.AppendTag(b, wire.TagI8), int64(v))
	case int16:
		return cbor.AppendInt(cbor.AppendTag(b, wire.TagI16), int64(v))
	case int32:
		return cbor.AppendInt(cbor.AppendTag(b, wire.TagI32), int64(v))
	case uint8:
		return cbor.AppendUint(cbor.AppendTag(b, wire.TagU8), uint64(v))
	case uint16:
		return cbor.AppendUint(cbor.AppendTag(b, wire.TagU16), uint64(v))
	case uint32:
		return cbor.AppendUint(cbor.AppendTag(b, wire.TagU32), uint64(v))
	case uint64:
		return cbor.AppendUint(cbor.AppendTag(b, wire.TagU64), v)
	case float32:
		return cbor.AppendFloat(cbor.AppendTag(b, wire.TagF32), float64(v))
	case Half:
		return append(cbor.AppendTag(b, wire.TagF16), 0xf9, byte(v>>8), byte(v))
	}
	panic(fmt.Sprintf("shapedtest: a %T is no value", v))
}
