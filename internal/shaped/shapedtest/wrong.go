package shapedtest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Blocks with one thing wrong.

// Wrong is a block that must be refused.
type Wrong struct {
	Name  string
	Block Block
	// Inside says that the format does not tell: it takes whoever decodes the CBOR item or
	// the decimal to see it.
	Inside bool
}

// AllWrong are wrong blocks of every sort. The server refuses each of them in a request.
func AllWrong() []Wrong {
	return slices.Concat(wrongMessages(), wrongShapes(), wrongColumns(), wrongRows(), wrongValues())
}

// Good is a right block that has a bit of everything that AllWrong gets wrong.
func Good() Block {
	return Of(Object(true,
		Column{Name: "a", Kind: ObjectKind, Flags: 3, Columns: []Column{{Name: "b", Kind: Bit}}},
		Column{Name: "n", Kind: Int, Flags: 1}, Column{Name: "s", Kind: String, Flags: 2},
		Column{Name: "t", Kind: DatetimeNs}),
		map[string]any{"a": map[string]any{"b": true}, "n": int64(1), "s": "x", "t": Time{1, 2}, "z": true},
		map[string]any{"s": nil, "t": Time{lastSecond, 1}})
}

func wrongMessages() []Wrong {
	one := Object(false, Column{Name: "n", Kind: U8})
	row := one.Row(map[string]any{"n": uint8(1)})
	announced := New().Announce(0, one)
	empty := New().Announce(0, Object(false))
	short := announced.Batch(0, row)
	all := []Wrong{
		{Name: "no version", Block: Block{}},
		{Name: "version 0", Block: append(Block{0}, short[1:]...)},
		{Name: "version 2", Block: append(Block{2}, short[1:]...)},
		{Name: "a message of a byte", Block: append(New(), 9)},
		{Name: "a message longer than the block", Block: append(New(), 9, 1, 0, 0, 0)},
		{Name: "a message of 4 GiB", Block: append(New(), 2, 255, 255, 255, 255)},
		{Name: "an empty shape message", Block: New().Message(MessageShape, nil)},
		{Name: "a shape message of an id", Block: New().Message(MessageShape, make([]byte, 4))},
		{Name: "an empty batch message", Block: announced.Message(MessageBatch, nil)},
		{Name: "a batch message without a count", Block: announced.Message(MessageBatch, make([]byte, 7))},
		{Name: "a batch of a shape never announced", Block: announced.Batch(1, row)},
		{Name: "a batch before its shape", Block: New().Batch(0, row).Announce(0, one)},
		{Name: "more rows than there are", Block: announced.BatchOf(0, 2, row.Append(nil))},
		{Name: "4,294,967,295 rows", Block: announced.BatchOf(0, math.MaxUint32, row.Append(nil))},
		{Name: "fewer rows than there are", Block: announced.BatchOf(0, 1, row.Append(row.Append(nil)))},
		{Name: "bytes behind no rows", Block: announced.BatchOf(0, 0, []byte{1})},
		{Name: "bytes behind empty rows", Block: empty.BatchOf(0, 3, []byte{1})},
		{Name: "65,537 empty rows", Block: empty.BatchOf(0, 65_537, nil)},
		{Name: "4,294,967,295 empty rows", Block: empty.BatchOf(0, math.MaxUint32, nil)},
		{Name: "65,537 shapes", Block: manyShapes(65_537)},
	}
	good := Good()
	for n := range good {
		if n != 0 && n != 1 && n != ends(good)[0] {
			all = append(all, Wrong{Name: fmt.Sprintf("cut after %d bytes", n), Block: good[:n]})
		}
	}
	return all
}

// ends are where the messages of a right block end.
func ends(b Block) (all []int) {
	for at := 1; at < len(b); {
		at += 5 + int(binary.LittleEndian.Uint32(b[at+1:]))
		all = append(all, at)
	}
	return all
}

// manyShapes announces a shape by many ids.
func manyShapes(n uint32) Block {
	b := New()
	for id := range n {
		b = b.Announce(id, Values())
	}
	return b
}

// reshape is a block that announces a shape that was changed.
func reshape(name string, s *Shape, change func(*Shape)) Wrong {
	change(s)
	return Wrong{Name: name, Block: New().Announce(0, s)}
}

func wrongShapes() []Wrong {
	one := func() *Shape {
		return Object(true, Column{Name: "n", Kind: U8, Flags: 1}, Column{Name: "s", Kind: String})
	}
	count := func(n uint32) Block { // a shape that claims so many columns
		b := one().Append(make([]byte, 4))
		binary.LittleEndian.PutUint32(b[4+Head-4:], n)
		return New().Message(MessageShape, b)
	}
	return []Wrong{
		reshape("root 2", one(), func(s *Shape) { s.Root = 2 }),
		reshape("root 255", one(), func(s *Shape) { s.Root = 255 }),
		reshape("columns of single values", one(), func(s *Shape) { s.Root = 1 }),
		reshape("no slot of single values", Values(), func(s *Shape) { s.Rest = NoSlot }),
		reshape("a slot of single values out of range", Values(), func(s *Shape) { s.Rest = 1 }),
		reshape("a remainder out of range", one(), func(s *Shape) { s.Rest = 2 }),
		reshape("8,193 bits", one(), func(s *Shape) { s.Presence = 8_193 }),
		reshape("4,294,967,295 bits", one(), func(s *Shape) { s.Presence = math.MaxUint32 }),
		reshape("a fixed region of more than a MiB", one(), func(s *Shape) { s.Fixed = 1<<20 + 1 }),
		reshape("a fixed region of 4 GiB", one(), func(s *Shape) { s.Fixed = math.MaxUint32 }),
		reshape("8,194 var slots", one(), func(s *Shape) { s.Vars = 8_194 }),
		reshape("4,294,967,295 var slots", one(), func(s *Shape) { s.Vars = math.MaxUint32 }),
		reshape("4,097 columns", Object(false, manyColumns(4_097)...), func(*Shape) {}),
		reshape("objects 32 deep", Object(false, nested(32)...), func(*Shape) {}),
		{Name: "more columns than there are", Block: count(3)},
		{Name: "4,294,967,295 columns", Block: count(math.MaxUint32)},
		{Name: "fewer columns than there are", Block: count(1)},
		{Name: "no columns, and bytes behind them", Block: count(0)},
	}
}

func manyColumns(n int) []Column {
	all := make([]Column, n)
	for i := range all {
		all[i] = Column{Name: fmt.Sprintf("c%05d", i), Kind: U8}
	}
	return all
}

// nested is n objects in each other.
func nested(n int) []Column {
	var below []Column
	for range n {
		below = []Column{{Name: "o", Kind: ObjectKind, Columns: below}}
	}
	return below
}

func wrongColumns() (all []Wrong) {
	columns := func() *Shape {
		return Object(true, Column{Name: "a", Kind: Array, Element: Int}, Column{Name: "b", Kind: Bit},
			Column{Name: "i", Kind: Int, Flags: 1},
			Column{Name: "o", Kind: ObjectKind, Open: true, Columns: []Column{{Name: "x", Kind: U8}, {Name: "y", Kind: U8}}},
			Column{Name: "r", Kind: Record, Table: "person"}, Column{Name: "s", Kind: String, Flags: 3},
			Column{Name: "t", Kind: DatetimeNs})
	}
	const a, b, i, o, x, y, r, s, t = 0, 1, 2, 3, 4, 5, 6, 7, 8
	wrong := func(name string, column int, change func(c *Placed)) {
		all = append(all, reshape(name, columns(), func(s *Shape) { change(&s.Columns[column]) }))
	}
	wrong("an empty name", a, func(c *Placed) { c.Name = "" })
	wrong("a name that is not UTF-8", a, func(c *Placed) { c.Name = "a\xff" })
	wrong("names out of order", b, func(c *Placed) { c.Name = "A" })
	wrong("a name twice", b, func(c *Placed) { c.Name = "a" })
	wrong("names out of order below an object", y, func(c *Placed) { c.Name = "a" })
	for _, kind := range []Kind{0, 0x15, 0x1a, 0x1f, 0x21, 255} {
		wrong(fmt.Sprintf("kind %#x", kind), b, func(c *Placed) { c.Kind = kind })
		wrong(fmt.Sprintf("element kind %#x", kind), a, func(c *Placed) { c.Element = kind })
	}
	for _, kind := range Kinds {
		if !slices.Contains(ElementKinds, kind) {
			wrong(fmt.Sprintf("elements of kind %#x", kind), a, func(c *Placed) { c.Element = kind })
		}
	}
	wrong("an element kind without an array", s, func(c *Placed) { c.Element = Int })
	wrong("flags 4", i, func(c *Placed) { c.Flags = 5 })
	wrong("flags 128", a, func(c *Placed) { c.Flags = 128 })
	wrong("a presence without a flag", a, func(c *Placed) { c.Presence = 0 })
	wrong("a flag without a presence", i, func(c *Placed) { c.Presence = NoSlot })
	wrong("a presence out of range", i, func(c *Placed) { c.Presence = 3 })
	wrong("a presence half out of range", s, func(c *Placed) { c.Presence = 2 })
	wrong("a presence that overflows", s, func(c *Placed) { c.Presence = math.MaxUint32 - 1 })
	wrong("a table of no record", s, func(c *Placed) { c.Table = "person" })
	wrong("a table that is not UTF-8", r, func(c *Placed) { c.Table = "\xc3" })
	wrong("columns below no object", s, func(c *Placed) { c.Children = 1 })
	wrong("more columns below than there are", o, func(c *Placed) { c.Children = 6 })
	wrong("4,294,967,295 columns below", o, func(c *Placed) { c.Children = math.MaxUint32 })
	wrong("a column below that has more below than its parent", x, func(c *Placed) { c.Kind, c.Slot, c.Children = ObjectKind, NoSlot, 2 })
	wrong("a remainder of no object", s, func(c *Placed) { c.Rest = 0 })
	wrong("a remainder below out of range", o, func(c *Placed) { c.Rest = 6 })
	wrong("no overflow slot", t, func(c *Placed) { c.Rest = NoSlot })
	wrong("an overflow slot out of range", t, func(c *Placed) { c.Rest = 6 })
	wrong("a slot of an object", o, func(c *Placed) { c.Slot = 0 })
	wrong("a fixed slot half out of range", i, func(c *Placed) { c.Slot = 12 })
	wrong("a fixed slot that overflows", i, func(c *Placed) { c.Slot = math.MaxUint32 - 3 })
	wrong("no fixed slot", i, func(c *Placed) { c.Slot = NoSlot })
	wrong("a bit out of range", b, func(c *Placed) { c.Slot = 19 * 8 })
	wrong("no bit", b, func(c *Placed) { c.Slot = NoSlot })
	wrong("a var slot out of range", s, func(c *Placed) { c.Slot = 6 })
	wrong("no var slot", a, func(c *Placed) { c.Slot = NoSlot })
	return all
}

func wrongRows() []Wrong {
	s := Object(false, Column{Name: "a", Kind: String, Flags: 1}, Column{Name: "b", Kind: String}, Column{Name: "n", Kind: U8})
	wrong := func(name string, change func(r *Row)) Wrong {
		r := s.Row(map[string]any{"a": "first", "b": "second", "n": uint8(1)})
		change(&r)
		return Wrong{Name: name, Block: New().Announce(0, s).Batch(0, r)}
	}
	return []Wrong{
		wrong("a bit beyond the presences", func(r *Row) { r.Presence[0] |= 2 }),
		wrong("the last bit beyond the presences", func(r *Row) { r.Presence[0] |= 128 }),
		wrong("ends out of order", func(r *Row) { r.Ends = []uint32{11, 5} }),
		wrong("ends beyond the row", func(r *Row) { r.Ends = []uint32{5, 12} }),
		wrong("ends before the row's end", func(r *Row) { r.Ends = []uint32{5, 10} }),
		wrong("an end of 4 GiB", func(r *Row) { r.Ends = []uint32{5, math.MaxUint32} }),
		wrong("all ends of 4 GiB", func(r *Row) { r.Ends = []uint32{math.MaxUint32, math.MaxUint32} }),
		wrong("no ends", func(r *Row) { r.Ends, r.Vars = []uint32{}, nil }),
		wrong("half of the fixed region", func(r *Row) { r.Fixed, r.Ends, r.Vars = nil, []uint32{}, nil }),
	}
}

// slot is a block of one row whose only var slot, that of a column, holds some bytes.
func slot(name string, c Column, b []byte) Wrong {
	c.Name = "c"
	s := Object(false, c)
	r := Row{Presence: make([]byte, (s.Presence+7)/8), Fixed: make([]byte, s.Fixed), Vars: [][]byte{b}}
	if c.Kind.Overflows() {
		r.Fixed = slices.Repeat([]byte{255}, 8)
		if c.Kind == DatetimeNs {
			r.Fixed[7] = 127
		}
	}
	return Wrong{Name: name, Block: New().Announce(0, s).Batch(0, r)}
}

// fixed is a block of one row whose only column has some bytes in the fixed region.
func fixed(name string, k Kind, b []byte) Wrong {
	s := Object(false, Column{Name: "c", Kind: k})
	return Wrong{Name: name, Block: New().Announce(0, s).Batch(0, Row{Fixed: b})}
}

func count(n uint32, rest ...byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, n), rest...)
}

// inside are what whoever reads the format alone hands on as it is.
func inside(all ...Wrong) []Wrong {
	for i := range all {
		all[i].Inside = true
	}
	return all
}

func wrongValues() []Wrong {
	const second = 1_000_000_000
	latin, half := []byte("a\xe9"), appendElement(nil, Span{1, second})
	return slices.Concat(wrongLinks(), wrongArrays(), wrongItems(), inside(
		slot("an empty decimal", Column{Kind: Decimal}, nil),
		slot("a decimal of words", Column{Kind: Decimal}, []byte("one")),
		slot("a decimal with a space", Column{Kind: Decimal}, []byte("1 ")),
		slot("a decimal of 40 digits", Column{Kind: Decimal}, []byte(strings.Repeat("9", 40))),
		slot("an element that is no decimal", Column{Kind: Array, Element: Decimal}, count(1, 1, 0, 0, 0, 'x')),
		slot("a dynamic value that is a block", Column{Kind: Dynamic}, Good().Append(nil)),
	), []Wrong{
		fixed("a bool of 2", Bool, []byte{2}),
		fixed("a bool of 255", Bool, []byte{255}),
		fixed("a datetime of a billion nanoseconds", Datetime, appendElement(nil, Time{1, second})),
		fixed("a datetime of 4,294,967,295 nanoseconds", Datetime, appendElement(nil, Time{1, math.MaxUint32})),
		fixed("a datetime just before all", Datetime, appendElement(nil, Time{firstSecond - 1, 0})),
		fixed("a datetime just after all", Datetime, appendElement(nil, Time{lastSecond + 1, 0})),
		fixed("a datetime of the least number", Datetime, appendElement(nil, Time{math.MinInt64, 0})),
		fixed("a duration of a billion nanoseconds", Duration, half),
		slot("a string that is not UTF-8", Column{Kind: String}, latin),
		slot("a string with half of a surrogate pair", Column{Kind: String}, []byte("\xed\xa0\x80")),
		slot("a string with an overlong byte", Column{Kind: String}, []byte("\xc0\x80")),
		slot("a decimal that is not UTF-8", Column{Kind: Decimal}, latin),
		slot("no overflow of a datetime", Column{Kind: DatetimeNs}, nil),
		slot("an overflow of 11 bytes", Column{Kind: DatetimeNs}, make([]byte, 11)),
		slot("an overflow of 13 bytes", Column{Kind: DurationNs}, make([]byte, 13)),
		slot("an overflow of a billion nanoseconds", Column{Kind: DurationNs}, half),
		slot("a datetime's overflow of a billion nanoseconds", Column{Kind: DatetimeNs}, half),
	})
}

func wrongLinks() []Wrong {
	of, free := Column{Kind: Record, Table: "t"}, Column{Kind: Record}
	whole := func(v any) []byte { return AppendCBOR([]byte{3}, v) }
	return []Wrong{
		slot("an empty record id", of, nil),
		slot("a key of kind 4", of, []byte{4, 'a'}),
		slot("a key of 7 bytes", of, make([]byte, 8)),
		slot("a key of 9 bytes", of, make([]byte, 10)),
		slot("a UUID key of 15 bytes", of, append([]byte{2}, make([]byte, 15)...)),
		slot("a UUID key of 17 bytes", of, append([]byte{2}, make([]byte, 17)...)),
		slot("a key that is not UTF-8", of, []byte{1, 0xff}),
		slot("half of a table's length", free, []byte{1, 1}),
		slot("a table longer than the record id", free, []byte{1, 2, 0, 't'}),
		slot("a table that is not UTF-8 in its record id", free, []byte{1, 1, 0, 0xff, 'k'}),
		slot("an integer key without its bytes", free, []byte{0, 1, 0, 't'}),
		slot("no whole record id", of, []byte{3}),
		slot("a whole record id that is a text", of, whole("t:1")),
		slot("a whole record id of another table", of, whole(Link{"u", []any{int64(1)}})),
		slot("bytes behind a whole record id", free, append(whole(Link{"t", []any{int64(1)}}), 0)),
	}
}

func wrongArrays() []Wrong {
	of := func(k Kind) Column { return Column{Kind: Array, Element: k} }
	return []Wrong{
		slot("an array without a count", of(Int), nil),
		slot("an array of half a count", of(Int), []byte{1, 0, 0}),
		slot("an array with an element too few", of(Int), count(2, make([]byte, 8)...)),
		slot("an array with an element too many", of(Int), count(0, make([]byte, 8)...)),
		slot("an array with half an element", of(U16), count(1, 1)),
		slot("an array of 4,294,967,295 elements", of(U8), count(math.MaxUint32, 1)),
		slot("an array of 1,073,741,824 texts", of(String), count(1<<30, 1)),
		slot("an array of 4,294,967,295 texts", of(String), count(math.MaxUint32)),
		slot("an array of texts with half an end", of(String), count(1, 0, 0)),
		slot("an array of texts with ends out of order", of(String), count(2, 2, 0, 0, 0, 1, 0, 0, 0, 'a', 'b')),
		slot("an array of texts with an end beyond", of(String), count(1, 2, 0, 0, 0, 'a')),
		slot("bytes behind an array of texts", of(String), count(1, 1, 0, 0, 0, 'a', 'b')),
		slot("bytes behind an array of no texts", of(String), count(0, 'a')),
		slot("an element that is not UTF-8", of(String), count(1, 1, 0, 0, 0, 0xff)),
		slot("elements that are UTF-8 together only", of(String), count(2, 1, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9)),
		slot("an element that is a bool of 2", of(Bool), count(2, 1, 2)),
		slot("an element of a billion nanoseconds", of(Duration), count(1, appendElement(nil, Span{1, 1e9})...)),
		slot("a datetime of a billion nanoseconds in an array", of(Datetime), count(1, appendElement(nil, Time{1, 1e9})...)),
	}
}

func wrongItems() []Wrong {
	rest := func(name string, item []byte) Wrong {
		s := Object(true, Column{Name: "n", Kind: U8})
		return Wrong{Name: name, Block: New().Announce(0, s).Batch(0, Row{Fixed: []byte{1}, Vars: [][]byte{item}})}
	}
	value := func(name string, item []byte) Wrong {
		return Wrong{Name: name, Block: New().Announce(0, Values()).Batch(0, Row{Vars: [][]byte{item}})}
	}
	deep := append(slices.Repeat([]byte{0x81}, 600), 1)
	return []Wrong{
		slot("an empty dynamic value", Column{Kind: Dynamic}, nil),
		slot("a dynamic value that is cut", Column{Kind: Dynamic}, []byte{0x82, 1}),
		slot("bytes behind a dynamic value", Column{Kind: Dynamic}, []byte{1, 1}),
		slot("a dynamic value of 600 arrays in each other", Column{Kind: Dynamic}, deep),
		value("an empty single value", nil),
		value("a single value that is cut", []byte{0x61}),
		value("bytes behind a single value", []byte{1, 1}),
		rest("a remainder that is no object", []byte{0x80}),
		rest("a remainder that is NULL", []byte{0xf6}),
		rest("a remainder that is cut", []byte{0xa1, 0x61, 'a'}),
		rest("bytes behind a remainder", []byte{0xa0, 0}),
		rest("a remainder with a key that is no text", []byte{0xa1, 1, 1}),
		rest("a remainder with a key that has a column", AppendCBOR(nil, map[string]any{"n": int64(1)})),
		inside(rest("a remainder with a key twice", []byte{0xa2, 0x61, 'a', 1, 0x61, 'a', 2}))[0],
	}
}
