package shapedtest

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"reflect"
	"slices"
)

// Rows, written by their shape.

// Row is the parts of a row, which may be changed to write a wrong one.
type Row struct {
	Presence []byte
	Fixed    []byte
	Vars     [][]byte // what each var slot holds
	Ends     []uint32 // where each ends; nil is as Vars have it
}

// Append appends the row.
func (r Row) Append(b []byte) []byte {
	b = append(append(b, r.Presence...), r.Fixed...)
	ends := r.Ends
	if ends == nil {
		end := uint32(0)
		for _, v := range r.Vars {
			end += uint32(len(v))
			ends = append(ends, end)
		}
	}
	for _, end := range ends {
		b = binary.LittleEndian.AppendUint32(b, end)
	}
	return append(b, slices.Concat(r.Vars...)...)
}

// Row writes a value as a row: an object as map[string]any.
func (s *Shape) Row(v any) Row {
	r := Row{Presence: make([]byte, (s.Presence+7)/8), Fixed: make([]byte, s.Fixed), Vars: make([][]byte, s.Vars)}
	if s.Root == 1 {
		r.Vars[s.Rest] = AppendCBOR(nil, v)
		return r
	}
	r.object(s.Columns, s.Rest, v.(map[string]any))
	return r
}

// object writes the columns of an object, and its other keys into its remainder.
func (r *Row) object(columns []Placed, rest uint32, v map[string]any) {
	others := maps.Clone(v)
	for len(columns) > 0 {
		c := columns[0]
		below := columns[1 : 1+c.Children]
		columns = columns[1+c.Children:]
		value, is := v[c.Name]
		delete(others, c.Name)
		if r.present(c, value, is) {
			r.value(c, below, value)
		}
	}
	switch {
	case len(others) == 0:
	case rest == NoSlot:
		panic(fmt.Sprintf("shapedtest: no column for %v", slices.Sorted(maps.Keys(others))))
	default:
		r.Vars[rest] = AppendCBOR(nil, others)
	}
}

// What the two bits of a column say that may be absent and may be NULL.
const (
	stateAbsent = iota
	stateValue
	stateNull
	stateNone
)

// present writes what a column is, and reports whether that is a value.
func (r *Row) present(c Placed, v any, is bool) bool {
	state := stateValue
	switch {
	case !is:
		state = stateAbsent
	case v == nil:
		state = stateNull
	case v == None{}:
		state = stateNone
	}
	fits := state == stateValue || state == stateNull && c.Flags&MayBeNull != 0 ||
		state == stateAbsent && c.Flags&MayBeAbsent != 0 || state == stateNone && c.Flags == MayBeAbsent|MayBeNull
	if c.Kind == Dynamic && !fits && is { // NULL and NONE are items too
		state, fits = stateValue, true
	}
	switch {
	case !fits:
		panic(fmt.Sprintf("shapedtest: column %s with flags %d is %v (%t)", c.Name, c.Flags, v, is))
	case c.Flags == MayBeAbsent|MayBeNull:
		setBits(r.Presence, c.Presence, state)
	case c.Flags != 0 && state == stateValue:
		setBits(r.Presence, c.Presence, 1)
	}
	return state == stateValue
}

// setBits sets those of the two bits at a place that v has.
func setBits(b []byte, at uint32, v int) {
	for ; v != 0; v &= v - 1 {
		bit := at + uint32(bits.TrailingZeros(uint(v)))
		b[bit/8] |= 1 << (bit % 8)
	}
}

func (r *Row) value(c Placed, below []Placed, v any) {
	if c.Kind != Dynamic {
		fits(c.Kind, v)
	}
	switch {
	case c.Kind == ObjectKind:
		r.object(below, c.Rest, v.(map[string]any))
	case c.Kind == Bit:
		if v.(bool) {
			setBits(r.Fixed, c.Slot, 1)
		}
	case c.Kind.Overflows():
		r.nanoseconds(c, v)
	case c.Kind.Width() > 0:
		copy(r.Fixed[c.Slot:], appendElement(nil, v))
	case c.Kind == Record:
		r.Vars[c.Slot] = appendLink(c.Table, v.(Link))
	case c.Kind == Dynamic:
		r.Vars[c.Slot] = AppendCBOR(nil, v)
	case c.Kind == Array:
		r.Vars[c.Slot] = appendArray(c.Element, v.([]any))
	default:
		r.Vars[c.Slot] = appendElement(nil, v)
	}
}

// nanoseconds writes a datetime or duration as a number of nanoseconds, or into its overflow
// slot if it is too large for that.
func (r *Row) nanoseconds(c Placed, v any) {
	var ns uint64
	var fits bool
	long := appendElement(nil, v)
	switch v := v.(type) {
	case Time:
		ns, fits = timeNs(v)
	case Span:
		hi, lo := bits.Mul64(v.Seconds, 1e9)
		sum, carry := bits.Add64(lo, uint64(v.Nanos), 0)
		if ns, fits = sum, hi == 0 && carry == 0 && sum != math.MaxUint64; !fits {
			ns = math.MaxUint64
		}
	}
	binary.LittleEndian.PutUint64(r.Fixed[c.Slot:], ns)
	if !fits {
		r.Vars[c.Rest] = long
	}
}

// timeNs is a datetime in nanoseconds, or the number that stands for one that does not fit.
func timeNs(v Time) (ns uint64, fits bool) {
	const most, least = math.MaxInt64 / 1_000_000_000, math.MinInt64/1_000_000_000 - 1
	if v.Seconds > least && v.Seconds < most || v.Seconds == most && v.Nanos < 854_775_807 ||
		v.Seconds == least && v.Nanos > 145_224_192 {
		return uint64(v.Seconds*1e9 + int64(v.Nanos)), true
	}
	if v.Seconds < 0 {
		return 1 << 63, false
	}
	return math.MaxInt64, false
}

// fits panics where a value is not of a kind.
func fits(k Kind, v any) {
	switch {
	case k == Bit:
		k = Bool
	case k == DatetimeNs:
		k = Datetime
	case k == DurationNs:
		k = Duration
	}
	if kindOf(v) != k {
		panic(fmt.Sprintf("shapedtest: a %T in a column of kind %#x", v, k))
	}
}

// kindOf is the kind in which a value is held as it is.
func kindOf(v any) Kind {
	for k, example := range map[Kind]any{
		Bool: false, Int: int64(0), Float: 0.0, Datetime: Time{}, Duration: Span{}, UUID: ID{},
		I8: int8(0), I16: int16(0), I32: int32(0), U8: uint8(0), U16: uint16(0), U32: uint32(0), U64: uint64(0),
		F32: float32(0), F16: Half(0), String: "", Bytes: []byte{}, Decimal: Dec(""), Record: Link{},
		Array: []any{}, ObjectKind: map[string]any{},
	} {
		if reflect.TypeOf(example) == reflect.TypeOf(v) {
			return k
		}
	}
	return Dynamic
}

// appendElement appends a value in the form that elements of arrays have too.
func appendElement(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(b, v...)
	case []byte:
		return append(b, v...)
	case Dec:
		return append(b, v...)
	case ID:
		return append(b, v[:]...)
	case Time:
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(b, uint64(v.Seconds)), v.Nanos)
	case Span:
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(b, v.Seconds), v.Nanos)
	}
	b, err := binary.Append(b, binary.LittleEndian, v)
	if err != nil {
		panic(err)
	}
	return b
}

func appendArray(k Kind, v []any) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(v)))
	var elements []byte
	for _, element := range v {
		fits(k, element)
		elements = appendElement(elements, element)
		if k.IsVar() {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(elements)))
		}
	}
	return append(b, elements...)
}

// appendLink writes a record id, whose table stands in it where the column names none.
func appendLink(table string, v Link) []byte {
	if table != "" && table != v.Table {
		panic(fmt.Sprintf("shapedtest: a record of %s in a column of %s", v.Table, table))
	}
	var code byte
	var key []byte
	switch k := v.Key.(type) {
	case int64:
		key = binary.LittleEndian.AppendUint64(nil, uint64(k))
	case string:
		code, key = 1, []byte(k)
	case ID:
		code, key = 2, k[:]
	default:
		return AppendCBOR([]byte{3}, v)
	}
	b := []byte{code}
	if table == "" {
		b = appendShort(b, v.Table)
	}
	return append(b, key...)
}
