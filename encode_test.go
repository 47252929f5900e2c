package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"net/netip"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid"
	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// Values on their way out: Go's to CBOR.

// All of these were also sent to SurrealDB 3.0.2, returned as they were and
// stored in a record.
var goingOut = map[string][]struct{ in, out any }{
	"integers": {
		{1, int64(1)}, {int8(-128), int64(-128)}, {int64(math.MaxInt64), int64(math.MaxInt64)}, {math.MinInt, int64(math.MinInt)},
		{uint8(255), int64(255)}, {uint64(math.MaxInt64), int64(math.MaxInt64)}, {json.Number("12"), int64(12)}, {big.NewInt(-5), int64(-5)}, {*big.NewInt(7), int64(7)},
	},
	"floats": {
		{1.0, 1.0}, {0.1, 0.1}, {float32(0.1), float64(float32(0.1))}, {math.Inf(1), math.Inf(1)}, {math.Inf(-1), math.Inf(-1)},
		{math.MaxFloat64, math.MaxFloat64}, {math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64}, {json.Number("1e3"), 1000.0}, {json.Number("-0.5"), -0.5},
	},
	"texts": {{"", ""}, {"a\x00'\"`⟩\n日本😀", "a\x00'\"`⟩\n日本😀"}, {aliasString("x"), "x"}, {netip.MustParseAddr("::1"), "::1"}},
	"bytes": {{[]byte{}, []byte{}}, {[]byte{0, 255}, []byte{0, 255}}, {aliasBytes{1}, []byte{1}}, {[3]byte{1, 2, 3}, []byte{1, 2, 3}}, {[]aliasByte{9}, []byte{9}}, {sql.RawBytes("x"), []byte("x")}},
	"truth": {{true, true}, {false, false}},
	"nothing": {
		{nil, nil}, {(*int)(nil), nil}, {[]byte(nil), nil}, {[]int(nil), nil}, {[]string(nil), nil}, {[]any(nil), nil}, {map[string]any(nil), nil}, {map[string]int(nil), nil},
		{sql.NullString{}, nil}, {sql.Null[RecordID]{}, nil}, {Value[int]{}, nil}, {json.RawMessage(nil), nil}, {json.RawMessage("null"), nil}, {(*RecordID)(nil), nil}, {(*gofrs.UUID)(nil), nil},
		{gofrs.NullUUID{}, nil}, {None, None}, {models.None, None}, {Value[int]{None: true}, None}, {models.CustomDateTime{}, None}, {(*models.CustomNil)(nil), nil},
	},
	"times": {
		{time.Date(1600, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(1600, 1, 1, 0, 0, 0, 1, time.UTC)},
		{time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
		{time.Time{}, time.Time{}}, {literal.MinDatetime, literal.MinDatetime},
		{literal.MaxDatetime, literal.MaxDatetime},
		{time.Unix(5, 0).In(time.FixedZone("x", 3600)), time.Unix(5, 0).UTC()}, {sql.NullTime{Time: time.Unix(5, 0), Valid: true}, time.Unix(5, 0).UTC()},
		{models.CustomDateTime{Time: time.Unix(1, 2)}, time.Unix(1, 2).UTC()}, {&models.CustomDateTime{Time: time.Unix(1, 2)}, time.Unix(1, 2).UTC()},
	},
	"durations": {
		{time.Duration(0), time.Duration(0)}, {time.Nanosecond, time.Nanosecond}, {time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)}, {LongDuration("1h"), time.Hour},
		{LongDuration("300y1ns"), LongDuration("300y1ns")}, {LongDuration("584942417355y3w5d7h15s999ms999µs999ns"), LongDuration("584942417355y3w5d7h15s999ms999µs999ns")},
		{models.CustomDuration{Duration: time.Second}, time.Second}, {models.CustomDurationString("1h1ns"), time.Hour + 1}, {LongDuration("292y24w3d23h47m16s854ms775µs807ns"), time.Duration(math.MaxInt64)},
		{LongDuration("292y24w3d23h47m16s854ms775µs808ns"), LongDuration("292y24w3d23h47m16s854ms775µs808ns")},
	},
	"decimals": {
		{Decimal("1234567890123456789012345678.9"), Decimal("1234567890123456789012345678.9")}, {Decimal("-79228162514264337593543950335"), Decimal("-79228162514264337593543950335")},
		{Decimal("1.50"), Decimal("1.5")}, {Decimal("1.5e3"), Decimal("1500")}, {Decimal("1e-28"), Decimal("0.0000000000000000000000000001")}, {Decimal("+007"), Decimal("7")}, {Decimal("-0"), Decimal("0")}, {Decimal(".5"), Decimal("0.5")},
		{new(big.Int).Lsh(big.NewInt(1), 80), Decimal("1208925819614629174706176")}, {json.Number("9223372036854775808"), Decimal("9223372036854775808")}, {models.DecimalString("1.5"), Decimal("1.5")},
		{coefficientAndExponent{-125, -1}, Decimal("-12.5")}, {&coefficientAndExponent{3, 2}, Decimal("300")}, {Decimal("10000000000000000000000000000"), Decimal("10000000000000000000000000000")},
	},
	"UUIDs": {
		{aUUID, UUID(aUUID.String())}, {&aUUID, UUID(aUUID.String())}, {[16]byte(aUUID), UUID(aUUID.String())}, {UUID("0191F0A45C3E7B7A9F0E2D7A4F1C6B55"), UUID(aUUID.String())}, {models.UUID{UUID: aUUID}, UUID(aUUID.String())},
		{&models.UUID{UUID: aUUID}, UUID(aUUID.String())}, {models.UUIDString(aUUID.String()), UUID(aUUID.String())}, {gofrs.NullUUID{UUID: aUUID, Valid: true}, UUID(aUUID.String())},
		{sql.Null[gofrs.UUID]{V: aUUID, Valid: true}, UUID(aUUID.String())}, {Value[gofrs.UUID]{V: aUUID, Valid: true}, UUID(aUUID.String())}, {aliasUUID{15: 1}, UUID("00000000-0000-0000-0000-000000000001")},
	},
	"records": {
		{RecordID("person:tobie"), RecordID("person:tobie")}, {RecordID("person:⟨a b⟩"), RecordID("person:`a b`")}, {RecordID("p:1>..=5"), RecordID("p:1>..=5")},
		{models.RecordID{Table: "a b", ID: ""}, RecordID("`a b`:``")}, {&models.RecordID{Table: "p", ID: uint(7)}, RecordID("p:7")}, {models.RecordID{Table: "p", ID: models.UUID{UUID: aUUID}}, RecordID("p:u'" + aUUID.String() + "'")},
		{sql.Null[RecordID]{V: "p:1", Valid: true}, RecordID("p:1")},
		{models.RecordRangeID[int, models.BoundIncluded[int], models.BoundExcluded[int]]{Table: "p", Range: models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]{Begin: &models.BoundIncluded[int]{Value: 1}}}, RecordID("p:1..")},
	},
	"others": {
		{Table("a b"), Table("a b")}, {models.Table("x"), Table("x")}, {NewFile("b u", "k:x"), File(`b\ u:/k\:x`)}, {Range("1.5f>..='z'"), Range("1.5f>..='z'")}, {Range(".."), Range("..")},
		{models.Range[string, models.BoundExcluded[string], models.BoundIncluded[string]]{Begin: &models.BoundExcluded[string]{Value: "a"}, End: &models.BoundIncluded[string]{Value: "b"}}, Range("'a'>..='b'")},
		{&models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]{}, Range("..")},
	},
	"geometries": {
		{aPoint, aPoint}, {&aPoint, aPoint}, {aLine, aLine}, {models.GeometryPolygon{aLine, aLine}, models.GeometryPolygon{aLine, aLine}}, {models.GeometryMultiPoint{aPoint, aPoint}, models.GeometryMultiPoint{aPoint, aPoint}},
		{models.GeometryMultiLine{aLine}, models.GeometryMultiLine{aLine}}, {models.GeometryMultiPolygon{{aLine}}, models.GeometryMultiPolygon{{aLine}}}, {models.GeometryLine{}, models.GeometryLine{}},
		{models.GeometryCollection{aPoint, aLine, models.GeometryCollection{&aPoint}}, models.GeometryCollection{aPoint, aLine, models.GeometryCollection{aPoint}}},
	},
	"lists": {
		{[]any{}, []any{}}, {[]string{"a"}, []any{"a"}}, {aliasInts{1, -1}, []any{int64(1), int64(-1)}}, {[2]bool{true}, []any{true, false}}, {[]float32{0.5}, []any{0.5}}, {[]any{None, nil, []any{}}, []any{None, nil, []any{}}},
		{Set{1, 2}, Set{int64(1), int64(2)}}, {Set(nil), Set{}}, {[]RecordID{"p:1"}, []any{RecordID("p:1")}}, {[]*int{nil}, []any{nil}}, {[]error{nil}, []any{nil}}, {[]gofrs.UUID{aUUID}, []any{UUID(aUUID.String())}},
	},
	"objects": {
		{map[string]any{}, map[string]any{}}, {map[string]any{"": 1, "a b": None}, map[string]any{"": int64(1), "a b": None}}, {map[aliasString]int{"x": 1}, map[string]any{"x": int64(1)}},
		{map[int]string{-1: "a"}, map[string]any{"-1": "a"}}, {map[uint8]string{1: "a"}, map[string]any{"1": "a"}}, {map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, map[string]any{"::1": int64(1)}},
		{json.RawMessage(`{"a":[1,1.5,null,"x",18446744073709551615]}`), map[string]any{"a": []any{int64(1), 1.5, nil, "x", Decimal("18446744073709551615")}}}, {struct{}{}, map[string]any{}},
	},
}

// coefficientAndExponent is a decimal as shopspring's is, with its trap: a Value
// method that gives a string.
type coefficientAndExponent struct {
	c int64
	e int32
}

func (d coefficientAndExponent) Coefficient() *big.Int        { return big.NewInt(d.c) }
func (d coefficientAndExponent) Exponent() int32              { return d.e }
func (d coefficientAndExponent) Value() (driver.Value, error) { return "a string", nil }

func TestEncodeSendsEveryGoValueAsWhatItIs(t *testing.T) {
	t.Parallel()
	for name, cases := range goingOut {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				require.Equal(t, c.out, sent(t, c.in), "%T %v", c.in, c.in)
				require.Equal(t, c.out, sent(t, c.out), "sent back as it came: %T %v", c.out, c.out)
			}
		})
	}
}

func TestEncodeKeepsTheBitsOfNaNAndMinusZero(t *testing.T) {
	t.Parallel()
	require.True(t, math.IsNaN(sent(t, math.NaN()).(float64)))
	require.True(t, math.Signbit(sent(t, math.Copysign(0, -1)).(float64)))
}

func TestEncodeOfNilIsNONEWhereTheConfigSaysSo(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, (*int)(nil), []byte(nil), []string(nil), []any(nil), map[string]any(nil), []int(nil), sql.NullInt64{}, Value[int]{}, gofrs.NullUUID{}} {
		b, err := appendValue(nil, v, encoding{nilIsNone: true})
		require.NoError(t, err)
		require.Equal(t, None, decoded(t, b), "%T", v)
	}
	b, err := appendValue(nil, []any{nil, map[string]*int{"a": nil}, &models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]{}}, encoding{nilIsNone: true})
	require.NoError(t, err)
	require.Equal(t, []any{None, map[string]any{"a": None}, Range("..")}, decoded(t, b), "an open range stays open")
}

// What has a width in Go goes as int and float, as ever, unless the configuration keeps it.
func TestEncodeKeepsTheWidthOfNumbersWhereItIsAskedTo(t *testing.T) {
	t.Parallel()
	type level int8
	keep := encoding{sized: true, keepWidth: true}
	for _, c := range []struct{ in, plain, kept any }{
		{int8(-5), int64(-5), int8(-5)}, {level(5), int64(5), int8(5)}, {new(int32), int64(0), int32(0)}, {uint8(200), int64(200), uint8(200)}, {int16(1), int64(1), int16(1)},
		{uint16(math.MaxUint16), int64(math.MaxUint16), uint16(math.MaxUint16)}, {uint32(math.MaxUint32), int64(math.MaxUint32), uint32(math.MaxUint32)},
		{uint64(7), int64(7), uint64(7)}, {float32(1.1), float64(float32(1.1)), float32(1.1)}, {sql.Null[int32]{V: 3, Valid: true}, int64(3), int32(3)},
		{[]float32{1.5}, []any{1.5}, []any{float32(1.5)}}, {map[string]int16{"a": 1}, map[string]any{"a": int64(1)}, map[string]any{"a": int16(1)}},
		{struct{ N uint16 }{3}, map[string]any{"N": int64(3)}, map[string]any{"N": uint16(3)}},
		{models.Range[int8, models.BoundIncluded[int8], models.BoundExcluded[int8]]{Begin: &models.BoundIncluded[int8]{Value: 1}}, Range("1.."), Range("1i8..")},
		// These have none: int is Go's int, and a key is the same however its numbers are held.
		{5, int64(5), int64(5)}, {uint(5), int64(5), int64(5)}, {int64(5), int64(5), int64(5)}, {1.5, 1.5, 1.5}, {[]uint8{1}, []byte{1}, []byte{1}},
		{models.RecordID{Table: "t", ID: int8(1)}, RecordID("t:1"), RecordID("t:1")}, {models.RecordID{Table: "t", ID: []int8{1}}, RecordID("t:[1]"), RecordID("t:[1]")},
	} {
		for want, enc := range map[*any]encoding{&c.plain: {}, &c.kept: keep} {
			b, err := appendValue(nil, c.in, enc)
			require.NoError(t, err)
			require.Equal(t, *want, decoded(t, b), "%T %v", c.in, c.in)
			narrow, err := appendValue(nil, c.plain, encoding{sized: true})
			require.NoError(t, err)
			require.Equal(t, encoded(t, c.plain), narrow, "the protocol alone changes nothing")
		}
	}
}

// Where the protocol can say it, a uint64 beyond int64 is one, and in texts a width stands.
func TestEncodeSendsWhatOnlyANumberWithAWidthHolds(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		uint64(math.MaxUint64), uint64(1 << 63), []any{uint64(math.MaxUint64)}, RecordID("t:[5i8, 18446744073709551615u64]"), RecordID("t:[<f16>NaN]..[1.5f32]"), Range("1i8..=5u64"),
		map[string]any{"id": RecordID("t:{ a: 5u8 }")},
	} {
		_, err := appendValue(nil, v, encoding{})
		require.Error(t, err, "%v", v)
		for _, keep := range []bool{false, true} {
			b, err := appendValue(nil, v, encoding{sized: true, keepWidth: keep})
			require.NoError(t, err)
			require.Equal(t, v, decoded(t, b))
		}
	}
	b, err := appendValue(nil, uint(math.MaxUint), encoding{sized: true})
	require.NoError(t, err)
	require.EqualValues(t, uint(math.MaxUint), decoded(t, b))
	_, err = appendValue(nil, models.RecordID{Table: "t", ID: uint64(math.MaxUint64)}, encoding{sized: true})
	require.ErrorContains(t, err, "cannot be the key of a record", "whose integers are int64")
}

func TestEncodeSendsUUIDsAsSixteenBytes(t *testing.T) {
	t.Parallel()
	b, err := appendValue(nil, aUUID, encoding{})
	require.NoError(t, err)
	require.Equal(t, "d825500191f0a45c3e7b7a9f0e2d7a4f1c6b55", hex.EncodeToString(b))
}

type Base struct {
	ID      RecordID `json:"id"`
	Created time.Time
	Shadow  string
}

type Deep struct{ Base2 }
type Base2 struct{ Level int }
type lender struct{ Seen int }
type Left struct{ Twice, Once int }
type Right struct {
	Twice int
	Tag   int `json:"once_tagged"`
}

func TestEncodeMakesStructsObjectsByTheirTags(t *testing.T) {
	t.Parallel()
	name := "x"
	for _, c := range []struct {
		in   any
		want map[string]any
	}{
		{struct {
			A int `surreal:"a" json:"b"`
			B int `json:"c"`
			C int
			D int `json:"-"`
			E int `surreal:"-" json:"e"`
			g int
			H int `json:",omitempty"`
		}{g: 1}, map[string]any{"a": int64(0), "c": int64(0), "C": int64(0)}},
		{struct {
			S  string           `json:"s,omitempty"`
			P  *string          `json:"p,omitempty"`
			L  []int            `json:"l,omitempty"`
			M  map[string]int   `json:"m,omitempty"`
			I  any              `json:"i,omitempty"`
			T  time.Time        `json:"t,omitempty"`
			Z  time.Time        `json:"z,omitzero"`
			ZP *time.Time       `json:"zp,omitzero"`
			N  sql.Null[string] `json:"n,omitzero"`
			A  [0]int           `json:"a,omitempty"`
		}{}, map[string]any{"t": time.Time{}}},
		{struct {
			P *string `json:"p,omitempty"`
			L []int   `json:"l"`
		}{P: &name}, map[string]any{"p": "x", "l": nil}},
		{struct {
			Base
			Shadow int
		}{Base: Base{ID: "p:1"}}, map[string]any{"id": RecordID("p:1"), "Created": time.Time{}, "Shadow": int64(0)}},
		{struct{ *Base }{}, map[string]any{}},
		{struct{ *Deep }{&Deep{Base2{3}}}, map[string]any{"Level": int64(3)}},
		{struct {
			Base2 `json:"base"`
		}{}, map[string]any{"base": map[string]any{"Level": int64(0)}}},
		{struct{ lender }{lender{1}}, map[string]any{"Seen": int64(1)}},
		{struct {
			Left
			Right
		}{}, map[string]any{"Once": int64(0), "once_tagged": int64(0)}},
		{struct {
			Left
			Twice int
		}{Twice: 1}, map[string]any{"Once": int64(0), "Twice": int64(1)}},
		{&struct{ X any }{[]any{1}}, map[string]any{"X": []any{int64(1)}}},
	} {
		require.Equal(t, c.want, sent(t, c.in), "%T", c.in)
	}
}

func TestArgsNamesItsEntries(t *testing.T) {
	t.Parallel()
	want := []any{sql.Named("age", 3), sql.Named("name", "x")}
	require.Equal(t, want, Args(map[string]any{"name": "x", "age": 3}))
	person := struct {
		Name string `json:"name"`
		Age  int    `surreal:"age"`
		Zip  string `json:"zip,omitempty"`
	}{"x", 3, ""}
	require.Equal(t, want, Args(person))
	require.Equal(t, want, Args(&person))
	require.Equal(t, []any{sql.Named("a", RecordID("p:1"))}, Args(map[aliasString]RecordID{"a": "p:1"}))
	require.Empty(t, Args(map[string]any(nil)))
}

func TestArgsOfSomethingElseFailTheQuery(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, 1, "x", []any{1}, map[int]int{}, time.Time{}, (*Base)(nil)} {
		args := Args(v)
		require.Len(t, args, 1)
		require.ErrorContains(t, checkArg(args[0]), "Args takes a map with string keys or a struct", "%T", v)
	}
}

func checkArg(v any) error { return checkNamedValue(&driver.NamedValue{Value: v}) }
