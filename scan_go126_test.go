//go:build !go1.27 || purego

package surrealsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"
)

// Before Go 1.27 database/sql itself scans, and the driver's errors say what takes the value.

// plainDB is a database whose queries give one result.
type plainDB struct {
	text   string
	result []byte
}

func (p plainDB) Connect(context.Context) (driver.Conn, error) { return p, nil }
func (p plainDB) Driver() driver.Driver                        { return Driver{} }
func (p plainDB) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (p plainDB) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (p plainDB) Close() error                                 { return nil }
func (p plainDB) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c := new(Conn)
	cur := c.takeCursor(newAnalysis(p.text))
	cur.reply.entries = []entry{{result: p.result, hasStatus: true}}
	r, err := c.newRows(cur)
	return struct{ driver.Rows }{r}, err
}

// plainRow stands on the first row.
func plainRow(t testing.TB, text string, result any) *sql.Rows {
	t.Helper()
	db := sql.OpenDB(plainDB{text, encoded(t, result)})
	rows, err := db.Query(text)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(rows.Close(), db.Close())) })
	require.True(t, rows.Next())
	return rows
}

func TestScanErrorOfAnArrayOrObjectNamesWhatTakesIt(t *testing.T) {
	t.Parallel()
	type person struct{ Name string }
	array, object := []any{"a"}, map[string]any{"Name": "x"}
	for _, c := range []struct {
		value, dest any
		name        string
	}{
		{array, new([]string), "an array"},
		{array, new(*[]string), "an array"},
		{array, new([1]string), "an array"},
		{array, new(json.RawMessage), "an array"},
		{array, new(string), "an array"},
		{array, new([]byte), "an array"},
		{array, new(int), "an array"},
		{array, new(sql.NullString), "an array"},
		{array, new(sql.Null[[]string]), "an array"},
		{object, new(person), "an object"},
		{object, new(*person), "an object"},
		{object, new(map[string]string), "an object"},
		{object, new(json.RawMessage), "an object"},
		{object, new(string), "an object"},
		{aPoint, new([2]float64), "a geometry<point>"},
		{aLine, new([]models.GeometryLine), "a geometry<line>"},
		{[]any{}, new([]string), "an array"},
	} {
		rows := plainRow(t, `SELECT id, v FROM t`, []any{map[string]any{"id": 1, "v": c.value}})
		err := rows.Scan(new(any), c.dest)
		require.ErrorContains(t, err, "name \"v ("+c.name+": scan it with surrealsql.Into(&dest) or into a surrealsql.Value[T])\"", "%T", c.dest)
		require.NoError(t, rows.Scan(new(any), Into(new(any))))
		names, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"id", "v"}, names)
	}
}

func TestScanErrorOfAnythingElseHasTheNameAlone(t *testing.T) {
	t.Parallel()
	rows := plainRow(t, `SELECT id, v FROM t`, []any{map[string]any{"id": "x", "v": []any{"a"}}})
	require.ErrorContains(t, rows.Scan(new(int), new(any)), `name "id": `)
	require.ErrorContains(t, rows.Scan(new(any), Into(new([]int))), `name "v": surrealsql: storing into a []int: [0]`)
	require.ErrorContains(t, rows.Scan(new(any), new(Value[[]int])), `name "v": surrealsql: storing into a []int: [0]`)
	require.ErrorContains(t, rows.Scan(new(any), new([]int)), `name "v (an array: `)
}

// columnsScan asks for the names while it is scanned into.
type columnsScan struct {
	rows  *sql.Rows
	names []string
}

func (c *columnsScan) Scan(any) (err error) {
	c.names, err = c.rows.Columns()
	return errors.Join(err, io.ErrUnexpectedEOF)
}

func TestScanMethodThatAsksForTheColumnsGetsTheirNames(t *testing.T) {
	t.Parallel()
	rows := plainRow(t, `SELECT v FROM t`, []any{map[string]any{"v": []any{"a"}}})
	seen := columnsScan{rows: rows}
	require.ErrorIs(t, rows.Scan(&seen), io.ErrUnexpectedEOF)
	require.Equal(t, []string{"v"}, seen.names)
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "v", types[0].Name())
}

func TestScanMethodThatReadsRowsOfItsOwnGetsTheirNames(t *testing.T) {
	t.Parallel()
	array := []any{map[string]any{"v": []any{"a"}}}
	db := sql.OpenDB(plainDB{`SELECT v FROM t`, encoded(t, array)})
	defer db.Close()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	var names []string
	rows := plainRow(t, `SELECT v FROM t`, array)
	require.NoError(t, rows.Scan(scanFunc(func(any) error {
		return conn.Raw(func(c any) error {
			r, err := c.(driver.QueryerContext).QueryContext(t.Context(), ``, nil)
			require.NoError(t, err)
			require.NoError(t, r.Next(make([]driver.Value, 1)))
			names = r.Columns()
			return r.Close()
		})
	})))
	require.Equal(t, []string{"v"}, names)
}

type scanFunc func(any) error

func (f scanFunc) Scan(src any) error { return f(src) }
