package shaped

import (
	"encoding/binary"
	"math"
	"slices"
)

// A block, written: rows of one shape, for a request.

// Field is a column of a shape to be made. It is of a kind that has a fixed slot or a var
// slot, and no Array, and may be absent or not.
type Field struct {
	Name   string
	Kind   Kind
	Absent bool // it may be
}

// MakeShape makes the shape of rows with these columns, which must be sorted by their names.
// It fails where the format has no room for them.
func MakeShape(fields []Field) (*Shape, error) {
	var bits, fixedSize, slots uint32
	var columns []byte
	for _, f := range fields {
		bit, slot := uint32(none), fixedSize
		flags := Flags(0)
		if f.Absent {
			flags, bit = MayBeAbsent, bits
			bits++
		}
		if h := f.Kind.held(); h.varSlot {
			slot = slots
			slots++
		} else {
			fixedSize += uint32(h.width)
		}
		columns = appendText(columns, f.Name)
		columns = append(columns, byte(f.Kind), 0, byte(flags))
		columns = appendU32s(columns, bit, slot)
		columns = appendText(columns, "")
		columns = appendU32s(columns, 0, none)
	}
	announcement := appendU32s([]byte{0}, bits, fixedSize, slots, none, uint32(len(fields)))
	return parseShape(append(announcement, columns...))
}

// appendText appends a text with its length. One that is too long for that has another length,
// so that parseShape fails.
func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(s))), s...)
}

func appendU32s(b []byte, all ...uint32) []byte {
	for _, n := range all {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// Affordable reports whether the server takes any number of rows of a shape in a request. It
// counts 64 for a row, and 96 and the length of its name for a column of it, and allows 128
// for each byte (4.0.0-beta.1: units of about a byte of its memory).
func (s *Shape) Affordable() bool {
	cost := 64
	for i := range s.Columns {
		cost += 96 + len(s.Columns[i].Name)
	}
	return cost <= 128*s.header
}

// Writer appends a block to a slice, which all its methods are given and return.
type Writer struct {
	shape *Shape
	block int // where the block begins, its batch, and the row
	batch int
	row   int
	rows  uint32
}

// Begin begins a block of rows of a shape.
func (w *Writer) Begin(b []byte, s *Shape) []byte {
	*w = Writer{shape: s, block: len(b)}
	b = append(b, blockHead...)
	b = append(appendMessage(b, messageShape, 4+len(s.announced), 0), s.announced...)
	w.batch = len(b)
	return appendU32s(appendMessage(b, messageBatch, 0, 0), 0)
}

// BeginRow begins a row, in which nothing is present that may be absent, and all else is zero.
func (w *Writer) BeginRow(b []byte) []byte {
	w.row = len(b)
	w.rows++
	b = slices.Grow(b, w.shape.header)[:len(b)+w.shape.header]
	clear(b[w.row:])
	return b
}

// SetPresent says that a column that may be absent is there.
func (w *Writer) SetPresent(b []byte, c *Column) { b[w.row+c.bit>>3] |= 1 << (c.bit & 7) }

// Fixed returns the fixed slot of a column, and what follows it.
func (w *Writer) Fixed(b []byte, c *Column) []byte { return b[w.row+c.At:] }

// EndVar ends the var slot of a column: it holds what was appended since the slot before it,
// which must have been ended, too.
func (w *Writer) EndVar(b []byte, c *Column) {
	end := len(b) - w.row - w.shape.header
	binary.LittleEndian.PutUint32(b[w.row+w.shape.endsAt+4*c.Slot:], uint32(end))
}

// End ends the block. It reports false where its rows take more bytes than a batch can say.
func (w *Writer) End(b []byte) ([]byte, bool) {
	batch := len(b) - w.batch - messageHead
	if uint64(batch) > math.MaxUint32 {
		return b, false
	}
	length := w.block + len(blockHead) - 1
	binary.BigEndian.PutUint64(b[length-8:], uint64(len(b)-length))
	binary.LittleEndian.PutUint32(b[w.batch+1:], uint32(batch))
	binary.LittleEndian.PutUint32(b[w.batch+messageHead+4:], w.rows)
	return b, true
}
