package literal

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Numbers: floats as the server writes them, and both ways those that have a width, which
// SurrealDB 4.0 alone has: 5i8, 1.5f32, and <f32>NaN for what has no digits.

// errUnsized says of a text that holds such a number that it cannot be sent.
var errUnsized = errors.New("numbers with a width are sent to SurrealDB 4.0 alone, by the protocols cbor.2 and shaped")

// appendFloat writes without exponent, as the server does.
func appendFloat(b []byte, v float64, suffix string) []byte {
	switch {
	case v != v:
		return append(b, "NaN"...)
	case v > math.MaxFloat64:
		return append(b, "Infinity"...)
	case v < -math.MaxFloat64:
		return append(b, "-Infinity"...)
	}
	return append(appendShortest(b, v, 64), suffix...)
}

// appendShortest writes the fewest digits that tell v from its neighbours. Where two numbers
// of so many digits are equally near, the server writes the larger and Go the even one:
// 2104848.25f32 is 2104848.3f32 there (4.0.0-beta.1; 3.3.5 does so with floats, too).
func appendShortest(b []byte, v float64, bits int) []byte {
	const most = 1074 // digits after the point: all that a float can have
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', -1, bits)
	if next := string(b[start:]) + "5"; strings.IndexByte(next, '.') > 0 {
		exact := strconv.FormatFloat(v, 'f', len(next)-strings.IndexByte(next, '.')-1, 64)
		if exact == next && strings.TrimRight(strconv.FormatFloat(v, 'f', most, 64), "0") == exact {
			b[len(b)-1]++ // it was even
		}
	}
	return b
}

// appendSized reads the number after its tag and writes it as the server does.
func appendSized(b []byte, d *cbor.Decoder, tag uint64) ([]byte, error) {
	n, err := wire.ReadSized(d, tag)
	switch {
	case n.IsFloat():
		return appendSizedFloat(b, n.Float, tag), err
	case n.IsNegative():
		b = strconv.AppendInt(b, int64(n.Bits), 10)
	default:
		b = strconv.AppendUint(b, n.Bits, 10)
	}
	return append(b, wire.SizedName(tag)...), err
}

func appendSizedFloat(b []byte, v float32, tag uint64) []byte {
	name := wire.SizedName(tag)
	if v != v || math.IsInf(float64(v), 0) {
		return appendFloat(append(append(append(b, '<'), name...), '>'), float64(v), "")
	}
	if tag == wire.TagF32 {
		return append(appendShortest(b, float64(v), 32), name...)
	}
	return append(appendHalf(b, float64(v)), name...)
}

// appendHalf writes the fewest digits that are nearer to an f16 than to its neighbours.
func appendHalf(b []byte, v float64) []byte {
	const most = 24 // digits after the point: all that an f16 can have
	start := len(b)
	for digits := range most {
		b = strconv.AppendFloat(b[:start], v, 'f', digits, 64)
		if read, err := strconv.ParseFloat(string(b[start:]), 64); err == nil && wire.Narrowed(wire.TagF16, read) == v {
			return b
		}
	}
	return strconv.AppendFloat(b[:start], v, 'f', -1, 64)
}

// parseSized appends the number that the digits before a suffix are. whole tells that there
// is neither a point nor an exponent among them.
func parseSized(b []byte, digits, suffix string, whole bool) (_ []byte, known bool, err error) {
	tag, sized := wire.SizedTag(suffix)
	switch {
	case suffix == "i64" && whole:
		v, err := strconv.ParseInt(digits, 10, 64)
		return cbor.AppendInt(b, v), true, err
	case suffix == "f64":
		v, err := strconv.ParseFloat(digits, 64)
		return cbor.AppendFloat(b, v), true, err
	case !sized:
		return b, false, nil
	case wire.IsSizedFloat(tag):
		v, err := parseSizedFloat(digits, tag)
		return cbor.AppendFloat(cbor.AppendTag(b, tag), v), true, err
	case !whole:
		return b, true, fmt.Errorf("%s is no %s, which is an integer", digits, suffix)
	}
	b, err = appendSizedDigits(cbor.AppendTag(b, tag), digits, tag)
	return b, true, err
}

func appendSizedDigits(b []byte, digits string, tag uint64) ([]byte, error) {
	if v, err := strconv.ParseUint(digits, 10, 64); err == nil && tag == wire.TagU64 {
		return cbor.AppendUint(b, v), nil
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil, tag == wire.TagU64 && v != 0: // -0u64 is 0
		return b, fmt.Errorf("%s is no %s", digits, wire.SizedName(tag))
	case tag != wire.TagU64:
		err = wire.CheckSizedInt(tag, v)
	}
	return cbor.AppendInt(b, v), err
}

func parseSizedFloat(digits string, tag uint64) (v float64, err error) {
	if tag == wire.TagF32 {
		v, err = strconv.ParseFloat(digits, 32) // at once: by way of 64 bits it may be rounded twice
	} else if v, err = strconv.ParseFloat(digits, 64); err == nil {
		v = wire.Narrowed(tag, v)
	}
	if err == nil && math.IsInf(v, 0) {
		err = fmt.Errorf("%s is beyond every %s", digits, wire.SizedName(tag))
	}
	return v, err
}
