package shapedtest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/wire"
)

// Blocks that are right, each with something that a reader could stumble over.

// Right is a block and the rows that it holds.
type Right struct {
	Name  string
	Block Block
	Rows  []any
}

// AllRight are right blocks of every sort: each kind, flag and limit. The server reads each
// of them as its rows.
func AllRight() []Right {
	return slices.Concat(rightKinds(), rightFlags(), rightArrays(), rightLayouts(), rightMessages(), rightLimits())
}

func right(name string, s *Shape, rows ...any) Right { return Right{name, Of(s, rows...), rows} }

// column is a block of one column and its values.
func column(name string, c Column, values ...any) Right {
	c.Name = "c"
	rows := make([]any, len(values))
	for i, v := range values {
		rows[i] = map[string]any{"c": v}
	}
	return right(name, Object(false, c), rows...)
}

// Examples are values of a kind, at its limits too. They may be elements of an array where
// the kind may be that of elements.
func Examples(k Kind) []any {
	switch k {
	case Bool, Bit:
		return []any{false, true}
	case Int:
		return []any{int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64)}
	case Float:
		return []any{0.0, math.Copysign(0, -1), 0.1, math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN()}
	case Datetime, DatetimeNs:
		return []any{
			Time{}, Time{-1, 999_999_999}, Time{firstSecond, 0}, Time{lastSecond, 999_999_999},
			Time{math.MaxInt64 / 1_000_000_000, 854_775_806}, Time{math.MaxInt64 / 1_000_000_000, 854_775_807},
			Time{math.MinInt64/1_000_000_000 - 1, 145_224_192}, Time{math.MinInt64/1_000_000_000 - 1, 145_224_193},
		}
	case Duration, DurationNs:
		const most = math.MaxUint64 / 1_000_000_000
		return []any{Span{}, Span{1, 1}, Span{math.MaxUint64, 999_999_999}, Span{most, 709_551_614}, Span{most, 709_551_615}, Span{most, 709_551_616}}
	case UUID:
		return []any{ID{}, ID{1, 2, 15: 255}}
	case String:
		return []any{"", "a", "\x00", "é日本", strings.Repeat("long ", 1000)}
	case Bytes:
		return []any{[]byte{}, []byte{0, 255}}
	case Decimal:
		return []any{Dec("0"), Dec("-1.5"), Dec("79228162514264337593543950335"), Dec("0.0000000000000000000000000001")}
	}
	return numberExamples(k)
}

func numberExamples(k Kind) []any {
	switch k {
	case I8:
		return []any{int8(math.MinInt8), int8(0), int8(math.MaxInt8)}
	case I16:
		return []any{int16(math.MinInt16), int16(0), int16(math.MaxInt16)}
	case I32:
		return []any{int32(math.MinInt32), int32(0), int32(math.MaxInt32)}
	case U8:
		return []any{uint8(0), uint8(math.MaxUint8)}
	case U16:
		return []any{uint16(0), uint16(math.MaxUint16)}
	case U32:
		return []any{uint32(0), uint32(math.MaxUint32)}
	case U64:
		return []any{uint64(0), uint64(math.MaxInt64), uint64(math.MaxInt64 + 1), uint64(math.MaxUint64)}
	case F32:
		return []any{float32(0), float32(0.1), float32(math.MaxFloat32), float32(math.Inf(1)), float32(math.NaN())}
	case F16:
		return []any{Half(0), Half(0x8000), Half(0x3e00), Half(0x0001), Half(0x7bff), Half(0xfc00)}
	}
	return nil
}

// keys are those that a record id may have.
var keys = []any{
	int64(-1), "tobie", "", "with spaces", ID{1}, []any{int64(1), "a"}, map[string]any{"a": nil},
	Tagged{wire.TagRange, []any{Tagged{50, int64(1)}, Tagged{51, int64(2)}}},
}

// items are values that no kind but Dynamic holds.
var items = []any{
	[]any{}, []any{int64(1), "a", nil}, map[string]any{}, map[string]any{"a": []any{None{}}},
	Tagged{wire.TagPoint, []any{1.5, 2.5}}, Tagged{wire.TagFile, []any{"bucket", "/key"}}, Tagged{wire.TagSet, []any{int64(1)}},
	Tagged{wire.TagRange, []any{nil, Tagged{50, int64(2)}}}, Tagged{wire.TagTable, "person"},
	int64(1), "text", Dec("1.5"), Time{1, 2}, Link{"person", int64(1)}, uint64(math.MaxUint64), nil, None{},
}

func rightKinds() []Right {
	links := make([]any, len(keys))
	for i, key := range keys {
		links[i] = Link{"person", key}
	}
	all := []Right{
		column("records of a table", Column{Kind: Record, Table: "person"}, links...),
		column("records of any table", Column{Kind: Record}, append(links, Link{"other", "a"}, Link{"with spaces", int64(1)})...),
		column("values of any kind", Column{Kind: Dynamic}, items...),
		right("single values", Values(), items...),
		right("objects in objects", Object(false, Column{Name: "o", Kind: ObjectKind, Columns: []Column{
			{Name: "a", Kind: U8}, {Name: "o", Kind: ObjectKind, Columns: []Column{{Name: "b", Kind: String}}},
		}}, Column{Name: "z", Kind: ObjectKind}),
			map[string]any{"o": map[string]any{"a": uint8(1), "o": map[string]any{"b": "x"}}, "z": map[string]any{}}),
	}
	for _, k := range Kinds {
		if values := Examples(k); values != nil {
			all = append(all, column(fmt.Sprintf("kind %#x", k), Column{Kind: k}, values...))
		}
	}
	return all
}

func rightFlags() (all []Right) {
	for _, k := range []Kind{Int, Bit, String, DurationNs, Dynamic, UUID, ObjectKind} {
		v := any(map[string]any{"x": true})
		if k == Dynamic {
			v = []any{}
		} else if k != ObjectKind {
			v = Examples(k)[1]
		}
		for flags, rows := range [][]any{
			{v}, {v}, {v, nil}, {v, nil, None{}},
		} {
			c := Column{Kind: k, Flags: uint8(flags)}
			if k == ObjectKind {
				c.Columns = []Column{{Name: "x", Kind: Bit}}
			}
			r := column(fmt.Sprintf("kind %#x with flags %d", k, flags), c, rows...)
			if flags&MayBeAbsent != 0 {
				c.Name = "c"
				r = right(r.Name, Object(false, c), append(r.Rows, map[string]any{})...)
			}
			all = append(all, r)
		}
	}
	return all
}

func rightArrays() (all []Right) {
	for _, k := range ElementKinds {
		all = append(all, column(fmt.Sprintf("arrays of kind %#x", k), Column{Kind: Array, Element: k, Flags: 3},
			[]any{}, Examples(k), Examples(k)[:1], nil))
	}
	return all
}

func rightLayouts() []Right {
	backwards := Object(true, Column{Name: "a", Kind: String, Flags: 3}, Column{Name: "b", Kind: U8}, Column{Name: "c", Kind: String, Flags: 3})
	a, c := &backwards.Columns[0], &backwards.Columns[2]
	a.Slot, c.Slot, a.Presence, c.Presence, backwards.Rest = 2, 0, 2, 0, 1
	shared := Object(false, Column{Name: "a", Kind: U8}, Column{Name: "b", Kind: U8}, Column{Name: "c", Kind: String}, Column{Name: "d", Kind: String})
	shared.Columns[1].Slot, shared.Columns[3].Slot = 0, 0
	gaps := Object(false, Column{Name: "a", Kind: U16}, Column{Name: "b", Kind: Bit}, Column{Name: "c", Kind: String})
	gaps.Fixed, gaps.Columns[0].Slot, gaps.Columns[1].Slot, gaps.Presence = 100, 71, 799, 17
	gaps.Vars, gaps.Columns[2].Slot = 5, 2
	wide := Values()
	wide.Vars, wide.Rest, wide.Presence, wide.Fixed = 3, 1, 9, 7
	return []Right{
		right("slots that are not in order", backwards,
			map[string]any{"a": "first", "b": uint8(1), "c": "last", "other": true}, map[string]any{"b": uint8(2), "c": nil}),
		right("slots of two columns", shared, map[string]any{"a": uint8(1), "b": uint8(1), "c": "x", "d": "x"}),
		right("slots of no column", gaps, map[string]any{"a": uint16(65535), "b": true, "c": "x"}),
		right("slots beside a single value", wide, "x", int64(1)),
		right("an open object", Object(true, Column{Name: "n", Kind: U8}),
			map[string]any{"n": uint8(1)}, map[string]any{"n": uint8(2), "a": int64(1), "z": []any{nil}}),
		right("an open object without columns", Object(true), map[string]any{}, map[string]any{"a": int64(1)}),
		right("an open object below", Object(false, Column{Name: "o", Kind: ObjectKind, Open: true, Flags: 1, Columns: []Column{{Name: "n", Kind: U8}}}),
			map[string]any{"o": map[string]any{"n": uint8(1), "a": "x"}}, map[string]any{}),
		right("values below an object that is absent", Object(false, Column{Name: "o", Kind: ObjectKind, Flags: 3, Columns: []Column{{Name: "s", Kind: String}}}),
			map[string]any{}, map[string]any{"o": nil}, map[string]any{"o": None{}}, map[string]any{"o": map[string]any{"s": "x"}}),
	}
}

func rightMessages() []Right {
	n := Object(false, Column{Name: "n", Kind: U8})
	s := Object(false, Column{Name: "s", Kind: String})
	one, text := map[string]any{"n": uint8(1)}, map[string]any{"s": "x"}
	return []Right{
		{"no message", New(), []any{}},
		{"a shape without rows", New().Announce(0, n), []any{}},
		{"a batch without rows", New().Announce(0, n).Batch(0), []any{}},
		{"messages of unknown kinds", New().Message(0, nil).Announce(7, n).Message(3, []byte{1, 2}).Batch(7, n.Row(one)).Message(255, nil), []any{one}},
		{"shapes in turns", New().Announce(1, n).Announce(math.MaxUint32, s).Batch(math.MaxUint32, s.Row(text)).Batch(1, n.Row(one), n.Row(one)).
			Batch(math.MaxUint32, s.Row(text)), []any{text, one, one, text}},
		{"an id announced twice", New().Announce(0, n).Batch(0, n.Row(one)).Announce(0, s).Batch(0, s.Row(text)), []any{one, text}},
		{"single values among objects", New().Announce(0, n).Batch(0, n.Row(one)).Announce(1, Values()).Batch(1, Values().Row("x")), []any{one, "x"}},
	}
}

func rightLimits() []Right {
	widest := map[string]any{}
	for _, c := range manyColumns(4_096) {
		widest[c.Name] = uint8(len(widest))
	}
	var deepest any = map[string]any{}
	for range 31 {
		deepest = map[string]any{"o": deepest}
	}
	large := Object(false, Column{Name: "n", Kind: U8})
	large.Fixed, large.Columns[0].Slot = 1<<20, 1<<20-1
	empty := slices.Repeat([]any{map[string]any{}}, 1_000)
	long := strings.Repeat("n", 65_535)
	return []Right{
		right("4,096 columns", Object(false, manyColumns(4_096)...), widest),
		right("objects 31 deep", Object(false, nested(31)...), deepest),
		right("a fixed region of a MiB", large, map[string]any{"n": uint8(9)}),
		right("empty rows", Object(false), empty...),
		right("rows of empty objects", Object(false, Column{Name: "o", Kind: ObjectKind}), map[string]any{"o": map[string]any{}}, map[string]any{"o": map[string]any{}}),
		right("a name and a table of 65,535 bytes", Object(false, Column{Name: long, Kind: Record, Table: long}), map[string]any{long: Link{long, "x"}}),
	}
}
