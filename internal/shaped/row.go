package shaped

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// A row, and the values in its slots.

// Row is one row of a batch, as Rows.Row has found it.
type Row struct {
	Shape *Shape
	Bytes []byte
}

// State tells whether a column has a value. For one that lies in an object that has none it
// says nothing.
func (r Row) State(c *Column) State {
	switch c.Flags {
	case 0:
		return Value
	case MayBeAbsent:
		return State(r.bit(c.bit))
	case MayBeNull:
		return Null - State(r.bit(c.bit))
	}
	return State(r.bit(c.bit) | r.bit(c.bit+1)<<1)
}

func (r Row) bit(i int) byte { return r.Bytes[i>>3] >> (i & 7) & 1 }

// Var returns what a var slot holds.
func (r Row) Var(slot int) []byte {
	from, to := r.varAt(slot)
	return r.Bytes[from:to:to]
}

// varAt returns where in the row a var slot lies.
func (r Row) varAt(slot int) (from, to int) {
	s := r.Shape
	ends := r.Bytes[s.endsAt:]
	if slot > 0 {
		from = int(u32(ends[4*slot-4:])) // it begins where the one before it ends
	}
	return s.header + from, s.header + int(u32(ends[4*slot:]))
}

// Bool returns the value of a Bool or a Bit.
func (r Row) Bool(c *Column) (bool, error) {
	if c.Kind == Bit {
		return r.Bytes[c.At]&c.mask != 0, nil
	}
	return readBool(r.Bytes[c.At:])
}

func readBool(b []byte) (bool, error) {
	if b[0] > 1 {
		return false, fmt.Errorf("a bool of %d", b[0])
	}
	return b[0] == 1, nil
}

// Int returns the value of an Int.
func (r Row) Int(c *Column) int64 { return int64(binary.LittleEndian.Uint64(r.Bytes[c.At:])) }

// readInt reads an integer of any kind but U64.
func readInt(k Kind, b []byte) int64 {
	switch k {
	case I8:
		return int64(int8(b[0]))
	case U8:
		return int64(b[0])
	case I16:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case U16:
		return int64(binary.LittleEndian.Uint16(b))
	case I32:
		return int64(int32(u32(b)))
	case U32:
		return int64(u32(b))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

// Float returns the value of a Float.
func (r Row) Float(c *Column) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(r.Bytes[c.At:]))
}

// UUID returns the value of a UUID.
func (r Row) UUID(c *Column) [16]byte { return [16]byte(r.Bytes[c.At:]) }

// Text returns the value of a String or a Decimal.
func (r Row) Text(c *Column) ([]byte, error) { return checkText(r.Var(c.Slot)) }

// IsText reports whether bytes are UTF-8. Most are ASCII, which is seen eight at a time, the
// last eight also where they are fewer.
func IsText(b []byte) bool {
	const beyondASCII = 0x8080808080808080
	if len(b) < 8 {
		return utf8.Valid(b)
	}
	odd := binary.LittleEndian.Uint64(b[len(b)-8:])
	for rest := b; len(rest) > 8; rest = rest[8:] {
		odd |= binary.LittleEndian.Uint64(rest)
	}
	return odd&beyondASCII == 0 || utf8.Valid(b)
}

func checkText(b []byte) ([]byte, error) {
	if !IsText(b) {
		return nil, fmt.Errorf("a text that is not UTF-8: %.40q", b)
	}
	return b, nil
}

// Time returns the value of a Datetime or a DatetimeNs.
func (r Row) Time(c *Column) (time.Time, error) {
	b := r.Bytes[c.At:]
	if c.Kind == DatetimeNs {
		ns := int64(binary.LittleEndian.Uint64(b))
		if ns != math.MinInt64 && ns != math.MaxInt64 {
			return time.Unix(ns/1e9, ns%1e9).UTC(), nil
		}
		var err error
		if b, err = r.overflow(c); err != nil {
			return time.Time{}, err
		}
	}
	return readTime(b)
}

func (r Row) overflow(c *Column) ([]byte, error) {
	b := r.Var(c.Rest)
	if len(b) != 12 {
		return nil, fmt.Errorf("a time beyond its slot of %d bytes: expected 12", len(b))
	}
	return b, nil
}

// The datetimes that the server has are of the years -262143 to 262142.
const (
	firstSecond = -8334601228800
	lastSecond  = 8210266876799
)

func readTime(b []byte) (time.Time, error) {
	s, ns := int64(binary.LittleEndian.Uint64(b)), u32(b[8:])
	if s < firstSecond || s > lastSecond || ns >= 1e9 {
		return time.Time{}, fmt.Errorf("a datetime of %d seconds and %d nanoseconds", s, ns)
	}
	return time.Unix(s, int64(ns)).UTC(), nil
}

// Duration returns the value of a Duration or a DurationNs.
func (r Row) Duration(c *Column) (seconds uint64, nanos uint32, err error) {
	b := r.Bytes[c.At:]
	if c.Kind == DurationNs {
		if ns := binary.LittleEndian.Uint64(b); ns != math.MaxUint64 {
			return ns / 1e9, uint32(ns % 1e9), nil
		}
		if b, err = r.overflow(c); err != nil {
			return 0, 0, err
		}
	}
	return readDuration(b)
}

func readDuration(b []byte) (seconds uint64, nanos uint32, err error) {
	seconds, nanos = binary.LittleEndian.Uint64(b), u32(b[8:])
	if nanos >= 1e9 {
		return 0, 0, fmt.Errorf("a duration with %d nanoseconds: expected less than a second", nanos)
	}
	return seconds, nanos, nil
}

// RecordID is a record id that has a key of a simple kind, or is held as CBOR.
type RecordID struct {
	Table []byte // unless the column names it
	Kind  KeyKind
	Int   int64
	Key   []byte // of KeyString the text, of KeyUUID its bytes, of KeyWhole the id as CBOR
}

// RecordID returns the value of a Record.
func (r Row) RecordID(c *Column) (id RecordID, err error) {
	b := r.Var(c.Slot)
	if len(b) == 0 {
		return id, fmt.Errorf("a record id of no bytes")
	}
	id.Kind, b = KeyKind(b[0]), b[1:]
	if id.Kind != KeyWhole && c.Table == "" {
		if len(b) < 2 || len(b)-2 < int(binary.LittleEndian.Uint16(b)) {
			return id, fmt.Errorf("a record id whose table has no end")
		}
		n := 2 + int(binary.LittleEndian.Uint16(b))
		if id.Table, err = checkText(b[2:n]); err != nil {
			return id, err
		}
		b = b[n:]
	}
	switch id.Kind {
	case KeyInt:
		if len(b) != 8 {
			return id, fmt.Errorf("a record id whose number has %d bytes", len(b))
		}
		id.Int = int64(binary.LittleEndian.Uint64(b))
	case KeyUUID:
		if len(b) != 16 {
			return id, fmt.Errorf("a record id whose UUID has %d bytes", len(b))
		}
		id.Key = b
	case KeyString:
		id.Key, err = checkText(b)
	case KeyWhole:
		id.Key = b
		err = checkWhole(b, c.Table)
	default:
		err = fmt.Errorf("a record id with a key of kind %d", id.Kind)
	}
	return id, err
}

// IntKey returns the key of a record id, if it is a number and the column names the table.
func (r Row) IntKey(c *Column) (int64, bool) {
	b := r.Var(c.Slot)
	if c.Table == "" || len(b) != 9 || b[0] != byte(KeyInt) {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(b[1:])), true
}
