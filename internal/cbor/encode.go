package cbor

import (
	"encoding/binary"
	"math"
)

// Items, written.

func appendHead(b []byte, major byte, n uint64) []byte {
	switch {
	case n < info8:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|info8, byte(n))
	case n <= math.MaxUint16:
		return append(b, major|info16, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|info32), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|info64), n)
	}
}

// AppendInt appends an integer in its shortest form.
func AppendInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendHead(b, majorNegInt, uint64(-1-v))
	}
	return appendHead(b, majorUint, uint64(v))
}

// AppendUint appends an integer in its shortest form. SurrealDB holds 64 bits
// with a sign and silently wraps what is larger: it is the caller's to refuse
// such a number.
func AppendUint(b []byte, v uint64) []byte { return appendHead(b, majorUint, v) }

// AppendFloat appends a float in 32 bits if that loses nothing, else in 64. It
// stays a float, also where it is a whole number: SurrealDB tells 1 from 1.0.
func AppendFloat(b []byte, v float64) []byte {
	if f := float32(v); float64(f) == v {
		return binary.BigEndian.AppendUint32(append(b, majorSimple|info32), math.Float32bits(f))
	}
	return binary.BigEndian.AppendUint64(append(b, majorSimple|info64), math.Float64bits(v))
}

// AppendText appends a text, which should be UTF-8: it is not checked here.
func AppendText[S ~string | ~[]byte](b []byte, s S) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

// AppendBytes appends a byte string.
func AppendBytes(b, v []byte) []byte {
	return append(appendHead(b, majorBytes, uint64(len(v))), v...)
}

// AppendArrayHeader appends the head of an array; n items must follow.
func AppendArrayHeader(b []byte, n int) []byte { return appendHead(b, majorArray, uint64(n)) }

// AppendOpenArray appends the head of an array of which nobody says how long it is (RFC 8949,
// section 3.2.1): items follow, and after the last one AppendBreak.
func AppendOpenArray(b []byte) []byte { return append(b, majorArray|infoIndefinite) }

// AppendBreak ends what AppendOpenArray has begun.
func AppendBreak(b []byte) []byte { return append(b, byteBreak) }

// AppendMapHeader appends the head of a map; n pairs must follow.
func AppendMapHeader(b []byte, n int) []byte { return appendHead(b, majorMap, uint64(n)) }

// AppendTag appends a tag; the item it stands for must follow.
func AppendTag(b []byte, tag uint64) []byte { return appendHead(b, majorTag, tag) }

// AppendBool appends true or false.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, byteTrue)
	}
	return append(b, byteFalse)
}

// AppendNull appends null.
func AppendNull(b []byte) []byte { return append(b, byteNull) }
