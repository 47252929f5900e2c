package surrealsql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// rows are the result sets of one reply. Statements without a result (LET, USE,
// BEGIN, …) are none. What a statement failed with surfaces when its set is
// reached, and at the latest from Close, which QueryRow.Scan returns.
//
// The bytes lie in the connection's buffer, or are still arriving, and are
// decoded as they are read. If the connection is used again before Close, they
// are moved out of the way first.
//
// Each query has rows of its own, so that they can be closed twice; the cursor in
// them is taken from the connection and goes back to it.
type rows struct{ *cursor }

// cursor is where rows stand.
type cursor struct {
	conn     *Conn
	query    *analysis
	answer         // its last entry's rows may be a stream
	at       []int // the statement of each entry
	next     int   // the entry behind the current set
	set      resultSet
	count    int  // rows that were read
	located       // the row that columns are scanned from, since Go 1.27
	reported bool // an error was given to the caller: Close has nothing to add
}

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
)

// openRows stands on the first result set; a text without any gives rows
// without columns.
func (c *Conn) openRows(q *analysis, a answer, read reader) (driver.Rows, error) {
	at, err := c.align(q, a.entries)
	r := &rows{c.takeCursor()}
	r.conn, r.query, r.answer, r.at, r.set.read = c, q, a, at, read
	if err == nil {
		err = r.advance()
	}
	if err != nil && err != io.EOF {
		a.log.failed(err)
		r.drop()
		r.release()
		return nil, err
	}
	c.rows = r
	return r, nil
}

// takeCursor takes the connection's cursor, or a new one where that is in use.
func (c *Conn) takeCursor() *cursor {
	cur := c.cursor
	if cur == nil {
		return new(cursor)
	}
	c.cursor = nil
	return cur
}

// release gives the cursor back. Whatever is asked of the rows from now on, they
// are over.
func (r *rows) release() {
	cur := r.cursor
	r.cursor = nil
	conn, located := cur.conn, cur.located.reusable()
	*cur = cursor{located: located}
	conn.cursor = cur
}

// advance opens the next result set, or returns io.EOF. Every entry on the way
// is looked at: the error of a LET is the error of the set behind it.
func (r *rows) advance() error {
	r.located = r.reusable()
	for r.next < len(r.entries) {
		i := r.next
		r.next++
		if r.entries[i].failed {
			r.reported = true
			return firstError(r.entries)
		}
		statement := r.at[i]
		if !r.query.Statements[statement].Yields {
			continue
		}
		if r.stream != nil && r.next == len(r.entries) {
			return r.set.openStream(r.query, statement, r.stream)
		}
		return r.set.open(r.query, statement, r.entries[i].result)
	}
	r.set = resultSet{read: r.set.read}
	return io.EOF
}

// Columns returns the names in the author's order.
func (r *rows) Columns() []string {
	if r.cursor == nil {
		return nil
	}
	return r.set.columns
}

// Next decodes one row.
func (r *rows) Next(dest []driver.Value) error {
	if r.cursor == nil {
		return io.EOF
	}
	if err := r.set.next(dest); err != nil {
		return r.judge(err)
	}
	r.count++
	return nil
}

// judge says of the error of a row what it means for the connection.
func (r *rows) judge(err error) error {
	if err == io.EOF {
		return err
	}
	r.reported = true
	r.log.failed(err)
	if r.set.stream != nil {
		return err
	}
	// The reply is here and well-formed; it holds a value that this driver does
	// not know. The connection is as good as before.
	return fmt.Errorf("surrealsql: a row that cannot be decoded: %w", err)
}

// HasNextResultSet reports whether a set or an error comes after this one.
func (r *rows) HasNextResultSet() bool {
	if r.cursor == nil {
		return false
	}
	for i := r.next; i < len(r.entries); i++ {
		if r.entries[i].failed || r.query.Statements[r.at[i]].Yields {
			return true
		}
	}
	return false
}

// NextResultSet goes on to the next set, or returns its statement's error.
func (r *rows) NextResultSet() error {
	if r.cursor == nil {
		return io.EOF
	}
	return r.advance()
}

// Close returns the error of a statement that nobody has looked at yet. Rows
// that are still arriving are dropped; if there are many, so is the connection.
func (r *rows) Close() error {
	if r.cursor == nil {
		return nil
	}
	if r.conn.rows == r {
		r.conn.rows = nil
	}
	r.drop()
	var err error
	if !r.reported {
		err = firstError(r.entries[r.next:])
	}
	r.release()
	return err
}

func (r *rows) drop() {
	r.log.writeRows(r.count)
	r.log = nil
	r.located = r.reusable()
	if r.stream != nil {
		r.stream.close()
		r.set.done = true
	}
}

// detach moves what is left into memory of its own, because the connection's
// buffer is wanted by who waits no longer than ctx.
func (r *rows) detach(ctx context.Context) {
	r.at = slices.Clone(r.at)
	r.located.detach()
	if r.stream != nil {
		r.stream.buffer(ctx)
		return
	}
	own := make([]entry, len(r.entries))
	for i, e := range r.entries {
		own[i] = e
		if i >= r.next-1 { // the current set and those behind it
			own[i].result = append([]byte(nil), e.result...)
			own[i].details = append([]byte(nil), e.details...)
		}
	}
	r.entries = own
	if r.next > 0 {
		r.set.move(r.entries[r.next-1].result)
	}
}

func (r *rows) columnType(i int) columnType {
	if r.cursor == nil {
		return columnType{}
	}
	return r.set.columnType(i)
}

// ColumnTypeDatabaseTypeName returns SurrealDB's name of the type that all
// values of the column in this result have: "int", "string", "datetime",
// "record" and so on; "any" when they differ, and "" when there is none but NULL
// and NONE, because the server tells no types.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.columnType(i).name }

// ColumnTypeScanType returns the Go type that Scan into an *any gives for the
// column; *any itself when that differs or is not known.
func (r *rows) ColumnTypeScanType(i int) reflect.Type { return r.columnType(i).scan }

// ColumnTypeNullable reports that the column has a NULL or NONE in this result.
// That it has none says nothing about the next one, so ok is false then.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	null := r.columnType(i).null
	return null, null
}

// ColumnTypeLength is unlimited for string and bytes.
func (r *rows) ColumnTypeLength(i int) (length int64, ok bool) {
	switch r.columnType(i).name {
	case "string", "bytes":
		return unlimited, true
	}
	return 0, false
}

const unlimited = int64(^uint64(0) >> 1)

// ColumnTypePrecisionScale is not known: SurrealDB's decimals have up to 28
// digits, each value its own scale.
func (r *rows) ColumnTypePrecisionScale(int) (precision, scale int64, ok bool) { return 0, 0, false }
