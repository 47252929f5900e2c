package shapedtest

// Kinds of columns, by the codes that a shape has for them.

// Kind is how a column is held.
type Kind uint8

// The kinds. ObjectKind has no value of its own: its columns follow it.

const (
	Bool     Kind = 0x01
	Int      Kind = 0x02
	Float    Kind = 0x03
	Datetime Kind = 0x04
	Duration Kind = 0x05
	UUID     Kind = 0x06
	Bit      Kind = 0x07 // a bool of one bit; its slot counts bits
	I8       Kind = 0x08
	I16      Kind = 0x09
	I32      Kind = 0x0a
	U8       Kind = 0x0b
	U16      Kind = 0x0c
	U32      Kind = 0x0d
	U64      Kind = 0x0e
	F32      Kind = 0x0f
	String   Kind = 0x10
	Bytes    Kind = 0x11
	Decimal  Kind = 0x12
	Record   Kind = 0x13
	Dynamic  Kind = 0x14
	Array    Kind = 0x16
	F16      Kind = 0x17

	DatetimeNs Kind = 0x18
	DurationNs Kind = 0x19

	ObjectKind Kind = 0x20
)

// Kinds are all of them.
var Kinds = []Kind{
	Bool, Int, Float, Datetime, Duration, UUID, Bit, I8, I16, I32, U8, U16, U32, U64, F32,
	String, Bytes, Decimal, Record, Dynamic, Array, F16, DatetimeNs, DurationNs, ObjectKind,
}

// ElementKinds are the kinds that the elements of an array may have.
var ElementKinds = []Kind{
	Bool, Int, Float, Datetime, Duration, UUID, I8, I16, I32, U8, U16, U32, U64, F32, F16,
	String, Bytes, Decimal,
}

var widths = map[Kind]uint32{
	Bool: 1, I8: 1, U8: 1, I16: 2, U16: 2, F16: 2, I32: 4, U32: 4, F32: 4, U64: 8, Int: 8, Float: 8,
	DatetimeNs: 8, DurationNs: 8, Datetime: 12, Duration: 12, UUID: 16,
}

// Width is how many bytes of the fixed region a value takes: 0 for what lies elsewhere, and
// for a bit.
func (k Kind) Width() uint32 { return widths[k] }

// IsVar reports whether values lie in a var slot.
func (k Kind) IsVar() bool {
	return k == String || k == Bytes || k == Decimal || k == Record || k == Dynamic || k == Array
}

// Overflows reports whether a var slot holds the values that are too large.
func (k Kind) Overflows() bool { return k == DatetimeNs || k == DurationNs }
