package shapedtest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/surrealsql/surrealsql/internal/wire"
)

// Shapes and rows by chance.

// Random is a shape of any columns, in any order of its slots, and one in ten times that of
// single values.
func Random(r *rand.Rand) *Shape {
	if r.IntN(10) == 0 {
		return Values()
	}
	s := Object(r.IntN(4) == 0, randomColumns(r, 1+r.IntN(12), 3)...)
	if r.IntN(2) == 0 {
		s.Scatter(r)
	}
	return s
}

func randomColumns(r *rand.Rand, n, depth int) []Column {
	columns := make([]Column, n)
	for i := range columns {
		c := Column{Name: fmt.Sprintf("c%02d", i), Kind: Kinds[r.IntN(len(Kinds))]}
		if r.IntN(2) == 0 {
			c.Flags = uint8(r.IntN(4))
		}
		switch {
		case c.Kind == Array:
			c.Element = ElementKinds[r.IntN(len(ElementKinds))]
		case c.Kind == Record && r.IntN(2) == 0:
			c.Table = "person"
		case c.Kind == ObjectKind && depth == 0:
			c.Kind = Dynamic
		case c.Kind == ObjectKind:
			c.Open = r.IntN(3) == 0
			c.Columns = randomColumns(r, r.IntN(4), depth-1)
		}
		columns[i] = c
	}
	return columns
}

// RandomRow is a value that fits the shape.
func (s *Shape) RandomRow(r *rand.Rand) any {
	if s.Root == 1 {
		return randomItem(r, 3)
	}
	return randomObject(r, s.Columns, s.Rest != NoSlot)
}

func randomObject(r *rand.Rand, columns []Placed, open bool) map[string]any {
	v := make(map[string]any)
	for len(columns) > 0 {
		c := columns[0]
		below := columns[1 : 1+c.Children]
		columns = columns[1+c.Children:]
		var states []int
		if c.Flags&MayBeAbsent != 0 {
			states = append(states, stateAbsent)
		}
		if c.Flags&MayBeNull != 0 {
			states = append(states, stateNull)
		}
		if len(states) == 2 {
			states = append(states, stateNone)
		}
		states = append(states, stateValue, stateValue)
		switch states[r.IntN(len(states))] {
		case stateNull:
			v[c.Name] = nil
		case stateNone:
			v[c.Name] = None{}
		case stateValue:
			v[c.Name] = randomValue(r, c, below)
		}
	}
	for i := range r.IntN(3) {
		if open {
			v[fmt.Sprintf("%c%d", "bd"[r.IntN(2)], i)] = randomItem(r, 2)
		}
	}
	return v
}

func randomValue(r *rand.Rand, c Placed, below []Placed) any {
	switch c.Kind {
	case ObjectKind:
		return randomObject(r, below, c.Rest != NoSlot)
	case Dynamic:
		return randomItem(r, 2)
	case Array:
		all := make([]any, r.IntN(5))
		for i := range all {
			all[i] = randomScalar(r, c.Element)
		}
		return all
	case Record:
		link := Link{Table: c.Table, Key: randomKey(r)}
		if c.Table == "" {
			link.Table = randomText(r)
		}
		return link
	}
	return randomScalar(r, c.Kind)
}

func randomKey(r *rand.Rand) any {
	switch r.IntN(5) {
	case 0:
		return randomInt(r)
	case 1:
		return randomScalar(r, UUID)
	case 2:
		return []any{randomInt(r), randomText(r)}
	case 3:
		return map[string]any{"a": randomText(r)}
	}
	return randomText(r)
}

// randomScalar is a value of a kind that may be an element, or that is held as one.
func randomScalar(r *rand.Rand, k Kind) any {
	switch k {
	case Bool, Bit:
		return r.IntN(2) == 0
	case Datetime, DatetimeNs:
		return randomTime(r)
	case Duration, DurationNs:
		return Span{uint64(randomInt(r)), uint32(r.IntN(1e9))}
	case UUID:
		var id ID
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		return id
	case String:
		return randomText(r)
	case Bytes:
		return []byte(randomText(r) + "\xff")[r.IntN(2):]
	case Decimal:
		return []Dec{"0", "1.5", "-0.0000000000000000000000000001", "79228162514264337593543950335"}[r.IntN(4)]
	}
	return randomNumber(r, k)
}

func randomNumber(r *rand.Rand, k Kind) any {
	n := randomInt(r)
	switch k {
	case Int:
		return n
	case I8:
		return int8(n)
	case I16:
		return int16(n)
	case I32:
		return int32(n)
	case U8:
		return uint8(n)
	case U16:
		return uint16(n)
	case U32:
		return uint32(n)
	case U64:
		return uint64(n)
	case Float:
		return []float64{0, math.Copysign(0, -1), 0.1, -1e300, math.Inf(1), math.MaxFloat64, float64(n)}[r.IntN(7)]
	case F32:
		return []float32{0, 0.1, -1e30, float32(math.Inf(-1)), math.SmallestNonzeroFloat32}[r.IntN(5)]
	case F16:
		return []Half{0, 0x3c00, 0x8001, 0x7bff, 0xfc00}[r.IntN(5)]
	}
	panic(fmt.Sprintf("shapedtest: no scalar of kind %#x", k))
}

func randomInt(r *rand.Rand) int64 {
	return int64(r.Uint64()) >> r.IntN(64)
}

// The server's datetimes are these (4.0.0-beta.1: what chrono holds).
const (
	firstSecond = -8_334_601_228_800
	lastSecond  = 8_210_266_876_799
)

func randomTime(r *rand.Rand) Time {
	seconds := []int64{
		0, -1, firstSecond, lastSecond, math.MaxInt64 / 1_000_000_000, math.MinInt64/1_000_000_000 - 1,
		r.Int64N(2*lastSecond) - lastSecond, r.Int64N(4e9),
	}
	nanos := []uint32{0, 999_999_999, 854_775_806, 854_775_807, 145_224_192, 145_224_193, r.Uint32N(1e9)}
	return Time{seconds[r.IntN(len(seconds))], nanos[r.IntN(len(nanos))]}
}

func randomText(r *rand.Rand) string {
	return []string{"", "a", "é", "\x00", "日本語", "with \"quotes\" and `ticks`", "a longer text, of many words"}[r.IntN(7)]
}

// randomItem is any value.
func randomItem(r *rand.Rand, depth int) any {
	if depth > 0 && r.IntN(2) == 0 {
		all := make([]any, r.IntN(4))
		for i := range all {
			all[i] = randomItem(r, depth-1)
		}
		if r.IntN(2) == 0 {
			return all
		}
		object := make(map[string]any)
		for i, v := range all {
			object[fmt.Sprint(i)] = v
		}
		return object
	}
	switch r.IntN(6) {
	case 0:
		return nil
	case 1:
		return None{}
	case 2:
		return Link{"person", randomKey(r)}
	case 3:
		return Tagged{wire.TagPoint, []any{1.5, -2.0}}
	}
	return randomScalar(r, ElementKinds[r.IntN(len(ElementKinds))])
}
