package shapedtest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Shapes: defined as a tree of columns, laid out, and written.

// What a column may be instead of a value.
const (
	MayBeAbsent = 1
	MayBeNull   = 2
)

// NoSlot is the number of a slot or bit that a column does not have.
const NoSlot = math.MaxUint32

// Column defines a column. The columns of an object stand in the order of their names.
type Column struct {
	Name    string
	Kind    Kind
	Element Kind // of an Array
	Flags   uint8
	Table   string   // of a Record, if all values are of one
	Open    bool     // an object that also holds keys without a column
	Columns []Column // of an object
}

// Placed is a column as a shape lists it.
type Placed struct {
	Name     string
	Kind     Kind
	Element  Kind
	Flags    uint8
	Presence uint32
	Slot     uint32
	Table    string
	Children uint32
	Rest     uint32
}

// Shape is a shape as it is written. Whatever it says may be changed, to write a wrong one.
type Shape struct {
	Root     uint8
	Presence uint32 // bits
	Fixed    uint32 // bytes
	Vars     uint32 // slots
	Rest     uint32
	Columns  []Placed // depth first
}

// Values is the shape of rows that are one value each.
func Values() *Shape { return &Shape{Root: 1, Vars: 1} }

// Object is the shape of rows that are objects, laid out as the server does it for values
// (4.0.0-beta.1): presences and var slots as the columns come, an open object's remainder
// before its columns; then the fixed slots, bools last, and bits after those.
func Object(open bool, columns ...Column) *Shape {
	s := &Shape{Rest: NoSlot}
	if open {
		s.Rest = take(&s.Vars, 1)
	}
	s.place(columns)
	for _, pass := range []func(Kind) bool{
		func(k Kind) bool { return k != Bool },
		func(k Kind) bool { return k == Bool },
	} {
		for i := range s.Columns {
			if c := &s.Columns[i]; c.Kind.Width() > 0 && pass(c.Kind) {
				c.Slot = take(&s.Fixed, c.Kind.Width())
			}
		}
	}
	bits := s.Fixed * 8
	for i := range s.Columns {
		if c := &s.Columns[i]; c.Kind == Bit {
			c.Slot = take(&bits, 1)
		}
	}
	s.Fixed = (bits + 7) / 8
	return s
}

// take counts n up and returns where that began.
func take(counter *uint32, n uint32) uint32 {
	*counter += n
	return *counter - n
}

func (s *Shape) place(columns []Column) {
	for _, c := range columns {
		p := Placed{
			Name: c.Name, Kind: c.Kind, Element: c.Element, Flags: c.Flags, Table: c.Table,
			Presence: NoSlot, Slot: NoSlot, Rest: NoSlot,
		}
		if n := presenceBits(c.Flags); n > 0 {
			p.Presence = take(&s.Presence, n)
		}
		if c.Kind.IsVar() {
			p.Slot = take(&s.Vars, 1)
		}
		if c.Kind.Overflows() || c.Kind == ObjectKind && c.Open {
			p.Rest = take(&s.Vars, 1)
		}
		at := len(s.Columns)
		s.Columns = append(s.Columns, p)
		s.place(c.Columns)
		s.Columns[at].Children = uint32(len(s.Columns) - at - 1)
	}
}

func presenceBits(flags uint8) uint32 { return uint32(flags&1 + flags>>1&1) }

// Scatter gives all columns other places: bits, fixed and var slots in any order, with gaps
// between them, and var slots that nothing uses.
func (s *Shape) Scatter(r *rand.Rand) {
	var vars []*uint32
	if s.Rest != NoSlot {
		vars = append(vars, &s.Rest)
	}
	s.Presence, s.Fixed = 0, 0
	var bits []*Placed
	for _, i := range r.Perm(len(s.Columns)) {
		c := &s.Columns[i]
		if n := presenceBits(c.Flags); n > 0 {
			s.Presence += uint32(r.IntN(2))
			c.Presence = take(&s.Presence, n)
		}
		switch {
		case c.Kind == Bit:
			bits = append(bits, c)
		case c.Kind.Width() > 0:
			s.Fixed += uint32(r.IntN(3))
			c.Slot = take(&s.Fixed, c.Kind.Width())
		case c.Kind.IsVar():
			vars = append(vars, &c.Slot)
		}
		if c.Rest != NoSlot {
			vars = append(vars, &c.Rest)
		}
	}
	first := s.Fixed * 8
	for _, c := range bits {
		first += uint32(r.IntN(5))
		c.Slot = take(&first, 1)
	}
	s.Fixed = (first + 7) / 8
	s.Vars = uint32(len(vars) + r.IntN(3))
	for i, slot := range r.Perm(int(s.Vars))[:len(vars)] {
		*vars[i] = uint32(slot)
	}
}

// Head is where the columns begin in what Append writes, and the number of them ends.
const Head = 21

// Append appends the shape as a message holds it behind the shape's id.
func (s *Shape) Append(b []byte) []byte {
	b = append(b, s.Root)
	for _, n := range []uint32{s.Presence, s.Fixed, s.Vars, s.Rest, uint32(len(s.Columns))} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, c := range s.Columns {
		b = appendShort(b, c.Name)
		b = append(b, byte(c.Kind), byte(c.Element), c.Flags)
		b = binary.LittleEndian.AppendUint32(b, c.Presence)
		b = binary.LittleEndian.AppendUint32(b, c.Slot)
		b = appendShort(b, c.Table)
		b = binary.LittleEndian.AppendUint32(b, c.Children)
		b = binary.LittleEndian.AppendUint32(b, c.Rest)
	}
	return b
}

// appendShort appends a text behind a length of 16 bits.
func appendShort(b []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(text))), text...)
}
