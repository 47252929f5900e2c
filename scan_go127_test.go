//go:build go1.27 && !purego

package surrealsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"reflect"
	"testing"
	"time"
	"uuid"

	"github.com/stretchr/testify/require"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Since Go 1.27 the driver scans into destinations that database/sql alone refuses. Here are
// the tools of the other tests of it too: rows without a server.

func TestScanFillsWhatDatabaseSQLAloneRefuses(t *testing.T) {
	t.Parallel()
	when := time.Date(2024, 2, 29, 12, 0, 1, 5, time.UTC)
	person := map[string]any{"name": "Tobie", "AGE": 41, "tags": []string{"x", "y"}, "inner": map[string]any{"when": when, "id": RecordID("p:1"), "took": time.Hour, "u": aUUID}}
	filled := scanPerson{Name: "Tobie", Age: 41, Tags: []string{"x", "y"}, Inner: &scanInner{when, "p:1", time.Hour, aUUID}}
	for _, c := range []struct{ sent, want any }{
		{[]string{"a", "b"}, []string{"a", "b"}}, {[]string{}, []string{}}, {[]int{1, 2}, []int{1, 2}}, {Set{1, 2}, []int64{1, 2}},
		{[]any{1, 2.5, Decimal("3.5")}, []float64{1, 2.5, 3.5}}, {[]any{1, nil, None}, []*int{new(1), nil, nil}}, {[]any{[]int{1}, []int{}}, [][]int{{1}, {}}},
		{[]RecordID{"p:1", "p:2"}, []RecordID{"p:1", "p:2"}}, {[]any{aUUID, aUUID}, [][16]byte{aUUID, aUUID}}, {[]int{1, 2}, [2]int{1, 2}},
		{map[string]any{"a": 1, "b": 2}, map[string]int{"a": 1, "b": 2}}, {map[string]any{"a": []string{"x"}}, map[string][]string{"a": {"x"}}},
		{map[string]any{"1": true}, map[int]bool{1: true}}, {map[string]any{}, map[string]int{}},
		{person, filled}, {person, &filled}, {[]any{person}, []scanPerson{filled}}, {person, sql.Null[scanPerson]{V: filled, Valid: true}},
		{[]string{"a"}, sql.Null[[]string]{V: []string{"a"}, Valid: true}}, {[]any{1, "<b>"}, `[1,"\u003cb\u003e"]`}, {map[string]any{"id": RecordID("p:1"), "n": nil}, []byte(`{"id":"p:1","n":null}`)},
		{[]any{1, "a"}, json.RawMessage(`[1,"a"]`)}, {"text", json.RawMessage(`"text"`)}, {1, json.RawMessage(`1`)}, {"127.0.0.1", netip.MustParseAddr("127.0.0.1")},
		{aUUID, [16]byte(aUUID)}, {aUUID, uuid.UUID(aUUID)}, {aUUID, models.UUID{UUID: aUUID}}, {aUUID, models.UUIDString(aUUID.String())},
		{RecordID("p:1"), models.RecordID{Table: "p", ID: int64(1)}}, {RecordID("p:1"), &models.RecordID{Table: "p", ID: int64(1)}}, {when, models.CustomDateTime{Time: when}}, {time.Hour, models.CustomDuration{Duration: time.Hour}},
		{Decimal("1.5"), models.DecimalString("1.5")}, {Table("t"), models.Table("t")}, {aPoint, models.GeometryPoint(aPoint)}, {aLine, []models.GeometryPoint(aLine)},
		{90 * time.Second, models.CustomDurationString("1m30s")}, {LongDuration("300y"), models.CustomDurationString("300y")},
		{Range("1..5"), models.Range[int, models.BoundIncluded[int], models.BoundExcluded[int]]{Begin: &models.BoundIncluded[int]{Value: 1}, End: &models.BoundExcluded[int]{Value: 5}}},
		{[]any{aPoint}, []models.GeometryPoint{aPoint}},
	} {
		dest := reflect.New(reflect.TypeOf(c.want))
		require.NoError(t, scanTwice(t, encoded(t, c.sent), plainDecoding, asIs, dest.Interface(), fresh(dest.Interface())), "%T into %T", c.sent, c.want)
		require.Equal(t, c.want, dest.Elem().Interface(), "%T into %T", c.sent, c.want)
	}
}

func TestScanOfNullIsNilWhereThereIsOneAndAnErrorElsewhere(t *testing.T) {
	t.Parallel()
	for _, nothing := range []any{nil, None} {
		for _, dest := range []any{&[]string{"x"}, &map[string]int{"x": 1}, &json.RawMessage{1}, new(new(scanPerson)), &sql.Null[scanPerson]{Valid: true}, &Value[scanPerson]{Valid: true}} {
			require.NoError(t, scanTwice(t, encoded(t, nothing), plainDecoding, asIs, dest, fresh(dest)), "%T", dest)
			require.Zero(t, reflect.ValueOf(dest).Elem().Interface(), "%T", dest)
		}
		require.NoError(t, scanTwice(t, encoded(t, nothing), plainDecoding, asIs, new(models.CustomNil), new(NoneType)))
		for _, dest := range []any{new(scanPerson), new([2]int), new([16]byte), new(int), new(string), new(time.Time), new(bool), new(RecordID)} {
			require.Error(t, scanTwice(t, encoded(t, nothing), plainDecoding, asIs, dest, fresh(dest)), "%T", dest)
		}
	}
	var n Value[int]
	require.NoError(t, scanTwice(t, encoded(t, None), exactDecoding, asIs, &n, new(any)))
	require.Equal(t, Value[int]{None: true}, n)
}

func TestScanOfANumberThatDoesNotFitIsAnErrorAsBefore(t *testing.T) {
	t.Parallel()
	for _, dest := range []any{new(int8), new(uint8), new(int16), new(uint16), new(uint32), new(uint64), new(*uint8), new(sql.Null[int8])} {
		before := scanTwice(t, encoded(t, -70_000), plainDecoding, unseen, dest, fresh(dest))
		require.ErrorContains(t, before, "-70000", "%T", dest)
		require.EqualError(t, scanTwice(t, encoded(t, -70_000), plainDecoding, asIs, dest, fresh(dest)), before.Error(), "%T", dest)
	}
	err := scanTwice(t, encoded(t, []int{1, 300}), plainDecoding, asIs, new([]int8), new(any))
	require.ErrorContains(t, err, `storing into a []int8: [1]: 300 does not fit in a int8`)
}

func TestScanZeroesFieldsThatTheObjectLacksAndLeavesThoseOfNoObject(t *testing.T) {
	t.Parallel()
	p := scanPerson{Age: 5, More: map[string]any{"a": 1}}
	require.NoError(t, scanTwice(t, encoded(t, map[string]any{"name": "A", "more": 1}), plainDecoding, asIs, &p, new(any)))
	require.Equal(t, scanPerson{Name: "A", More: map[string]any{"a": 1}}, p)
}

func TestScanPrefersTheFieldInTheRightCase(t *testing.T) {
	t.Parallel()
	for _, object := range []map[string]int{{"AGE": 1, "Age": 2}, {"Age": 2, "age": 1}} {
		var p scanPerson
		require.NoError(t, scanTwice(t, encoded(t, object), plainDecoding, asIs, &p, new(any)))
		require.Equal(t, 2, p.Age)
	}
}

func TestScanMakesSlicesForEachRow(t *testing.T) {
	t.Parallel()
	result := encoded(t, []any{map[string]any{"a": []int{1, 2, 3}}, map[string]any{"a": []int{4}}})
	rows, err := openRowsDB(t, `SELECT a FROM t`, result, plainDecoding, asIs).Query(``)
	require.NoError(t, err)
	defer rows.Close()
	var seen [][]int
	for list := []int(nil); rows.Next(); seen = append(seen, list) {
		require.NoError(t, rows.Scan(&list))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, [][]int{{1, 2, 3}, {4}}, seen)
}

// scanNowhere drops what it is given; a nil one will do.
type scanNowhere struct{}

func (*scanNowhere) Scan(any) error { return nil }

func TestScanSaysWhatTheDestinationLacks(t *testing.T) {
	t.Parallel()
	v := encoded(t, 1)
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, (*int)(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, (*RecordID)(nil), new(int)), "nil pointer")
	require.NoError(t, scanTwice(t, v, plainDecoding, asIs, (*scanNowhere)(nil), new(int)))
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, (*scanPerson)(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, (*Value[int])(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, (*sql.Null[int])(nil), new(int)), "nil pointer")
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, Into(nil), new(int)), "must be a pointer")
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, 7, new(int)), "not a pointer")
	require.Error(t, scanTwice(t, v, plainDecoding, asIs, nil, new(int)))
	require.ErrorContains(t, scanTwice(t, v, plainDecoding, asIs, new(scanPerson), new(int)), "a SurrealDB int does not fit")
}

func TestScanOfAColumnWithoutARowIsAnError(t *testing.T) {
	t.Parallel()
	r := rowsOf(t, twoColumns, oneRow(encoded(t, 1)), plainDecoding)
	var v int
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "no column 0")
	require.NoError(t, r.NextRow())
	require.NoError(t, r.ScanColumn(noContext, 1, &v))
	require.ErrorContains(t, r.ScanColumn(noContext, 2, &v), "no column 2 in a row of 2")
	require.ErrorContains(t, r.ScanColumn(noContext, -1, &v), "no column -1")
	require.Error(t, r.NextRow())
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "no column 0")
}

func TestScanOfAnUnknownValueFailsItsColumnOnly(t *testing.T) {
	t.Parallel()
	b := cbor.AppendMapHeader(cbor.AppendArrayHeader(nil, 1), 2)
	b = append(cbor.AppendText(b, "a"), tagged(4711, cbor.AppendInt(nil, 1))...)
	b = cbor.AppendInt(cbor.AppendText(b, "b"), 2)
	r := rowsOf(t, twoColumns, b, plainDecoding)
	require.NoError(t, r.NextRow())
	var v any
	require.ErrorContains(t, r.ScanColumn(noContext, 0, &v), "CBOR tag 4711, which this driver does not know")
	require.NoError(t, r.ScanColumn(noContext, 1, &v))
	require.EqualValues(t, 2, v)
}

// rowsDB is a database whose every query gives the rows that it makes: the
// driver's own, without a server below.
type rowsDB func() driver.Rows

func (f rowsDB) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f rowsDB) Driver() driver.Driver                        { return Driver{} }
func (f rowsDB) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (f rowsDB) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (f rowsDB) Close() error                                 { return nil }
func (f rowsDB) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return f(), nil
}

// nextOnly hides all of a driver's rows but what Go 1.0 had, as wrappers do.
type nextOnly struct{ driver.Rows }

// openRowsDB opens a database whose queries all give one result.
func openRowsDB(t testing.TB, text string, result []byte, values decoding, wrap func(driver.Rows) driver.Rows) *sql.DB {
	t.Helper()
	db := sql.OpenDB(rowsDB(func() driver.Rows { return wrap(rowsOf(t, text, result, values)) }))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func asIs(r driver.Rows) driver.Rows   { return r }
func unseen(r driver.Rows) driver.Rows { return nextOnly{r} }

// rowsOf makes the driver's rows of a text's only result, in CBOR.
func rowsOf(t testing.TB, text string, result []byte, values decoding) *rows {
	t.Helper()
	r, err := openResult(text, result, values)
	require.NoError(t, err)
	return r.(*rows)
}

func openResult(text string, result []byte, values decoding) (driver.Rows, error) {
	c := new(Conn)
	cur := c.takeCursor(newAnalysis(text))
	cur.reply.entries = []entry{{result: result, hasStatus: true}}
	cur.set.values = values
	return c.newRows(cur)
}

// oneRow is the result of `SELECT a, b FROM t` of one row whose columns are v.
func oneRow(v []byte) []byte {
	b := cbor.AppendMapHeader(cbor.AppendArrayHeader(nil, 1), 2)
	b = append(cbor.AppendText(b, "a"), v...)
	return append(cbor.AppendText(b, "b"), v...)
}

const twoColumns = `SELECT a, b FROM t`

// scanTwice scans a value into dest the old way or the new one; the second
// column, into another of the same type, shows that the first left things well.
func scanTwice(t testing.TB, v []byte, values decoding, wrap func(driver.Rows) driver.Rows, dest, again any) error {
	t.Helper()
	db := sql.OpenDB(rowsDB(func() driver.Rows { return wrap(rowsOf(t, twoColumns, oneRow(v), values)) }))
	defer db.Close() // at once: a test scans thousands of values
	r, err := db.QueryContext(t.Context(), twoColumns)
	require.NoError(t, err)
	defer r.Close()
	if !r.Next() {
		if r.Err() == nil {
			return io.EOF
		}
		return r.Err()
	}
	if err := r.Scan(dest, again); err != nil {
		return err
	}
	for _, d := range []any{dest, again} {
		if raw, ok := d.(*sql.RawBytes); ok {
			*raw = append(sql.RawBytes{}, *raw...)
		}
	}
	require.False(t, r.Next())
	return r.Err()
}

// noContext is what sql.ConvertAssign needs for anything but cursors and RawBytes.
var noContext driver.ScanContext

// allRows scans a whole result into values of any type.
func allRows(text string, result []byte, wrap func(driver.Rows) driver.Rows) (all [][]any, err error) {
	db := sql.OpenDB(rowsDB(func() driver.Rows {
		var r driver.Rows
		if r, err = openResult(text, result, plainDecoding); err != nil {
			return wrap(new(rows))
		}
		return wrap(r)
	}))
	defer db.Close()
	r, queried := db.Query(text)
	if err != nil || queried != nil {
		return nil, errors.Join(err, queried)
	}
	defer r.Close()
	columns, err := r.Columns()
	for err == nil && r.Next() {
		row := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		err = r.Scan(dest...)
		all = append(all, row)
	}
	return all, errors.Join(err, r.Err())
}

func init() {
	fills["Scan"] = func(raw []byte, dest any) error { return scanBytes(raw, dest) }
	fills["Scan of Into"] = func(raw []byte, dest any) error { return scanBytes(raw, Into(dest)) }
}

// scanBytes scans a value as ScanColumn does.
func scanBytes(raw []byte, dest any) error {
	if scanShort(raw, dest) {
		return nil
	}
	var c column
	c.d.Reset(raw)
	return c.scan(noContext, dest)
}

func TestScanColumnIsOfferedOnThisGo(t *testing.T) {
	t.Parallel()
	var c Conn
	require.IsType(t, new(rows), handOut(c.buffers.handles.Put(rows{})), "the lock of database/sql was not found: see internal/rowslock")
}

func TestScanIntoPointersThatLeadToNoValueIsRefused(t *testing.T) {
	t.Parallel()
	var c cycle
	require.ErrorContains(t, scanBytes(cbor.AppendInt(nil, 1), &c), "points to itself and to no value")
	require.NoError(t, scanBytes([]byte{0xf6}, &c))
	require.Nil(t, c)
}
