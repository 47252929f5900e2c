package shaped

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Rows and values as CBOR, which is how those are decoded that have no slot of a simple type.

// AppendCBOR appends the whole row: an object, or the single value.
func (r Row) AppendCBOR(b []byte) ([]byte, error) {
	s := r.Shape
	if !s.Single {
		return r.appendNode(b, 0, len(s.Columns), s.Rest, -1)
	}
	item, err := r.Item(s.Rest)
	return append(b, item...), err
}

// appendNode appends an object whose columns are those from one index up to another. object
// is its own index, or -1 for the root.
func (r Row) appendNode(b []byte, from, to, rest, object int) ([]byte, error) {
	columns := r.Shape.Columns
	count := 0
	for i := from; i < to; i = columns[i].Next {
		if r.State(&columns[i]) != Absent {
			count++
		}
	}
	var others cbor.Decoder
	more, err := r.Remainder(&others, rest)
	if err != nil {
		return b, err
	}
	n := 0
	if more {
		if n, err = countKeys(&others); err != nil {
			return b, err
		}
	}
	b = cbor.AppendMapHeader(b, count+n)
	for i := from; i < to; i = columns[i].Next {
		c := &columns[i]
		if r.State(c) == Absent {
			continue
		}
		b = cbor.AppendText(b, c.Name)
		if b, err = r.AppendColumn(b, i); err != nil {
			return b, err
		}
	}
	if n == 0 {
		return b, nil
	}
	return r.appendRemainder(b, &others, object)
}

func countKeys(d *cbor.Decoder) (n int, err error) {
	from := d.Rest()
	for _, err := range d.Pairs() {
		if err != nil {
			return n, err
		}
		if err := d.Skip(); err != nil {
			return n, err
		}
		n++
	}
	d.Reset(from)
	return n, nil
}

func (r Row) appendRemainder(b []byte, d *cbor.Decoder, object int) ([]byte, error) {
	for key, err := range d.Pairs() {
		if err == nil && r.Shape.Find(string(key), object) >= 0 {
			err = ErrTwice(key)
		}
		if err != nil {
			return b, err
		}
		b = cbor.AppendText(b, key)
		item, err := d.Raw()
		if err != nil {
			return b, err
		}
		b = append(b, item...)
	}
	return b, nil
}

// ErrTwice is the error of a remainder that has the key of a column.
func ErrTwice(key []byte) error {
	return fmt.Errorf("an object that has the key %.40q as a column and in its remainder", key)
}

// AppendColumn appends the value of a column, whose index is given: NONE where it is absent.
func (r Row) AppendColumn(b []byte, i int) ([]byte, error) {
	c := &r.Shape.Columns[i]
	switch r.State(c) {
	case Null:
		return cbor.AppendNull(b), nil
	case None, Absent:
		return wire.AppendNone(b), nil
	}
	switch c.Kind {
	case Object:
		return r.appendNode(b, i+1, c.Next, c.Rest, i)
	case Array:
		return appendArray(b, c.Elem, r.Var(c.Slot))
	case Dynamic:
		item, err := r.Item(c.Slot)
		return append(b, item...), err
	case Record:
		return r.appendRecord(b, c)
	case String, Decimal, Bytes:
		return appendVar(b, c.Kind, r.Var(c.Slot))
	case Bit:
		v, err := r.Bool(c)
		return cbor.AppendBool(b, v), err
	case DatetimeNs:
		t, err := r.Time(c)
		return wire.AppendDatetime(b, t), err
	case DurationNs:
		s, ns, err := r.Duration(c)
		return wire.AppendDuration(b, s, ns), err
	}
	return appendFixed(b, c.Kind, r.Bytes[c.At:])
}

// appendVar appends a value that has no length of its own.
func appendVar(b []byte, k Kind, held []byte) ([]byte, error) {
	if k == Bytes {
		return cbor.AppendBytes(b, held), nil
	}
	text, err := checkText(held)
	if k == Decimal {
		b = cbor.AppendTag(b, wire.TagDecimal)
	}
	return cbor.AppendText(b, text), err
}

// tags are those of the numbers that have a width.
var tags = [0x21]uint64{
	I8: wire.TagI8, U8: wire.TagU8, I16: wire.TagI16, U16: wire.TagU16, I32: wire.TagI32, U32: wire.TagU32, U64: wire.TagU64,
	F16: wire.TagF16, F32: wire.TagF32,
}

// appendFixed appends a value of a kind that an array can have as its elements.
func appendFixed(b []byte, k Kind, held []byte) ([]byte, error) {
	if tag := tags[k]; tag != 0 {
		b = cbor.AppendTag(b, tag)
	}
	switch k {
	case Bool:
		v, err := readBool(held)
		return cbor.AppendBool(b, v), err
	case Datetime:
		t, err := readTime(held)
		return wire.AppendDatetime(b, t), err
	case Duration:
		s, ns, err := readDuration(held)
		return wire.AppendDuration(b, s, ns), err
	case UUID:
		return wire.AppendUUID(b, [16]byte(held)), nil
	case U64:
		return cbor.AppendUint(b, binary.LittleEndian.Uint64(held)), nil
	case Float: // as its bits are: 64 of them
		return binary.BigEndian.AppendUint64(append(b, 0xfb), binary.LittleEndian.Uint64(held)), nil
	case F32:
		return binary.BigEndian.AppendUint32(append(b, 0xfa), u32(held)), nil
	case F16:
		return binary.BigEndian.AppendUint16(append(b, 0xf9), binary.LittleEndian.Uint16(held)), nil
	}
	return cbor.AppendInt(b, readInt(k, held)), nil
}

func (r Row) appendRecord(b []byte, c *Column) ([]byte, error) {
	id, err := r.RecordID(c)
	if err != nil {
		return b, err
	}
	if id.Kind == KeyWhole {
		return append(b, id.Key...), nil
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagRecord), 2)
	if c.Table != "" {
		b = cbor.AppendText(b, c.Table)
	} else {
		b = cbor.AppendText(b, id.Table)
	}
	switch id.Kind {
	case KeyInt:
		return cbor.AppendInt(b, id.Int), nil
	case KeyUUID:
		return wire.AppendUUID(b, [16]byte(id.Key)), nil
	}
	return cbor.AppendText(b, id.Key), nil
}

// appendArray appends an array of elements of one kind: a count, then fixed elements one
// after the other, or where each ends and their bytes.
func appendArray(b []byte, k Kind, held []byte) ([]byte, error) {
	if len(held) < 4 {
		return b, errors.New("an array without its count")
	}
	count, held := u32(held), held[4:]
	h := k.held()
	if h.varSlot {
		return appendVarArray(b, k, count, held)
	}
	if uint64(count)*uint64(h.width) != uint64(len(held)) {
		return b, fmt.Errorf("an array of %d elements of %d bytes each, in %d bytes", count, h.width, len(held))
	}
	b = cbor.AppendArrayHeader(b, int(count))
	for ; len(held) > 0; held = held[h.width:] {
		var err error
		if b, err = appendFixed(b, k, held); err != nil {
			return b, err
		}
	}
	return b, nil
}

func appendVarArray(b []byte, k Kind, count uint32, held []byte) ([]byte, error) {
	if uint64(count)*4 > uint64(len(held)) {
		return b, fmt.Errorf("an array of %d elements in %d bytes", count, len(held))
	}
	ends, held := held[:4*count], held[4*count:]
	b = cbor.AppendArrayHeader(b, int(count))
	from := uint32(0)
	for ; len(ends) > 0; ends = ends[4:] {
		to := u32(ends)
		if to < from || uint64(to) > uint64(len(held)) {
			return b, errors.New("an array with an element that lies elsewhere")
		}
		var err error
		if b, err = appendVar(b, k, held[from:to]); err != nil {
			return b, err
		}
		from = to
	}
	if int(from) != len(held) {
		return b, fmt.Errorf("an array with %d bytes after its elements", len(held)-int(from))
	}
	return b, nil
}
