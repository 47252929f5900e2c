package surrealsql

import (
	"context"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// received decodes as rows do.
func received(t testing.TB, b []byte) any {
	t.Helper()
	var d cbor.Decoder
	d.Reset(b)
	v, err := decodeValue(&d)
	require.NoError(t, err)
	require.NoError(t, d.Tail())
	return v
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	b, err := appendValue(nil, v, encoding{})
	require.NoError(t, err)
	return b
}

func tagged(tag uint64, content []byte) []byte { return append(cbor.AppendTag(nil, tag), content...) }

func TestResultsHoldWhatDatabaseSQLCanUse(t *testing.T) {
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

func TestFormsTheServerTakesButDoesNotSendAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    []byte
		want any
	}{
		{tagged(literal.TagDateText, cbor.AppendText(nil, "2023-11-14T22:13:20.5Z")), time.Unix(1700000000, 500000000).UTC()},
		{tagged(literal.TagUUIDText, cbor.AppendText(nil, aUUID.String())), aUUID.String()},
		{tagged(literal.TagDurationText, cbor.AppendText(nil, "1h1ns")), time.Hour + 1},
		{tagged(literal.TagRecord, cbor.AppendText(nil, "person:⟨a b⟩")), RecordID("person:`a b`")},
		{[]byte{0xf7}, nil},
		{[]byte{0x9f, 1, 0xff}, []any{int64(1)}},
		{[]byte{0xbf, 0x61, 'a', 1, 0xff}, map[string]any{"a": int64(1)}},
		{[]byte{0x7f, 0x61, 'a', 0x61, 'b', 0xff}, "ab"},
		{tagged(literal.TagPoint, []byte{0x82, 1, 2}), decoded(t, []byte{0xd8, 88, 0x82, 0xf9, 0x3c, 0, 0xf9, 0x40, 0})},
	} {
		require.Equal(t, c.want, received(t, c.b))
	}
}

func TestBrokenRepliesAreErrors(t *testing.T) {
	t.Parallel()
	text := func(s string) []byte { return cbor.AppendText(nil, s) }
	for want, b := range map[string][]byte{
		"CBOR tag 99":                        tagged(99, []byte{0}),
		"a simple value":                     {0xf0},
		"a break":                            {0xff},
		"the end of the input":               {0x82, 1},
		"a record id of 3 parts":             tagged(literal.TagRecord, []byte{0x83, 0x61, 'a', 1, 2}),
		"cannot be the key":                  tagged(literal.TagRecord, []byte{0x82, 0x61, 'a', 0xf5}),
		"expected a text, found an integer":  tagged(literal.TagRecord, []byte{0x82, 1, 1}),
		"is not a record id":                 tagged(literal.TagRecord, text("p")),
		"a UUID of 1 bytes":                  tagged(literal.TagUUID, []byte{0x41, 0}),
		"a datetime of 0 parts":              tagged(literal.TagDatetime, []byte{0x80}),
		"less than a second":                 tagged(literal.TagDatetime, []byte{0x82, 0, 0x1a, 0x3b, 0x9a, 0xca, 0}),
		"a duration of 3 parts":              tagged(literal.TagDuration, []byte{0x83, 0, 0, 0}),
		"0 or more":                          tagged(literal.TagDuration, []byte{0x81, 0x20}),
		"is no datetime":                     tagged(literal.TagDateText, text("x")),
		"is no duration":                     tagged(literal.TagDurationText, text("x")),
		"a range of 1 parts":                 tagged(literal.TagRange, []byte{0x81, 0xf6}),
		"a file of 1 parts":                  tagged(literal.TagFile, []byte{0x81, 0xf6}),
		"a point of 1 parts":                 tagged(literal.TagPoint, []byte{0x81, 0xf6}),
		"CBOR tag 6 within a geometry":       tagged(literal.TagCollection, []byte{0x81, 0xc6, 0xf6}),
		"CBOR tag 89 where 88":               tagged(literal.TagLine, []byte{0x81, 0xd8, 89, 0x80}),
		"found an array":                     {0xa1, 0x80, 0},
		"within 64 bits":                     {0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"UTF-8":                              {0x61, 0xff},
		"values more than 512 deep":          []byte(strings.Repeat("\x81", 600) + "\x00"),
		"geometries more than 512 deep":      []byte(strings.Repeat("\xd8\x5e\x81", 600) + "\x00"),
		"expected 2 bytes, found the end of": {0x61},
	} {
		var d cbor.Decoder
		d.Reset(b)
		v, err := decodeValue(&d)
		require.ErrorContains(t, err, want)
		require.Nil(t, v)
	}
}

func TestScalarsAllocateOnlyTheirBox(t *testing.T) {
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

func TestExactTypesAreAskedForByContext(t *testing.T) {
	t.Parallel()
	require.False(t, exactTypes(context.Background()))
	require.True(t, exactTypes(WithExactTypes(context.Background())))
}

func TestDatabaseTypeNamesAreSurrealDBs(t *testing.T) {
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

func TestEveryValueSurvivesTheWayOutAndBack(t *testing.T) {
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
