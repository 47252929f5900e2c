package shaped

// The kinds of columns, and what each takes in a row.

// Kind is how a column's value is held.
type Kind uint8

// The kinds, by their codes.
const (
	Bool       Kind = 0x01 // a byte, 0 or 1
	Int        Kind = 0x02 // 64 bits with a sign
	Float      Kind = 0x03 // 64 bits
	Datetime   Kind = 0x04 // seconds in 64 bits with a sign, nanoseconds in 32
	Duration   Kind = 0x05 // seconds in 64 bits without a sign, nanoseconds in 32
	UUID       Kind = 0x06 // 16 bytes
	Bit        Kind = 0x07 // a bool: one bit of the fixed slots
	I8         Kind = 0x08
	I16        Kind = 0x09
	I32        Kind = 0x0a
	U8         Kind = 0x0b
	U16        Kind = 0x0c
	U32        Kind = 0x0d
	U64        Kind = 0x0e
	F32        Kind = 0x0f
	String     Kind = 0x10 // UTF-8 in a var slot
	Bytes      Kind = 0x11 // a var slot
	Decimal    Kind = 0x12 // its text in a var slot
	Record     Kind = 0x13 // a var slot: a KeyKind, the table where the column names none, the key
	Dynamic    Kind = 0x14 // a var slot: one CBOR item
	Array      Kind = 0x16 // a var slot: a count and elements of one kind
	F16        Kind = 0x17
	DatetimeNs Kind = 0x18 // nanoseconds in 64 bits, or in the overflow slot what Datetime has
	DurationNs Kind = 0x19 // likewise
	Object     Kind = 0x20 // nothing of its own: its columns follow, and it may have a remainder
)

// held says what a kind takes in a row.
type held struct {
	width   uint8 // of a fixed slot in bytes, or 0
	varSlot bool
	known   bool
	element bool // an array may have elements of it
	twelve  bool // it has an overflow slot, of twelve bytes
}

var kinds = [0x21]held{
	Bool: fixed(1), Int: fixed(8), Float: fixed(8), Datetime: fixed(12), Duration: fixed(12), UUID: fixed(16),
	I8: fixed(1), I16: fixed(2), I32: fixed(4), U8: fixed(1), U16: fixed(2), U32: fixed(4), U64: fixed(8),
	F32: fixed(4), F16: fixed(2),
	DatetimeNs: {width: 8, known: true, twelve: true}, DurationNs: {width: 8, known: true, twelve: true},
	String:  {varSlot: true, known: true, element: true},
	Bytes:   {varSlot: true, known: true, element: true},
	Decimal: {varSlot: true, known: true, element: true},
	Record:  {varSlot: true, known: true}, Dynamic: {varSlot: true, known: true}, Array: {varSlot: true, known: true},
	Bit: {known: true}, Object: {known: true},
}

func fixed(width uint8) held { return held{width: width, known: true, element: true} }

func (k Kind) held() held {
	if int(k) >= len(kinds) {
		return held{}
	}
	return kinds[k]
}

// KeyKind says how the key of a record id is held.
type KeyKind uint8

// The kinds of keys, by their codes.
const (
	KeyInt    KeyKind = 0 // 64 bits with a sign
	KeyString KeyKind = 1 // UTF-8
	KeyUUID   KeyKind = 2 // 16 bytes
	KeyWhole  KeyKind = 3 // what follows is the whole record id as CBOR
)

// Flags say what a column may be instead of a value.
type Flags uint8

// The flags. With neither, every row has a value; with both, a column may be NONE, too.
const (
	MayBeAbsent Flags = 1
	MayBeNull   Flags = 2
)

// State is what a column of a row is.
type State uint8

// The states, as the two bits of a column with both flags have them.
const (
	Absent State = 0 // the row has no such key
	Value  State = 1
	Null   State = 2
	None   State = 3 // the row has the key, and it is NONE
)
