package surrealsql

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
	"pgregory.net/rapid"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values on their way in: CBOR to what database/sql knows, or to exact types.

func tagged(tag uint64, content []byte) []byte { return append(cbor.AppendTag(nil, tag), content...) }

func TestDecodeGivesWhatDatabaseSQLCanUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sent, want any }{
		{None, nil}, {nil, nil}, {aUUID, aUUID.String()}, {Decimal("1.5"), "1.5"}, {Set{1}, []any{int64(1)}}, {Set{}, []any{}},
		{RecordID("p:1"), RecordID("p:1")}, {Table("t"), Table("t")}, {time.Hour, time.Hour}, {LongDuration("300y"), LongDuration("300y")},
		{[]any{None, nil, aUUID, map[string]any{"d": Decimal("1")}}, []any{nil, nil, aUUID.String(), map[string]any{"d": "1"}}},
		{"", ""}, {[]any{}, []any{}}, {map[string]any{}, map[string]any{}}, {[]byte{}, []byte{}},
	} {
		require.Equal(t, c.want, received(t, encoded(t, c.sent)), "%T", c.sent)
	}
}

func TestDecodeReadsFormsThatTheServerTakesButDoesNotSend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    []byte
		want any
	}{
		{tagged(wire.TagDateText, cbor.AppendText(nil, "2023-11-14T22:13:20.5Z")), time.Unix(1700000000, 500000000).UTC()},
		{tagged(wire.TagUUIDText, cbor.AppendText(nil, aUUID.String())), aUUID.String()},
		{tagged(wire.TagDurationText, cbor.AppendText(nil, "1h1ns")), time.Hour + 1},
		{tagged(wire.TagRecord, cbor.AppendText(nil, "person:⟨a b⟩")), RecordID("person:`a b`")},
		{[]byte{0xf7}, nil},
		{[]byte{0x9f, 1, 0xff}, []any{int64(1)}},
		{[]byte{0xbf, 0x61, 'a', 1, 0xff}, map[string]any{"a": int64(1)}},
		{[]byte{0x7f, 0x61, 'a', 0x61, 'b', 0xff}, "ab"},
		{tagged(wire.TagPoint, []byte{0x82, 1, 2}), decoded(t, []byte{0xd8, 88, 0x82, 0xf9, 0x3c, 0, 0xf9, 0x40, 0})},
	} {
		require.Equal(t, c.want, received(t, c.b))
	}
}

func TestDecodeOfBrokenRepliesIsAnError(t *testing.T) {
	t.Parallel()
	text := func(s string) []byte { return cbor.AppendText(nil, s) }
	for want, b := range map[string][]byte{
		"CBOR tag 99":                        tagged(99, []byte{0}),
		"a simple value":                     {0xf0},
		"a break":                            {0xff},
		"the end of the input":               {0x82, 1},
		"a record id of 3 parts":             tagged(wire.TagRecord, []byte{0x83, 0x61, 'a', 1, 2}),
		"cannot be the key":                  tagged(wire.TagRecord, []byte{0x82, 0x61, 'a', 0xf5}),
		"expected a text, found an integer":  tagged(wire.TagRecord, []byte{0x82, 1, 1}),
		"is not a record id":                 tagged(wire.TagRecord, text("p")),
		"a UUID of 1 bytes":                  tagged(wire.TagUUID, []byte{0x41, 0}),
		"a datetime of 0 parts":              tagged(wire.TagDatetime, []byte{0x80}),
		"less than a second":                 tagged(wire.TagDatetime, []byte{0x82, 0, 0x1a, 0x3b, 0x9a, 0xca, 0}),
		"a duration of 3 parts":              tagged(wire.TagDuration, []byte{0x83, 0, 0, 0}),
		"0 or more":                          tagged(wire.TagDuration, []byte{0x81, 0x20}),
		"is no datetime":                     tagged(wire.TagDateText, text("x")),
		"is no duration":                     tagged(wire.TagDurationText, text("x")),
		"a range of 1 parts":                 tagged(wire.TagRange, []byte{0x81, 0xf6}),
		"a file of 1 parts":                  tagged(wire.TagFile, []byte{0x81, 0xf6}),
		"a point of 1 parts":                 tagged(wire.TagPoint, []byte{0x81, 0xf6}),
		"CBOR tag 6 within a geometry":       tagged(wire.TagCollection, []byte{0x81, 0xc6, 0xf6}),
		"CBOR tag 89 where 88":               tagged(wire.TagLine, []byte{0x81, 0xd8, 89, 0x80}),
		"found an array":                     {0xa1, 0x80, 0},
		"within 64 bits":                     {0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"UTF-8":                              {0x61, 0xff},
		"values more than 512 deep":          []byte(strings.Repeat("\x81", 600) + "\x00"),
		"geometries more than 512 deep":      []byte(strings.Repeat("\xd8\x5e\x81", 600) + "\x00"),
		"300 is no i8: expected -128 to 127": tagged(wire.TagI8, cbor.AppendInt(nil, 300)),
		"-1 is no u8":                        tagged(wire.TagU8, cbor.AppendInt(nil, -1)),
		"32768 is no i16":                    tagged(wire.TagI16, cbor.AppendInt(nil, 32768)),
		"65536 is no u16":                    tagged(wire.TagU16, cbor.AppendInt(nil, 65536)),
		"-2147483649 is no i32":              tagged(wire.TagI32, cbor.AppendInt(nil, -1<<31-1)),
		"4294967296 is no u32":               tagged(wire.TagU32, cbor.AppendInt(nil, 1<<32)),
		"0 or more, found a negative one":    tagged(wire.TagU64, cbor.AppendInt(nil, -1)),
		"1.1 is no f16":                      tagged(wire.TagF16, cbor.AppendFloat(nil, 1.1)),
		"65505 is no f16":                    tagged(wire.TagF16, cbor.AppendFloat(nil, 65505)),
		"1.1 is no f32":                      tagged(wire.TagF32, cbor.AppendFloat(nil, 1.1)),
		"expected an integer, found a float": tagged(wire.TagI32, cbor.AppendFloat(nil, 1)),
		"expected a float, found an integer": tagged(wire.TagF32, cbor.AppendInt(nil, 1)),
		"expected an integer, found a text":  tagged(wire.TagU64, text("1")),
		"an integer, found a tag":            tagged(wire.TagI8, tagged(wire.TagI8, []byte{1})),
		"expected 2 bytes, found the end of": {0x61},
	} {
		var d cbor.Decoder
		d.Reset(b)
		v, err := decodeValue(&d)
		require.ErrorContains(t, err, want)
		require.Nil(t, v)
	}
}

func TestDecodeAllocatesOnlyTheBoxOfAScalar(t *testing.T) {
	for _, c := range []struct {
		v   any
		max float64
	}{
		{nil, 0}, {None, 0}, {true, 0}, {5, 0}, {int64(1 << 40), 1}, {1.5, 1}, {"some text", 2}, {time.Unix(1e9, 5), 1}, {time.Hour, 1},
		{RecordID("person:tobie"), 2}, {RecordID("person:1"), 2}, {aUUID, 2}, {Decimal("1.5"), 2}, {[]byte("xyz"), 2}, {aPoint, 1},
	} {
		b := encoded(t, c.v)
		var d cbor.Decoder
		got := testing.AllocsPerRun(100, func() {
			d.Reset(b)
			_, _ = decodeValue(&d)
		})
		require.LessOrEqual(t, got, c.max, "%T %v", c.v, c.v)
	}
}

func TestDecodeOfExactTypesIsAskedForByContext(t *testing.T) {
	t.Parallel()
	require.False(t, optionsOf(context.Background()).exact)
	require.True(t, optionsOf(WithExactTypes(context.Background())).exact)
}

func TestDecodeNamesTypesAsSurrealDBDoes(t *testing.T) {
	t.Parallel()
	for want, values := range map[string][]any{
		"": {nil}, "int": {1}, "float": {1.5}, "bool": {true}, "string": {""}, "bytes": {[]byte{}}, "datetime": {time.Now()}, "duration": {time.Hour, LongDuration("300y")},
		"record": {RecordID("p:1")}, "array": {[]any{}}, "object": {map[string]any{}}, "set": {Set{}}, "uuid": {aUUID}, "decimal": {Decimal("1")}, "range": {Range("..")}, "table": {Table("t")},
		"file": {NewFile("b", "k")}, "none": {None}, "geometry<point>": {aPoint}, "geometry<line>": {aLine},
	} {
		for _, v := range values {
			require.Equal(t, want, databaseTypeName(sent(t, v)))
		}
	}
	require.Equal(t, "any", databaseTypeName(struct{}{}))
}

// taggedValues has a value of each type that is told by a tag, as WithExactTypes gives it, and
// SurrealDB's name of the type.
var taggedValues = map[uint64]struct {
	name string
	v    any
}{
	wire.TagNone: {"none", None}, wire.TagTable: {"table", Table("person")}, wire.TagRecord: {"record", RecordID("person:1")},
	wire.TagDecimal: {"decimal", Decimal("12.5")}, wire.TagUUID: {"uuid", UUID("0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55")},
	wire.TagDatetime: {"datetime", time.Unix(1, 2).UTC()}, wire.TagDuration: {"duration", time.Hour},
	wire.TagRange: {"range", Range("1..5")}, wire.TagFile: {"file", NewFile("b", "k")}, wire.TagSet: {"set", Set{int64(1)}},
	wire.TagPoint: {"geometry<point>", aPoint}, wire.TagLine: {"geometry<line>", aLine},
	wire.TagPolygon:      {"geometry<polygon>", models.GeometryPolygon{aLine}},
	wire.TagMultiPoint:   {"geometry<multipoint>", models.GeometryMultiPoint{aPoint}},
	wire.TagMultiLine:    {"geometry<multiline>", models.GeometryMultiLine{aLine}},
	wire.TagMultiPolygon: {"geometry<multipolygon>", models.GeometryMultiPolygon{{aLine}}},
	wire.TagCollection:   {"geometry<collection>", models.GeometryCollection{aPoint}},
}

// The switches and tables of the codec, one each way and one of names, know the same types.
func TestDecodeKnowsTheTypesThatEncodeKnows(t *testing.T) {
	t.Parallel()
	decoded := map[uint64]bool{}
	for tag := range uint64(256) {
		var d cbor.Decoder
		d.Reset(tagged(tag, cbor.AppendNull(nil)))
		if _, err := decodeExact(&d); err == nil || !strings.Contains(err.Error(), "does not know") {
			decoded[tag] = true
		}
	}
	for _, tag := range []uint64{wire.TagDateText, wire.TagUUIDText, wire.TagDurationText} {
		require.True(t, decoded[tag])
		delete(decoded, tag) // the server takes them, but sends the others
	}
	maps.DeleteFunc(decoded, func(tag uint64, _ bool) bool { return wire.IsSized(tag) }) // by their kinds, see below
	require.True(t, decoded[wire.TagBlock])
	delete(decoded, wire.TagBlock) // rows, not a value
	require.ElementsMatch(t, slices.Collect(maps.Keys(decoded)), slices.Collect(maps.Keys(taggedValues)))
	for tag, c := range taggedValues {
		b := encoded(t, c.v)
		got, _ := wire.TagOf(b)
		require.Equal(t, tag, got, c.name)
		require.True(t, isTyped(reflect.TypeOf(c.v)), c.name)
		var d cbor.Decoder
		d.Reset(b)
		v, err := decodeExact(&d)
		require.NoError(t, err)
		require.Equal(t, c.v, v)
		require.Equal(t, c.name, databaseTypeName(v))
		dest := reflect.New(reflect.TypeOf(c.v)).Elem()
		require.NoError(t, assign(dest, v), c.name)
		require.Equal(t, c.v, dest.Interface())
	}
}

// Numbers that have a width are told by their kind in Go and by their tag in SurrealDB.
func TestDecodeGivesBackTheWidthOfNumbers(t *testing.T) {
	t.Parallel()
	seen := map[uint64]bool{wire.TagF16: true} // Go has none: it is a float32
	for _, v := range []any{
		int8(math.MinInt8), int8(math.MaxInt8), uint8(0), uint8(math.MaxUint8), int16(math.MinInt16), int16(math.MaxInt16), uint16(0), uint16(math.MaxUint16),
		int32(math.MinInt32), int32(math.MaxInt32), uint32(0), uint32(math.MaxUint32), uint64(0), uint64(math.MaxUint64), float32(1.5), float32(math.MaxFloat32), float32(1.1),
	} {
		b, err := appendValue(nil, v, encoding{sized: true, keepWidth: true})
		require.NoError(t, err)
		tag, _ := wire.TagOf(b)
		seen[tag] = true
		require.Equal(t, v, received(t, b))
		require.Equal(t, wire.SizedName(tag), databaseTypeName(v))
		var d cbor.Decoder
		d.Reset(b)
		ct, err := plainDecoding.typeOf(&d)
		require.NoError(t, err)
		require.Equal(t, columnType{name: wire.SizedName(tag), scan: reflect.TypeOf(v)}, ct)
	}
	half := tagged(wire.TagF16, cbor.AppendFloat(nil, 1.5))
	require.Equal(t, float32(1.5), received(t, half))
	var d cbor.Decoder
	d.Reset(half)
	ct, err := plainDecoding.typeOf(&d)
	require.NoError(t, err)
	require.Equal(t, columnType{name: "f16", scan: reflect.TypeFor[float32]()}, ct)
	for tag := range uint64(256) {
		require.Equal(t, wire.IsSized(tag), seen[tag], tag)
	}
	require.Equal(t, []any{int8(1), map[string]any{"a": uint16(2)}}, received(t, append([]byte{0x82}, append(tagged(wire.TagI8, []byte{1}), append([]byte{0xa1, 0x61, 'a'}, tagged(wire.TagU16, []byte{2})...)...)...)))
}

// sizedValues has the numbers of 4.0 that have a width: their limits, and what is odd.
func sizedValues() map[string][]byte {
	all := map[string][]byte{
		"0u64": tagged(wire.TagU64, cbor.AppendUint(nil, 0)), "largest u64": tagged(wire.TagU64, cbor.AppendUint(nil, math.MaxUint64)),
		"a u64 beyond int64": tagged(wire.TagU64, cbor.AppendUint(nil, 1<<63)), "a u64 within int64": tagged(wire.TagU64, cbor.AppendUint(nil, 1<<63-1)),
	}
	for tag, values := range map[uint64][]int64{
		wire.TagI8: {math.MinInt8, -1, 0, 1, math.MaxInt8}, wire.TagU8: {0, 1, math.MaxUint8}, wire.TagI16: {math.MinInt16, -1, math.MaxInt16}, wire.TagU16: {0, 300, math.MaxUint16},
		wire.TagI32: {math.MinInt32, 0, math.MaxInt32}, wire.TagU32: {1, math.MaxUint32},
	} {
		for _, v := range values {
			all[fmt.Sprint(v, wire.SizedName(tag))] = tagged(tag, cbor.AppendInt(nil, v))
		}
	}
	for _, v := range []float64{0, math.Copysign(0, -1), 1, 1.5, -65504, 1.099609375, math.NaN(), math.Inf(1), math.Inf(-1)} {
		all[fmt.Sprint(v, "f16")] = tagged(wire.TagF16, cbor.AppendFloat(nil, v))
		all[fmt.Sprint(v, "f32")] = tagged(wire.TagF32, cbor.AppendFloat(nil, v))
	}
	for _, v := range []float32{1.1, math.MaxFloat32, math.SmallestNonzeroFloat32, 16777217} {
		all[fmt.Sprint(v, "f32")] = tagged(wire.TagF32, cbor.AppendFloat(nil, float64(v)))
	}
	return all
}

// anyValue draws a value in the form that WithExactTypes gives.
func anyValue(t *rapid.T, depth int) any {
	text := rapid.String()
	kinds := 15
	if depth > 0 {
		kinds = 18
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.Int64().Draw(t, "int")
	case 1:
		return rapid.Float64().Draw(t, "float")
	case 2:
		return rapid.Bool().Draw(t, "bool")
	case 3:
		return text.Draw(t, "text")
	case 4:
		return append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)
	case 5:
		return time.Unix(rapid.Int64Range(-8e12, 8e12).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	case 6:
		return time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "duration"))
	case 7:
		return nil
	case 8:
		return None
	case 9:
		id, err := NewRecordID("t"+text.Draw(t, "table"), text.Draw(t, "key"))
		require.NoError(t, err)
		return id
	case 10:
		id, err := NewRecordID("t", rapid.SliceOfN(rapid.Int(), 1, 3).Draw(t, "keys"))
		require.NoError(t, err)
		return id
	case 11:
		return Decimal(rapid.StringMatching(`-?[1-9][0-9]{0,12}\.[0-9]{0,12}[1-9]`).Draw(t, "decimal"))
	case 12:
		return Table("t" + text.Draw(t, "table"))
	case 13:
		return NewFile("b"+text.Draw(t, "bucket"), text.Draw(t, "path"))
	case 14:
		u := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")
		return UUID(literal.AppendUUID(nil, [16]byte(u)))
	case 15:
		object := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			object[text.Draw(t, "name")] = anyValue(t, depth-1)
		}
		return object
	default:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = anyValue(t, depth-1)
		}
		return list
	}
}

func TestDecodeGivesBackEveryValueThatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		want := anyValue(rt, 3)
		b, err := appendValue(nil, want, encoding{})
		require.NoError(rt, err)
		var d cbor.Decoder
		d.Reset(b)
		got, err := decodeExact(&d)
		require.NoError(rt, err)
		require.Equal(rt, want, got)
		var v Value[any]
		require.NoError(rt, v.Scan(want))
		if v.Valid {
			require.Equal(rt, want, v.V)
		}
	})
}

func FuzzDecodeValue(f *testing.F) {
	for _, cases := range goingOut {
		for _, c := range cases {
			f.Add(encoded(f, c.in))
		}
	}
	for _, b := range sizedValues() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d, skip cbor.Decoder
		d.Reset(b)
		v, err := decodeExact(&d)
		if err != nil {
			return
		}
		skip.Reset(b)
		require.NoError(t, skip.Skip(), "what decodes is well-formed")
		require.Equal(t, skip.Offset(), d.Offset())
		again, err := appendValue(nil, v, encoding{})
		if err != nil {
			return // such as a year that SurrealDB has not
		}
		require.NotEmpty(t, again)
		var s sql.Null[any]
		_ = Into(&s).Scan(v)
	})
}
