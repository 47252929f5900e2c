package wire

import (
	"fmt"
	"math"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Numbers that have a width (SurrealDB 4.0): i8 to u64, f16 and f32. Each is a tag around an
// integer or a float, on connections by cbor.2 and shaped.

// IsSized reports whether a tag is that of a number that has a width.
func IsSized(tag uint64) bool { return TagI8 <= tag && tag <= TagF32 }

// IsSizedFloat reports whether such a tag is that of a float.
func IsSizedFloat(tag uint64) bool { return tag == TagF16 || tag == TagF32 }

var sizedNames = [...]string{"i8", "u8", "i16", "u16", "i32", "u32", "u64", "f16", "f32"}

// SizedName is SurrealDB's name of such a number's type, which its literals end with.
func SizedName(tag uint64) string { return sizedNames[tag-TagI8] }

// SizedTag is the tag of the type of that name; false where there is none.
func SizedTag(name string) (tag uint64, ok bool) {
	for i, n := range sizedNames {
		if n == name {
			return TagI8 + uint64(i), true
		}
	}
	return 0, false
}

// limits are the least and the largest of the integers but u64, whose limits are CBOR's.
var limits = [...]struct{ least, most int64 }{
	{math.MinInt8, math.MaxInt8}, {0, math.MaxUint8}, {math.MinInt16, math.MaxInt16}, {0, math.MaxUint16},
	{math.MinInt32, math.MaxInt32}, {0, math.MaxUint32},
}

// Sized is a number that has a width.
type Sized struct {
	Tag   uint64
	Bits  uint64  // of an integer, in 64 bits with its sign
	Float float32 // an f16 or an f32
}

// IsFloat reports whether it is an f16 or an f32.
func (n Sized) IsFloat() bool { return IsSizedFloat(n.Tag) }

// IsNegative reports whether it is an integer below 0.
func (n Sized) IsNegative() bool { return n.Tag != TagU64 && int64(n.Bits) < 0 }

// ReadSized reads what stands after the tag of a number that has a width.
func ReadSized(d *cbor.Decoder, tag uint64) (n Sized, err error) {
	n.Tag = tag
	switch {
	case tag == TagU64:
		n.Bits, err = d.Uint()
	case n.IsFloat():
		n.Float, err = readSizedFloat(d, tag)
	default:
		var v int64
		if v, err = d.Int(); err == nil {
			err = CheckSizedInt(tag, v)
		}
		n.Bits = uint64(v)
	}
	return n, err
}

// CheckSizedInt reports an integer that is beyond its type, which is any but u64.
func CheckSizedInt(tag uint64, v int64) error {
	if l := limits[tag-TagI8]; v < l.least || v > l.most {
		return fmt.Errorf("%d is no %s: expected %d to %d", v, SizedName(tag), l.least, l.most)
	}
	return nil
}

// readSizedFloat reads the float after the tag of an f16 or an f32, which comes in as few bits
// as hold it, and may need no more than its type has.
func readSizedFloat(d *cbor.Decoder, tag uint64) (float32, error) {
	v, err := d.Float()
	if err == nil && v == v && Narrowed(tag, v) != v {
		err = fmt.Errorf("%v is no %s: expected a float that it holds exactly", v, SizedName(tag))
	}
	return float32(v), err
}

// Narrowed gives the float of that type that is nearest to v, or an infinity.
func Narrowed(tag uint64, v float64) float64 {
	if tag == TagF32 {
		return float64(float32(v))
	}
	const largest, bits, least = 65504, 11, -24 // what an f16 holds, of how many bits, and its last one
	if v != v || v == 0 || math.IsInf(v, 0) {
		return v
	}
	_, exponent := math.Frexp(v)
	last := math.Ldexp(1, max(exponent-bits, least))
	if v = math.RoundToEven(v/last) * last; math.Abs(v) > largest {
		return math.Copysign(math.Inf(1), v)
	}
	return v
}
