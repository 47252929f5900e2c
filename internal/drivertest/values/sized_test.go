package values

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Numbers that have a width, as 4.0 sends them: i8 to u64, f16 and f32.

// sizedProtocols are those that have tags for them.
var sizedProtocols = []surrealsql.Protocol{surrealsql.ProtocolCBOR2, surrealsql.ProtocolShaped}

// newSizedDB opens an empty database on a server and by a protocol that know such numbers.
func newSizedDB(t *testing.T, protocol surrealsql.Protocol, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	return drivertest.NewDB(t, append(change, func(c *surrealsql.Config) { c.Protocol = protocol })...)
}

func onSized(t *testing.T, test func(*testing.T, *sql.DB), change ...func(*surrealsql.Config)) {
	t.Parallel()
	for _, protocol := range sizedProtocols {
		t.Run(string(protocol), func(t *testing.T) {
			t.Parallel()
			test(t, newSizedDB(t, protocol, change...))
		})
	}
}

// sized has the limits of each width, by their literals.
var sized = map[string]any{
	"-128i8": int8(math.MinInt8), "127i8": int8(math.MaxInt8), "0u8": uint8(0), "255u8": uint8(math.MaxUint8),
	"-32768i16": int16(math.MinInt16), "32767i16": int16(math.MaxInt16), "0u16": uint16(0), "65535u16": uint16(math.MaxUint16),
	"-2147483648i32": int32(math.MinInt32), "2147483647i32": int32(math.MaxInt32), "0u32": uint32(0), "4294967295u32": uint32(math.MaxUint32),
	"0u64": uint64(0), "9223372036854775807u64": uint64(math.MaxInt64), "9223372036854775808u64": uint64(1 << 63), "18446744073709551615u64": uint64(math.MaxUint64),
	"1.5f32": float32(1.5), "1.1f32": float32(1.1), "340282350000000000000000000000000000000f32": float32(math.MaxFloat32), "-0.000000000000000000000000000000000000000000001f32": -float32(math.SmallestNonzeroFloat32),
	"<f32>'Infinity'": float32(math.Inf(1)), "1.5f16": float32(1.5), "-65504f16": float32(-65504), "0.00000006f16": float32(1.0 / (1 << 24)),
}

func TestSizedNumberArrivesAsGosNumberOfItsWidth(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		for text, want := range sized {
			typed := reflect.New(reflect.TypeOf(want))
			for _, dest := range []any{new(any), surrealsql.Into(new(any)), typed.Interface(), surrealsql.Into(typed.Interface())} {
				require.NoError(t, db.QueryRowContext(t.Context(), "RETURN "+text).Scan(dest), "%s into %T", text, dest)
			}
			require.Equal(t, want, drivertest.QueryOne[any](t, db, "RETURN "+text), text)
			require.Equal(t, want, drivertest.QueryOne[surrealsql.Value[any]](t, db, "RETURN "+text).V, text)
			require.Equal(t, want, typed.Elem().Interface(), text)
			require.Equal(t, []any{want, map[string]any{"n": want}}, drivertest.QueryOne[any](t, db, fmt.Sprintf("RETURN [%[1]s, { n: %[1]s }]", text)), text)
			require.Equal(t, want, drivertest.QueryOne[any](t, db, "SELECT n FROM [{ n: "+text+" }]"), text)
		}
	})
}

func TestSizedNumberFitsWhereItsValueDoes(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		for _, c := range []struct {
			text string
			want any
		}{
			{"5i8", 5}, {"5i8", int64(5)}, {"5i8", uint8(5)}, {"300u16", int16(300)}, {"4294967295u32", int64(math.MaxUint32)}, {"5u64", int8(5)}, {"18446744073709551615u64", uint64(math.MaxUint64)},
			{"18446744073709551615u64", "18446744073709551615"}, {"-5i8", "-5"}, {"1.1f32", "1.1"}, {"1.5f16", "1.5"}, {"5i8", 5.0}, {"18446744073709551615u64", float64(math.MaxUint64)},
			{"1.5f32", 1.5}, {"1.5f16", float32(1.5)}, {"5i8", float32(5)}, {"1i8", true}, {"5i8", []byte("5")}, {"5i8", sql.NullInt64{Int64: 5, Valid: true}}, {"5u8", sql.Null[uint8]{V: 5, Valid: true}},
			{"1.1f32", 1.1}, // database/sql goes by the text
		} {
			dest := reflect.New(reflect.TypeOf(c.want))
			require.NoError(t, db.QueryRowContext(t.Context(), "RETURN "+c.text).Scan(dest.Interface()), "%s into %s", c.text, dest.Type())
			require.Equal(t, c.want, dest.Elem().Interface(), "%s into %s", c.text, dest.Type())
		}
		for _, c := range []struct {
			text string
			dest any
		}{
			{"300u16", new(int8)}, {"300u16", new(uint8)}, {"-1i8", new(uint)}, {"-1i32", new(uint64)}, {"9223372036854775808u64", new(int64)}, {"18446744073709551615u64", new(int)}, {"1.5f32", new(int)}, {"5i8", new(bool)},
		} {
			for _, dest := range []any{c.dest, surrealsql.Into(c.dest)} {
				require.Error(t, db.QueryRowContext(t.Context(), "RETURN "+c.text).Scan(dest), "%s into %T", c.text, c.dest)
			}
		}
	})
}

func TestSizedNumberFillsStructsAndSlices(t *testing.T) {
	type reading struct {
		Sensor uint16
		Small  *int8
		Level  float32
		Wide   int64
		Exact  float64
		Hash   uint64
		Big    big.Int
		Any    any
		Vector []float32
		Flags  map[string]uint8
	}
	const object = `{ sensor: 300u16, small: -5i8, level: 1.1f32, wide: 7u32, exact: 1.1f32, hash: 18446744073709551615u64, big: 18446744073709551615u64,
		any: 9i16, vector: [1.5f32, 0.1f16, 2, 1.1f32], flags: { a: 1u8, b: 2 } }`
	small, hash := int8(-5), new(big.Int).SetUint64(math.MaxUint64)
	want := reading{Sensor: 300, Small: &small, Level: 1.1, Wide: 7, Exact: float64(float32(1.1)), Hash: math.MaxUint64, Big: *hash, Any: int16(9),
		Vector: []float32{1.5, 0.0999755859375, 2, 1.1}, Flags: map[string]uint8{"a": 1, "b": 2}}
	onSized(t, func(t *testing.T, db *sql.DB) {
		require.Equal(t, want, drivertest.QueryOne[surrealsql.Value[reading]](t, db, "SELECT o FROM [{ o: "+object+" }]").V)
		text, err := json.Marshal(drivertest.QueryOne[any](t, db, "SELECT o FROM [{ o: "+object+" }]"))
		require.NoError(t, err)
		require.JSONEq(t, `{"sensor":300,"small":-5,"level":1.1,"wide":7,"exact":1.1,"hash":18446744073709551615,"big":18446744073709551615,"any":9,
			"vector":[1.5,0.099975586,2,1.1],"flags":{"a":1,"b":2}}`, string(text))
		for field, refused := range map[string]string{"sensor": "70000u32", "small": "128i16", "hash": "-1i8", "wide": "9223372036854775808u64", "vector": "['a']"} {
			var dest reading
			err := db.QueryRowContext(t.Context(), "SELECT o FROM [{ o: { "+field+": "+refused+" } }]").Scan(surrealsql.Into(&dest))
			require.ErrorContains(t, err, "does not fit", field)
		}
	})
}

func TestSizedNumberHasItsTypesName(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		rows, err := db.QueryContext(t.Context(), "SELECT a, b, c, d, e, f, g, h, i, j, k FROM [{ a: 1i8, b: 1u8, c: 1i16, d: 1u16, e: 1i32, f: 1u32, g: 1u64, h: 1f16, i: 1f32, j: 1, k: 1i8 }, { a: 2i8, c: NULL, k: 2 }]")
		require.NoError(t, err)
		defer rows.Close()
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		names, dest := []string{}, []any{}
		for _, c := range types {
			names = append(names, c.DatabaseTypeName())
			dest = append(dest, reflect.New(c.ScanType()).Interface())
		}
		require.Equal(t, []string{"i8", "u8", "i16", "u16", "i32", "u32", "u64", "f16", "f32", "int", "any"}, names)
		for rows.Next() {
			require.NoError(t, rows.Scan(dest...))
		}
		require.NoError(t, rows.Err())
		require.Equal(t, reflect.TypeFor[int8](), withoutNull(types[0].ScanType()))
		require.Equal(t, reflect.TypeFor[sql.NullByte](), types[1].ScanType())
		require.Equal(t, reflect.TypeFor[sql.NullInt16](), types[2].ScanType())
	})
}

// withoutNull is the type of the values where a column's shape says that they may be NULL.
func withoutNull(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return t.Elem()
	case reflect.Struct:
		return t.Field(0).Type // of a sql.NullInt16
	}
	return t
}

// Fields of such a type have a place of their width in a row of the format shaped.
func TestSizedNumberComesFromTypedFields(t *testing.T) {
	fields := map[string][2]any{
		"i8": {int8(math.MinInt8), int8(math.MaxInt8)}, "u8": {uint8(0), uint8(math.MaxUint8)}, "i16": {int16(math.MinInt16), int16(math.MaxInt16)}, "u16": {uint16(0), uint16(math.MaxUint16)},
		"i32": {int32(math.MinInt32), int32(math.MaxInt32)}, "u32": {uint32(0), uint32(math.MaxUint32)}, "u64": {uint64(0), uint64(math.MaxUint64)},
		"f16": {float32(-65504), float32(1.0 / (1 << 24))}, "f32": {float32(-math.MaxFloat32), float32(1.1)},
	}
	onSized(t, func(t *testing.T, db *sql.DB) {
		for name, limits := range fields {
			drivertest.MustExec(t, db, fmt.Sprintf("DEFINE TABLE t_%[1]s SCHEMAFULL; DEFINE FIELD n ON t_%[1]s TYPE %[1]s; DEFINE FIELD maybe ON t_%[1]s TYPE option<%[1]s>; DEFINE FIELD list ON t_%[1]s TYPE array<%[1]s>", name))
			for i, v := range limits {
				record := map[string]any{"n": v, "list": []any{v, limits[0], limits[1]}}
				if i > 0 {
					record["maybe"] = v
				}
				drivertest.MustExec(t, db, fmt.Sprintf("CREATE t_%s:%d CONTENT $1", name, i), record)
			}
			rows, err := db.QueryContext(t.Context(), "SELECT list, maybe, n FROM t_"+name+" ORDER BY id")
			require.NoError(t, err)
			defer rows.Close()
			types, err := rows.ColumnTypes()
			require.NoError(t, err)
			require.Equal(t, name, types[2].DatabaseTypeName())
			require.Equal(t, reflect.TypeOf(limits[0]), withoutNull(types[2].ScanType()))
			for i, v := range limits {
				var list, maybe any
				n := reflect.New(reflect.TypeOf(v))
				require.True(t, rows.Next())
				require.NoError(t, rows.Scan(&list, &maybe, n.Interface()), name)
				require.Equal(t, []any{v, limits[0], limits[1]}, list)
				require.Equal(t, []any{nil, v}[i], maybe)
				require.Equal(t, v, n.Elem().Interface())
			}
			require.False(t, rows.Next())
			require.NoError(t, rows.Close())
			require.Equal(t, limits[1], drivertest.QueryOne[any](t, db, "SELECT VALUE n FROM t_"+name+" WHERE n = $1", limits[1]))
		}
	}, func(c *surrealsql.Config) { c.SizedNumbers = true })
}

// A key that is an array or an object keeps the width of its numbers, and is another key than
// the same without.
func TestSizedNumberInARecordIDIsPartOfIt(t *testing.T) {
	onSized(t, func(t *testing.T, db *sql.DB) {
		drivertest.MustExec(t, db, "CREATE k:[1, 2] SET n = 'plain'; CREATE k:[1i8, 2] SET n = 'sized'; CREATE k:{ a: 1.5f32 } SET n = 'object'; CREATE k:5i8 SET n = 'text'")
		for id, name := range map[surrealsql.RecordID]string{"k:[1, 2]": "plain", "k:[1i8, 2]": "sized", "k:{ a: 1.5f32 }": "object", "k:5i8": "text"} {
			require.Equal(t, id, drivertest.QueryOne[surrealsql.RecordID](t, db, "SELECT VALUE id FROM k WHERE n = $1", name))
			require.Equal(t, name, drivertest.QueryOne[string](t, db, "SELECT VALUE n FROM ONLY $1", id))
		}
		require.Equal(t, []any{int8(1), int64(2)}, surrealsql.RecordID("k:[1i8, 2]").Key())
		require.Equal(t, surrealsql.Range("1i8..=18446744073709551615u64"), drivertest.QueryOne[any](t, db, "RETURN $1", surrealsql.Range("1i8..=18446744073709551615u64")))
		require.Equal(t, surrealsql.Range("<f32>NaN..1.5f16"), drivertest.QueryOne[any](t, db, "RETURN (<f32>NaN)..1.5f16"))
	})
}

// Plain cbor widens them, and has no form for them in arguments: the server would refuse the
// request.
func TestSizedNumberIsPlainOnPlainCBOR(t *testing.T) {
	t.Parallel()
	db := newSizedDB(t, surrealsql.ProtocolCBOR, func(c *surrealsql.Config) { c.SizedNumbers = true })
	require.Equal(t, []any{int64(5), 1.5, "18446744073709551615", float64(float32(1.1))}, drivertest.QueryOne[any](t, db, "RETURN [5i8, 1.5f16, 18446744073709551615u64, 1.1f32]"))
	require.Equal(t, uint64(math.MaxUint64), drivertest.QueryOne[uint64](t, db, "RETURN 18446744073709551615u64"))
	require.Equal(t, surrealsql.RecordID("k:[1, 2]"), drivertest.QueryOne[surrealsql.RecordID](t, db, "RETURN k:[1i8, 2]"))
	require.Equal(t, "int", drivertest.QueryOne[string](t, db, "RETURN type::of($1)", int8(5)))
}

func TestSizedNumberIsRefusedWhereTheServerDoesNotKnowIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Protocol = surrealsql.ProtocolCBOR })
	for _, v := range []any{surrealsql.RecordID("k:[5i8]"), surrealsql.Range("1u8..5"), uint64(math.MaxUint64), []uint64{1 << 63}} {
		drivertest.RequireUnbroken(t, db, func() {
			_, err := db.ExecContext(t.Context(), "RETURN $1", v)
			require.ErrorIs(t, err, surrealsql.ErrInvalid, "%v", v)
			require.ErrorContains(t, err, "argument $1")
		})
	}
}
