package queries

import (
	"context"
	"database/sql"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What ColumnTypes says, and that its scan types take what comes.

// scanByType scans all rows into variables of the types that the columns name, as
// tools do.
func scanByType(t *testing.T, ctx context.Context, db *sql.DB, text string, args ...any) (types []reflect.Type, count int) {
	t.Helper()
	rows, err := db.QueryContext(ctx, text, args...)
	require.NoError(t, err, text)
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	require.NoError(t, err, text)
	dest := make([]any, len(columns))
	for i, c := range columns {
		types = append(types, c.ScanType())
		dest[i] = reflect.New(c.ScanType()).Interface()
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(dest...), "%s: %v", text, types)
		count++
	}
	require.NoError(t, rows.Err())
	return types, count
}

func TestColumnTypeForScanTakesANULL(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for value, want := range map[string]reflect.Type{
		"7": reflect.TypeFor[sql.NullInt64](), "7.5": reflect.TypeFor[sql.NullFloat64](), "true": reflect.TypeFor[sql.NullBool](), "'x'": reflect.TypeFor[sql.NullString](), "7.5dec": reflect.TypeFor[sql.NullString](),
		"<bytes>'x'": reflect.TypeFor[[]byte](), "d'2024-02-29T12:00:00Z'": reflect.TypeFor[sql.NullTime](), "1h": reflect.TypeFor[*time.Duration](), "300y": reflect.TypeFor[*surrealsql.LongDuration](),
		"person:1": reflect.TypeFor[*surrealsql.RecordID](), "[1]": reflect.TypeFor[*[]any](), "{ a: 1 }": reflect.TypeFor[*map[string]any](), "{1,}": reflect.TypeFor[*[]any](), "1..2": reflect.TypeFor[*surrealsql.Range](),
		"(1, 2)": reflect.TypeFor[*models.GeometryPoint](), "u'0191f0a4-5c3e-7b7a-9f0e-2d7a4f1c6b55'": reflect.TypeFor[sql.NullString](),
	} {
		for _, nothing := range []string{"NULL", "NONE"} {
			for _, list := range []string{"{ x: " + value + " }, { x: " + nothing + " }", "{ x: " + nothing + " }, { x: " + value + " }", "{ x: " + value + " }, {}"} {
				types, count := scanByType(t, t.Context(), db, "SELECT x FROM ["+list+"]")
				require.Equal(t, []reflect.Type{want}, types, list)
				require.Equal(t, 2, count)
			}
		}
	}
	types, _ := scanByType(t, t.Context(), db, "SELECT * FROM [{ x: 1, y: 1 }, { x: 'a' }, { y: NULL, z: NONE }]")
	require.Equal(t, []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[any]()}, types)
}

func TestColumnTypeForScanTakesNONEWithExactTypesToo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ctx := surrealsql.WithExactTypes(t.Context())
	types, count := scanByType(t, ctx, db, "SELECT a, b, c, d FROM [{ a: 1, b: 1, c: 1dec, d: {1,} }, { a: NONE, b: NULL, c: NULL, d: NULL }]")
	require.Equal(t, 2, count)
	require.Equal(t, []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[*surrealsql.Decimal](), reflect.TypeFor[*surrealsql.Set]()}, types)
}

func TestColumnTypeForScanTakesTheNULLsOfRowsThatHaveNotArrived(t *testing.T) {
	t.Parallel()
	list := drivertest.Numbers(20_000)
	_, count := scanByType(t, t.Context(), drivertest.NewDB(t), "SELECT IF $this < 19990 { $this } ELSE { NULL } AS i, IF $this < 19990 { person:1 } AS r FROM $1", list)
	require.Equal(t, 20_000, count)
}

// columnTypes returns the types of a text's first result set, and reads all of
// its rows afterwards: asking must not move the row that comes next.
func columnTypes(t *testing.T, db *sql.DB, text string) (types []*sql.ColumnType, rowCount int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	require.NoError(t, err, text)
	defer rows.Close()
	types, err = rows.ColumnTypes()
	require.NoError(t, err, text)
	dest := make([]any, len(types))
	for i := range dest {
		dest[i] = new(any)
	}
	for rows.Next() {
		require.NoError(t, rows.Scan(dest...), text)
		rowCount++
	}
	require.NoError(t, rows.Err(), text)
	return types, rowCount
}

// tellsTypes reports whether the server tells the types of columns.
func tellsTypes(t *testing.T, db *sql.DB) (shaped bool) {
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		shaped = c.Protocol() == surrealsql.ProtocolShaped
		return nil
	})
	return shaped
}

// nullable are the types that take a NULL, too.
var nullable = map[reflect.Type]reflect.Type{
	reflect.TypeFor[int64](): reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[float64](): reflect.TypeFor[sql.NullFloat64](),
	reflect.TypeFor[bool](): reflect.TypeFor[sql.NullBool](), reflect.TypeFor[string](): reflect.TypeFor[sql.NullString](),
	reflect.TypeFor[time.Time](): reflect.TypeFor[sql.NullTime](), reflect.TypeFor[[]byte](): reflect.TypeFor[[]byte](),
	reflect.TypeFor[any](): reflect.TypeFor[any](),
}

func takesNull(scan reflect.Type) reflect.Type {
	if n := nullable[scan]; n != nil {
		return n
	}
	return reflect.PointerTo(scan)
}

func TestColumnTypesAreReadOffTheResult(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	told := tellsTypes(t, db)
	untold := map[string]bool{"array": true, "set": true, "range": true, "geometry<point>": true}
	for _, c := range []struct {
		value, name string
		scan        reflect.Type
	}{
		{"7", "int", reflect.TypeFor[int64]()},
		{"7.5", "float", reflect.TypeFor[float64]()},
		{"7.5dec", "decimal", reflect.TypeFor[string]()},
		{"true", "bool", reflect.TypeFor[bool]()},
		{"'x'", "string", reflect.TypeFor[string]()},
		{"<bytes>'x'", "bytes", reflect.TypeFor[[]byte]()},
		{"d'2024-02-29T12:00:00Z'", "datetime", reflect.TypeFor[time.Time]()},
		{"1h", "duration", reflect.TypeFor[time.Duration]()},
		{"rand::uuid()", "uuid", reflect.TypeFor[string]()},
		{"person:tobie", "record", reflect.TypeFor[surrealsql.RecordID]()},
		{"[1, 2]", "array", reflect.TypeFor[[]any]()},
		{"{ a: 1 }", "object", reflect.TypeFor[map[string]any]()},
		{"{1, 2}", "set", reflect.TypeFor[[]any]()},
		{"1..5", "range", reflect.TypeFor[surrealsql.Range]()},
		{"(1.5, 2.5)", "geometry<point>", reflect.TypeFor[models.GeometryPoint]()},
		{"300y", "duration", reflect.TypeFor[surrealsql.LongDuration]()},
	} {
		types, rows := columnTypes(t, db, "SELECT x FROM [{ x: "+c.value+" }, { x: "+c.value+" }]")
		require.Equal(t, 2, rows, c.value)
		require.Len(t, types, 1, c.value)
		require.Equal(t, "x", types[0].Name())
		isNullable, ok := types[0].Nullable()
		if told && !untold[c.name] {
			require.True(t, ok && isNullable, "4.0 says of a projection from no table that its columns may be NULL: %s", c.value)
			c.scan = takesNull(c.scan)
		} else {
			require.False(t, ok, "no NULL in this result says nothing about the next: %s", c.value)
		}
		if told && c.name == "record" {
			c.name = "record<person>"
		}
		require.Equal(t, c.name, types[0].DatabaseTypeName(), c.value)
		require.Equal(t, c.scan, types[0].ScanType(), c.value)
		_, _, ok = types[0].DecimalSize()
		require.False(t, ok, "each decimal has a scale of its own: %s", c.value)
		length, ok := types[0].Length()
		if variable := c.name == "string" || c.name == "bytes"; variable {
			require.True(t, ok, c.value)
			require.EqualValues(t, int64(math.MaxInt64), length, c.value)
		} else {
			require.False(t, ok, c.value)
		}
	}
}

// A table with a schema says of each field whether it may be missing.
func TestColumnTypesOfATableWithASchemaAreItsFields(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "4.0")
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE member SCHEMAFULL;
		DEFINE FIELD age ON member TYPE int; DEFINE FIELD born ON member TYPE datetime; DEFINE FIELD boss ON member TYPE option<record<member>>;
		DEFINE FIELD level ON member TYPE u8; DEFINE FIELD marks ON member TYPE array<float>; DEFINE FIELD name ON member TYPE string;
		DEFINE FIELD note ON member TYPE option<string>; DEFINE FIELD on ON member TYPE bool; DEFINE FIELD price ON member TYPE decimal;
		CREATE member:1 SET age = 1, born = time::now(), level = 7, marks = [1.5], name = 'a', on = true, price = 1.5dec;
		CREATE member:2 SET age = 2, born = time::now(), boss = member:1, level = 8, marks = [], name = 'b', note = 'x', on = false, price = 2dec`)
	types, count := columnTypes(t, db, "SELECT * FROM member")
	require.Equal(t, 2, count)
	want := []struct {
		name, database string
		scan           reflect.Type
		nullable       bool
	}{
		{"id", "record<member>", reflect.TypeFor[surrealsql.RecordID](), false},
		{"age", "int", reflect.TypeFor[int64](), false},
		{"born", "datetime", reflect.TypeFor[time.Time](), false},
		{"boss", "record<member>", reflect.TypeFor[*surrealsql.RecordID](), true},
		{"level", "u8", reflect.TypeFor[uint8](), false},
		{"marks", "array<float>", reflect.TypeFor[[]any](), false},
		{"name", "string", reflect.TypeFor[string](), false},
		{"note", "string", reflect.TypeFor[sql.NullString](), true},
		{"on", "bool", reflect.TypeFor[bool](), false},
		{"price", "decimal", reflect.TypeFor[string](), false},
	}
	require.Len(t, types, len(want))
	for i, w := range want {
		require.Equal(t, w.name, types[i].Name())
		require.Equal(t, w.database, types[i].DatabaseTypeName(), w.name)
		require.Equal(t, w.scan, types[i].ScanType(), w.name)
		isNullable, ok := types[i].Nullable()
		require.True(t, ok, w.name)
		require.Equal(t, w.nullable, isNullable, w.name)
	}
	scanned, count := scanByType(t, t.Context(), db, "SELECT * FROM member")
	require.Equal(t, 2, count)
	require.Len(t, scanned, len(want))
}

func TestColumnTypesShowExactTypes(t *testing.T) {
	t.Parallel()
	ctx := surrealsql.WithExactTypes(t.Context())
	db := drivertest.NewDB(t)
	rows, err := db.QueryContext(ctx, `SELECT a, b, c FROM [{ a: 1dec, b: 1s, c: 1 }, { a: 2dec, b: 300y, c: NONE }]`)
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	decimal := reflect.TypeFor[surrealsql.Decimal]()
	if tellsTypes(t, db) {
		decimal = takesNull(decimal)
	}
	require.Equal(t, decimal, types[0].ScanType())
	require.Equal(t, "duration", types[1].DatabaseTypeName())
	require.Equal(t, reflect.TypeFor[any](), types[1].ScanType(), "one is a time.Duration, one is too long for that")
	nullable, ok := types[2].Nullable()
	require.True(t, ok && nullable, "NONE is no value")
}

func TestColumnTypeForScanIsWhatScanIntoAnyGives(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	rows, err := db.QueryContext(t.Context(), `SELECT a, b, c, d, e, f, g FROM { a: 1, b: 1.5, c: 'x', d: <bytes>'x', e: time::now(), f: person:1, g: 5s }`)
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.True(t, rows.Next())
	values := make([]any, len(types))
	dest := make([]any, len(types))
	for i := range dest {
		dest[i] = &values[i]
	}
	require.NoError(t, rows.Scan(dest...))
	told := tellsTypes(t, db)
	for i, v := range values {
		want := reflect.TypeOf(v)
		if told {
			want = takesNull(want)
		}
		require.Equal(t, want, types[i].ScanType(), types[i].Name())
	}
}

func TestColumnTypesAreHonestWhereNothingIsKnown(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	anyType := reflect.TypeFor[any]()

	mixed, rows := columnTypes(t, db, `SELECT x, y, z, n FROM [{ x: 1, y: 1 }, { x: 'a', y: NULL, z: NONE }, { x: true, y: 3 }]`)
	require.Equal(t, 3, rows)
	require.Equal(t, "any", mixed[0].DatabaseTypeName())
	require.Equal(t, anyType, mixed[0].ScanType())

	require.Equal(t, "int", mixed[1].DatabaseTypeName())
	nullable, ok := mixed[1].Nullable()
	require.True(t, ok)
	require.True(t, nullable, "one row has a NULL")

	for _, unknown := range mixed[2:] { // NONE everywhere
		require.Empty(t, unknown.DatabaseTypeName())
		require.Equal(t, anyType, unknown.ScanType())
		nullable, ok = unknown.Nullable()
		require.True(t, ok && nullable)
		_, ok = unknown.Length()
		require.False(t, ok)
	}

	drivertest.MustExec(t, db, `DEFINE TABLE empty`)
	none, rows := columnTypes(t, db, `SELECT a, b.c, count() FROM empty`)
	require.Zero(t, rows)
	require.Equal(t, []string{"a", "b.c", "count"}, []string{none[0].Name(), none[1].Name(), none[2].Name()})
	for _, c := range none {
		require.Empty(t, c.DatabaseTypeName())
		require.Equal(t, anyType, c.ScanType())
		_, ok = c.Nullable()
		require.False(t, ok)
	}
}

func TestColumnTypesFollowTheResultSet(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	rows, err := db.QueryContext(t.Context(), `RETURN 1; SELECT b, a FROM { a: 'x', b: true }; RETURN 2.5`)
	require.NoError(t, err)
	defer rows.Close()
	var seen [][]string
	for {
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		var set []string
		for _, c := range types {
			set = append(set, c.Name()+" "+c.DatabaseTypeName())
		}
		seen = append(seen, set)
		if !rows.NextResultSet() {
			break
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, [][]string{{"value int"}, {"b bool", "a string"}, {"value float"}}, seen)
}
