package surrealsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

var (
	_ driver.Driver        = surrealsql.Driver{}
	_ driver.DriverContext = surrealsql.Driver{}

	_ driver.Connector = (*surrealsql.Connector)(nil)
	_ io.Closer        = (*surrealsql.Connector)(nil)

	_ driver.Conn               = (*surrealsql.Conn)(nil)
	_ driver.Pinger             = (*surrealsql.Conn)(nil)
	_ driver.SessionResetter    = (*surrealsql.Conn)(nil)
	_ driver.Validator          = (*surrealsql.Conn)(nil)
	_ driver.ExecerContext      = (*surrealsql.Conn)(nil)
	_ driver.QueryerContext     = (*surrealsql.Conn)(nil)
	_ driver.ConnPrepareContext = (*surrealsql.Conn)(nil)
	_ driver.ConnBeginTx        = (*surrealsql.Conn)(nil)
	_ driver.NamedValueChecker  = (*surrealsql.Conn)(nil)
)

// What the driver hands out behind an interface of database/sql/driver is
// asserted on the value itself.
func TestEveryDriverInterfaceIsImplemented(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	connector, err := surrealsql.Driver{}.OpenConnector(surrealtest.DSN(t))
	require.NoError(t, err)
	conn, err := connector.Connect(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()

	stmt, err := conn.Prepare("RETURN $1")
	require.NoError(t, err)
	require.Implements(t, (*driver.StmtExecContext)(nil), stmt)
	require.Implements(t, (*driver.StmtQueryContext)(nil), stmt)
	require.Implements(t, (*driver.NamedValueChecker)(nil), stmt)
	require.Equal(t, -1, stmt.NumInput(), "the driver counts, its errors say more")
	require.NoError(t, stmt.Close())

	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "RETURN 1", nil)
	require.NoError(t, err)
	require.Implements(t, (*driver.RowsNextResultSet)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeDatabaseTypeName)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeScanType)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeNullable)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypeLength)(nil), rows)
	require.Implements(t, (*driver.RowsColumnTypePrecisionScale)(nil), rows)
	require.NoError(t, rows.Close())

	require.IsType(t, surrealsql.Driver{}, connector.Driver())
	require.NoError(t, connector.(io.Closer).Close())
	_, err = connector.Connect(ctx)
	require.ErrorIs(t, err, surrealsql.ErrClosed)
	require.False(t, conn.(driver.Validator).IsValid(), "a closed connector takes no connection back")
}

// The methods that database/sql replaced by ones with a context are there for
// the interfaces' sake.
func TestMethodsWithoutContextSayWhichToUse(t *testing.T) {
	t.Parallel()
	conn, err := surrealsql.Driver{}.Open(surrealtest.DSN(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()

	tx, err := conn.Begin() //lint:ignore SA1019 it must work all the same
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	stmt, err := conn.Prepare("RETURN 1")
	require.NoError(t, err)
	_, err = stmt.Exec(nil) //lint:ignore SA1019 it must say what to use
	require.ErrorContains(t, err, "context")
	_, err = stmt.Query(nil) //lint:ignore SA1019 it must say what to use
	require.ErrorContains(t, err, "context")
	require.NoError(t, conn.(driver.Pinger).Ping(context.Background()))
}

func TestPingAsksTheServer(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
	db := openDB(t, proxy.DSN(dsn))
	require.NoError(t, db.PingContext(t.Context()))
	before := proxy.Stats()
	require.NoError(t, db.PingContext(t.Context()))
	require.Greater(t, proxy.Stats().BytesToServer, before.BytesToServer)
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

func TestColumnTypesAreReadOffTheResult(t *testing.T) {
	t.Parallel()
	db := newDB(t)
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
		require.Equal(t, c.name, types[0].DatabaseTypeName(), c.value)
		require.Equal(t, c.scan, types[0].ScanType(), c.value)
		_, ok := types[0].Nullable()
		require.False(t, ok, "no NULL in this result says nothing about the next: %s", c.value)
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

func TestExactTypesShowInTheColumnTypes(t *testing.T) {
	t.Parallel()
	ctx := surrealsql.WithExactTypes(t.Context())
	rows, err := newDB(t).QueryContext(ctx, `SELECT a, b, c FROM [{ a: 1dec, b: 1s, c: 1 }, { a: 2dec, b: 300y, c: NONE }]`)
	require.NoError(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, reflect.TypeFor[surrealsql.Decimal](), types[0].ScanType())
	require.Equal(t, "duration", types[1].DatabaseTypeName())
	require.Equal(t, reflect.TypeFor[any](), types[1].ScanType(), "one is a time.Duration, one is too long for that")
	nullable, ok := types[2].Nullable()
	require.True(t, ok && nullable, "NONE is no value")
}

func TestScanTypeIsWhatScanIntoAnyGives(t *testing.T) {
	t.Parallel()
	db := newDB(t)
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
	for i, v := range values {
		require.Equal(t, types[i].ScanType(), reflect.TypeOf(v), types[i].Name())
	}
}

func TestColumnTypesAreHonestWhereNothingIsKnown(t *testing.T) {
	t.Parallel()
	db := newDB(t)
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

	mustExec(t, db, `DEFINE TABLE empty`)
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
	db := newDB(t)
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
