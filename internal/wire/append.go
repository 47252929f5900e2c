package wire

import (
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Values with their tags, written.

// AppendNone appends NONE.
func AppendNone(b []byte) []byte { return cbor.AppendNull(cbor.AppendTag(b, TagNone)) }

// AppendDatetime appends a datetime.
func AppendDatetime(b []byte, t time.Time) []byte {
	b = cbor.AppendInt(cbor.AppendArrayHeader(cbor.AppendTag(b, TagDatetime), 2), t.Unix())
	return cbor.AppendInt(b, int64(t.Nanosecond()))
}

// AppendDuration appends a duration in the server's form.
func AppendDuration(b []byte, seconds uint64, nanos uint32) []byte {
	b = cbor.AppendTag(b, TagDuration)
	switch {
	case nanos > 0:
		return cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(b, 2), seconds), uint64(nanos))
	case seconds > 0:
		return cbor.AppendUint(cbor.AppendArrayHeader(b, 1), seconds)
	}
	return cbor.AppendArrayHeader(b, 0)
}

// AppendUUID appends a UUID as SurrealDB reads it: as bytes, not as text.
func AppendUUID(b []byte, u [16]byte) []byte {
	return cbor.AppendBytes(cbor.AppendTag(b, TagUUID), u[:])
}

// AppendFile appends a file.
func AppendFile(b []byte, bucket, key string) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, TagFile), 2)
	return cbor.AppendText(cbor.AppendText(b, bucket), key)
}

// AppendPoint appends a point.
func AppendPoint(b []byte, x, y float64) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, TagPoint), 2)
	return cbor.AppendFloat(cbor.AppendFloat(b, x), y)
}
