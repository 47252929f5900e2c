package values

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Literals, for texts that take no arguments: they are the value that the argument would be.

// literals are values of every type that can be an argument, with what is easily
// read as something else.
func literals(t testing.TB) []any {
	id := func(table string, key any) surrealsql.RecordID {
		r, err := surrealsql.NewRecordID(table, key)
		require.NoError(t, err)
		return r
	}
	now := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.UTC)
	values := []any{
		nil, surrealsql.None, true, false, 0, 1, -1, int64(math.MaxInt64), int64(math.MinInt64), uint8(7),
		0.0, math.Copysign(0, -1), 1.0, -1.5, 1e300, -1e300, 5e-324, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), float32(0.1),
		"", "a", "it's", `say "it's"`, "\x00\x01\b\t\n\v\f\r\x7f", `\n\u{41}\'`, "person:1", "2024-01-01T00:00:00Z", "NONE", "é⟩`\u2028😀",
		"'; REMOVE TABLE t; --", `" + 1 + "`, "/* x */", "$_1", "{ a: 1 }", strings.Repeat("long ", 1000),
		[]byte(nil), []byte{}, []byte{0, 1, 255}, json.RawMessage(`{"a":[1,2.5,null,"x"]}`), json.Number("12"),
		now, time.Unix(0, 0).UTC(), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(12024, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 1e6, time.UTC),
		time.Duration(0), time.Nanosecond, 36*time.Hour + 5*time.Millisecond, surrealsql.LongDuration("400y2w"),
		surrealsql.Decimal("1.50"), surrealsql.Decimal("-79228162514264337593543950335"), surrealsql.Decimal("0"), new(big.Int).Lsh(big.NewInt(1), 80),
		surrealsql.UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
		surrealsql.Table("person"), surrealsql.Table("select"), surrealsql.Table("odd `name`"), surrealsql.Table("none"),
		id("person", 1), id("person", -5), id("person", "tobie"), id("person", "1"), id("person", "a-b c"), id("select", "from"), id("t", "`⟩\\"), id("none", "true"), id("fn", "rand"), id("function", "ulid"),
		id("person", []any{"a", 1, -2, id("b", 2)}), id("person", map[string]any{"a": 1, "b": "x"}), id("p", surrealsql.UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")),
		surrealsql.RecordID("person:1..5"), surrealsql.RecordID("person:a..=b"),
		surrealsql.Range("1..5"), surrealsql.Range("-5..=5"), surrealsql.Range(".."), surrealsql.Range("'a'>..'b'"), surrealsql.Range("1.."), surrealsql.Range("[1, -2]..[3]"),
		surrealsql.Set{}, surrealsql.Set{1}, surrealsql.Set{1, 2, "x"}, surrealsql.Set{id("a", 1), id("b", 2)}, surrealsql.Set{id("a", 1)}, surrealsql.Set{surrealsql.Set{1}},
		[]any{}, []any{1, "a", nil, surrealsql.None, []any{-1}}, []string{"a", "b"}, []int{1, -2, 3}, [3]int{1, 2, 3},
		map[string]any{}, map[string]any{"a": 1, "b": map[string]any{"c": -1}}, map[string]any{"select": 1, "": 2, "odd 'key\"": 3, "1": 4, "a.b": 5, "`": 6, "NaN": 7},
		map[string]any{"type": "Point", "coordinates": []any{1, 2}}, map[string]any{"type": "LineString", "coordinates": []any{[]any{1.0, 2.0}, []any{3.0, 4.0}}},
		map[string]any{"type": "GeometryCollection", "geometries": []any{}}, map[string]any{"type": "other"}, map[string]any{"a": map[string]any{"type": "Point", "coordinates": []any{1, 2}, "x": 1}},
		struct {
			A int    `json:"a"`
			B string `json:"b"`
		}{1, "x"},
		point(1.5, -2), models.GeometryLine{point(1, 2), point(3, 4.5)},
		models.GeometryPolygon{models.GeometryLine{point(0, 0), point(0, 1), point(1, 1), point(0, 0)}},
		models.GeometryMultiPoint{point(1, 2), point(3, 4)},
		models.GeometryCollection{point(1, 2), models.GeometryLine{point(1, 2), point(3, 4)}},
		sql.NullString{String: "x", Valid: true}, sql.NullInt64{}, surrealsql.Value[int]{V: 3, Valid: true},
	}
	return append(values, nested(12), nested(8, surrealsql.Set{1}))
}

func point(x, y float64) models.GeometryPoint { return models.GeometryPoint{Longitude: x, Latitude: y} }

func nested(depth int, leaf ...any) any {
	var v any = append(leaf, 1)[0]
	for range depth {
		v = []any{v}
	}
	return v
}

func TestLiteralIsWhatTheArgWouldBe(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, v := range literals(t) {
		text, err := surrealsql.Literal(v)
		require.NoError(t, err, "%#v", v)
		require.Equal(t, "[true, true]", drivertest.QueryOne[string](t, db,
			`RETURN <string>[type::of($1) == type::of(`+text+`), [$1] == [`+text+`] OR <string>$1 == 'NaN' AND <string>`+text+` == 'NaN']`, v), "%#v: %s", v, text)

		// Next to what may glue to it, and in a definition, where it stays itself.
		require.Equal(t, "true", drivertest.QueryOne[string](t, db, `RETURN <string>([1, [`+text+`]][1] == [$1] OR <string>$1 == 'NaN')`, v), text)
		if _, points := v.(models.GeometryCollection); points {
			continue // which 3.0.2 and 3.3.5 write down as an object
		}
		drivertest.MustExec(t, db, `DEFINE TABLE OVERWRITE kept SCHEMALESS; DEFINE FIELD OVERWRITE v ON kept DEFAULT `+text+` PERMISSIONS FULL; DELETE kept; CREATE kept:1`)
		require.Equal(t, "true", drivertest.QueryOne[string](t, db, `RETURN <string>([kept:1.v] == [$1] OR <string>$1 == 'NaN')`, v), "default: %s", text)
	}
}

func TestLiteralOfAFileIsReadWhateverItsNameIs(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3") // the embedded engine has no files
	db := drivertest.NewDB(t)
	for _, key := range []string{"a b", "é/😀", "it's", `say "it's"`, `a\b`, "a:b", "a\n\x00b", "(x)[1]{2}?#%&+~@!$"} {
		for _, file := range []surrealsql.File{surrealsql.NewFile("b", key), surrealsql.NewFile("b"+key, "k")} {
			text, err := surrealsql.Literal(file)
			require.NoError(t, err)
			require.True(t, drivertest.QueryOne[bool](t, db, `RETURN [1,`+text+`][1] == $1 AND type::of(`+text+`) == 'file'`, file), text)
			drivertest.MustExec(t, db, `DEFINE TABLE OVERWRITE kept SCHEMALESS; DEFINE FIELD OVERWRITE v ON kept DEFAULT `+text+` PERMISSIONS FULL; DELETE kept; CREATE kept:1`)
			require.Equal(t, file, drivertest.QueryOne[surrealsql.File](t, db, `SELECT v FROM kept:1`), text)
		}
	}
	text, err := surrealsql.Literal(surrealsql.NewFile("b", "/k-1/x_y.png"))
	require.NoError(t, err)
	require.Equal(t, `f"b:/k-1/x_y.png"`, text)
}

func TestLiteralThatIsNegativeMakesNoComment(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for _, v := range []any{-5, -2.5, surrealsql.Decimal("-1.5"), math.Inf(-1)} {
		text, err := surrealsql.Literal(v)
		require.NoError(t, err)
		require.True(t, drivertest.QueryOne[bool](t, db, `RETURN (1 -`+text+`) == (1 - $1)`, v), text)
		require.True(t, drivertest.QueryOne[bool](t, db, `RETURN [2*`+text+`,`+text+`-1] == [2 * $1, $1 - 1]`, v), text)
	}
}

func TestLiteralThatCannotBeSaysWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    any
		says string
	}{
		{make(chan int), "chan int"},
		{map[string]any{"a": []any{func() {}}}, "a[0]"},
		{uint64(math.MaxUint64), "beyond"},
		{"\xff", "UTF-8"},
		{-time.Second, "negative"},
		{sql.Out{}, "OUT"},
		{surrealsql.RecordID("person"), "person"},
		{nested(60), "in each other"},
		{nested(200), "in each other"},
	} {
		text, err := surrealsql.Literal(c.v)
		require.ErrorContains(t, err, "surrealsql: Literal: ", fmt.Sprint(c.v))
		require.ErrorContains(t, err, c.says)
		require.Empty(t, text)
	}
}

// FuzzLiteralKeepsItsTextInside asks the server itself: whatever a string holds,
// the literal is the string, as a value, as a key and as a record's.
func FuzzLiteralKeepsItsTextInside(f *testing.F) {
	for _, seed := range []string{"a", "it's", `"`, "`", `\`, `\\'`, `\u{27}`, "⟨⟩", "'; RETURN 1; --", "\x00", "$1", "*/", "Point", "-5"} {
		f.Add(seed)
	}
	db := drivertest.NewDB(f)
	f.Fuzz(func(t *testing.T, s string) {
		id, err := surrealsql.NewRecordID("t", s)
		if err != nil || strings.ContainsRune(s, 0) {
			return // no text of SurrealDB's, or none that a key may be
		}
		for _, v := range []any{s, map[string]any{s: s, "type": s, "coordinates": []any{1, 2}}, []any{s, id}, surrealsql.Set{s}, id} {
			text, err := surrealsql.Literal(v)
			require.NoError(t, err)
			require.True(t, drivertest.QueryOne[bool](t, db, `RETURN [$1] == [`+text+`]`, v), text)
		}
	})
}
