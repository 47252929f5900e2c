//go:build go1.27 && !purego

package surrealsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

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

// open opens a database whose queries all give one result.
func openRowsDB(t testing.TB, text string, result []byte, read reader, wrap func(driver.Rows) driver.Rows) *sql.DB {
	t.Helper()
	db := sql.OpenDB(rowsDB(func() driver.Rows { return wrap(rowsOf(t, text, result, read)) }))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func asIs(r driver.Rows) driver.Rows   { return r }
func unseen(r driver.Rows) driver.Rows { return nextOnly{r} }

// rowsOf makes the driver's rows of a text's only result, in CBOR.
func rowsOf(t testing.TB, text string, result []byte, read reader) *rows {
	t.Helper()
	r, err := openResult(text, result, read)
	require.NoError(t, err)
	return r.(*rows)
}

func openResult(text string, result []byte, read reader) (driver.Rows, error) {
	c := new(Conn)
	cur := c.takeCursor(newAnalysis(text))
	cur.entries = []entry{{result: result, judged: true}}
	cur.set.read = read
	return c.openRows(cur)
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
func scanTwice(t testing.TB, v []byte, read reader, wrap func(driver.Rows) driver.Rows, dest, again any) error {
	t.Helper()
	r, err := openRowsDB(t, twoColumns, oneRow(v), read, wrap).QueryContext(t.Context(), twoColumns)
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
		if r, err = openResult(text, result, plainReader); err != nil {
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
