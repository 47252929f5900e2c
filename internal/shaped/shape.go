package shaped

import (
	"errors"
	"fmt"
	"sort"
	"unicode/utf8"
)

// A shape, read from its announcement and checked.

// The limits of the format.
const (
	maxColumns   = 4096
	maxDepth     = 32
	maxFixed     = 1 << 20
	maxShapes    = 65_536 // of a scope
	maxEmptyRows = 65_536 // of a batch whose rows take no bytes
)

// none stands for a slot or a bit that there is not.
const none = 0xffffffff

// Shape is what the rows of a batch have in common. It does not change once it is made.
type Shape struct {
	Columns []Column // depth first: those within an object follow it
	Single  bool     // a row is one value, in Rest, and there are no columns
	Rest    int      // the var slot of the root's remainder or of the single value, or -1

	flat      bool   // no column has any within it
	announced string // the bytes that tell all this
	presence  int    // bytes of the presence bits
	padding   byte   // the bits of the last of them that must be clear
	endsAt    int    // where the ends of the var slots begin
	header    int    // bytes before the var slots
}

// Column is one column of a shape. What reading a value takes comes first, so that it lies
// together in memory.
type Column struct {
	Kind  Kind
	Elem  Kind // of an Array
	Flags Flags
	mask  byte // of a Bit
	flat  bool // none of the columns within it has any within it
	At    int  // where in a row a fixed slot begins; of a Bit, of its byte
	Slot  int  // the var slot, or -1
	bit   int  // the first presence bit

	Name  string
	Table string // of a Record: the table of all of them, or "" where each names its own
	Next  int    // the index of the column after this one and all within it
	Rest  int    // the var slot of an Object's remainder, or of a compact time's overflow; or -1
}

// width returns how many presence bits the column has.
func (c *Column) width() int {
	switch c.Flags {
	case 0:
		return 0
	case MayBeAbsent | MayBeNull:
		return 2
	}
	return 1
}

// parseShape reads what a shape's announcement has after the id.
func parseShape(announcement []byte) (*Shape, error) {
	r := reader{left: string(announcement)}
	s := &Shape{announced: r.left}
	root, bits, fixedSize, slots, rest, count := r.u8(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32()
	switch {
	case r.short:
		return nil, errors.New("a shape that ends in its head")
	case root > 1:
		return nil, fmt.Errorf("a shape with root %d", root)
	case count > maxColumns:
		return nil, fmt.Errorf("a shape of %d columns: at most %d are allowed", count, maxColumns)
	case fixedSize > maxFixed:
		return nil, fmt.Errorf("a shape whose fixed slots take %d bytes: at most %d are allowed", fixedSize, maxFixed)
	case bits > 2*maxColumns:
		return nil, fmt.Errorf("a shape of %d presence bits", bits)
	case slots > 2*maxColumns+1:
		return nil, fmt.Errorf("a shape of %d var slots", slots)
	case root == 1 && (count != 0 || rest >= slots):
		return nil, errors.New("a shape of single values that has columns, or no slot for the value")
	case root == 0 && rest != none && rest >= slots:
		return nil, fmt.Errorf("a shape whose remainder is in slot %d of %d", rest, slots)
	case int(count)*minColumn > len(r.left):
		return nil, fmt.Errorf("a shape of %d columns in %d bytes", count, len(r.left))
	}
	s.Single, s.Rest = root == 1, orNone(rest)
	s.presence = int(bits+7) / 8
	if used := bits % 8; used != 0 {
		s.padding = 0xff << used
	}
	s.endsAt = s.presence + int(fixedSize)
	s.header = s.endsAt + 4*int(slots)
	s.Columns = make([]Column, 0, count)
	for range count {
		if err := s.parseColumn(&r, bits, fixedSize, slots); err != nil {
			return nil, err
		}
	}
	if len(r.left) > 0 {
		return nil, fmt.Errorf("a shape with %d bytes after its columns", len(r.left))
	}
	var err error
	s.flat, err = s.checkNode(0, len(s.Columns), 0)
	return s, err
}

// minColumn is how few bytes a column takes: its name has one.
const minColumn = 2 + 1 + 3 + 4 + 4 + 2 + 4 + 4

func orNone(slot uint32) int {
	if slot == none {
		return -1
	}
	return int(slot)
}

// parseColumn reads one column and checks what it says of itself. Next holds how many
// columns are within it until checkNode.
func (s *Shape) parseColumn(r *reader, bits, fixedSize, slots uint32) error {
	name := r.text()
	c := Column{Name: name, Kind: Kind(r.u8()), Elem: Kind(r.u8()), Flags: Flags(r.u8()), Rest: -1, Slot: -1}
	bit, slot := r.u32(), r.u32()
	c.Table = r.text()
	within, rest := r.u32(), r.u32()
	h := c.Kind.held()
	what := ""
	switch {
	case r.short:
		return fmt.Errorf("a shape that ends in its column %d", len(s.Columns)+1)
	case name == "" || !utf8.ValidString(name):
		what = "has no name, or one that is not UTF-8"
	case !h.known:
		what = fmt.Sprintf("is of kind 0x%02x, which this driver does not know: set protocol=cbor.2", byte(c.Kind))
	case c.Kind == Array && !c.Elem.held().element, c.Kind != Array && c.Elem != 0:
		what = fmt.Sprintf("has elements of kind 0x%02x", byte(c.Elem))
	case c.Flags&^(MayBeAbsent|MayBeNull) != 0:
		what = fmt.Sprintf("has flags 0x%02x", byte(c.Flags))
	case c.width() == 0 && bit != none, c.width() > 0 && (bit > bits || bits-bit < uint32(c.width())):
		what = fmt.Sprintf("has presence bit %d of %d", bit, bits)
	case !utf8.ValidString(c.Table), c.Kind != Record && c.Table != "":
		what = "names a table and is no record, or one that is not UTF-8"
	case c.Kind != Object && within != 0:
		what = "has columns within it and is no object"
	case h.twelve && rest >= slots, c.Kind == Object && rest != none && rest >= slots, !h.twelve && c.Kind != Object && rest != none:
		what = fmt.Sprintf("has a remainder or overflow in slot %d of %d", rest, slots)
	case h.varSlot && slot >= slots, c.Kind == Object && slot != none,
		h.width > 0 && (slot > fixedSize || fixedSize-slot < uint32(h.width)), c.Kind == Bit && slot/8 >= fixedSize:
		what = fmt.Sprintf("is in slot %d, which a row does not have", slot)
	case within > maxColumns:
		what = fmt.Sprintf("has %d columns within it", within)
	}
	if what != "" {
		return fmt.Errorf("a shape whose column %d (%.40q) %s", len(s.Columns)+1, name, what)
	}
	c.Rest, c.Next = orNone(rest), int(within)
	if c.width() > 0 {
		c.bit = int(bit)
	}
	switch {
	case h.varSlot:
		c.Slot = int(slot)
	case c.Kind == Bit:
		c.At, c.mask = s.presence+int(slot/8), 1<<(slot%8)
	case h.width > 0:
		c.At = s.presence + int(slot)
	}
	s.Columns = append(s.Columns, c)
	return nil
}

// checkNode checks how the columns of an object, or of the root, lie in each other. flat
// says that none has any within it.
func (s *Shape) checkNode(from, to, depth int) (flat bool, err error) {
	if depth >= maxDepth {
		return false, fmt.Errorf("a shape of more than %d objects in each other", maxDepth)
	}
	before, flat := "", true
	for i := from; i < to; i = s.Columns[i].Next {
		c := &s.Columns[i]
		if c.Name <= before {
			return false, fmt.Errorf("a shape whose column %.40q comes after %.40q: they are sorted, and no two are the same", c.Name, before)
		}
		before = c.Name
		if c.Next > to-i-1 {
			return false, fmt.Errorf("a shape whose column %.40q has %d columns within it, and %d are left", c.Name, c.Next, to-i-1)
		}
		flat = flat && c.Next == 0
		c.Next += i + 1
		if c.Kind == Object {
			if c.flat, err = s.checkNode(i+1, c.Next, depth+1); err != nil {
				return false, err
			}
		}
	}
	return flat, nil
}

// Find returns the index of the column with a name: of the root's, or of those within the
// object column whose index is given. Without such a column it returns -1.
func (s *Shape) Find(name string, object int) int {
	from, to, flat := 0, len(s.Columns), s.flat
	if object >= 0 {
		from, to, flat = object+1, s.Columns[object].Next, s.Columns[object].flat
	}
	if flat {
		i := from + sort.Search(to-from, func(i int) bool { return s.Columns[from+i].Name >= name })
		if i < to && s.Columns[i].Name == name {
			return i
		}
		return -1
	}
	for i := from; i < to; i = s.Columns[i].Next {
		if s.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Exact reports whether all rows of the shape are objects with the same keys.
func (s *Shape) Exact() bool {
	if s.Single || s.Rest >= 0 {
		return false
	}
	for i := 0; i < len(s.Columns); i = s.Columns[i].Next {
		if s.Columns[i].Flags&MayBeAbsent != 0 {
			return false
		}
	}
	return true
}

// Announcement returns what tells of the shape, without its id.
func (s *Shape) Announcement() string { return s.announced }

// reader reads what a text of bytes holds, and zeros after its end.
type reader struct {
	left  string
	short bool
}

func (r *reader) take(n int) string {
	if n > len(r.left) {
		r.short, r.left = true, ""
		return zeros[:min(n, len(zeros))]
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

const zeros = "\x00\x00\x00\x00"

func (r *reader) u8() byte { return r.take(1)[0] }

func (r *reader) u16() int {
	b := r.take(2)
	return int(b[0]) | int(b[1])<<8
}

func (r *reader) u32() uint32 {
	b := r.take(4)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// text reads a text with its length.
func (r *reader) text() string { return r.take(r.u16()) }
