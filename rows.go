package surrealsql

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
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
type rows struct {
	*cursor
	midway
}

// cursor is where rows stand.
type cursor struct {
	answer
	next     int // the entry behind the current set
	set      resultSet
	names    chunk[string] // of columns, as callers got them
	count    int           // rows that were read
	located                // the row that columns are scanned from, since Go 1.27
	shown    shown         // the row that Next gave last
	reported bool          // an error was given to the caller: Close has nothing to add
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

// openRows stands on the first result set of an answer; a text without any gives rows
// without columns.
func (c *Conn) openRows(cur *cursor) (driver.Rows, error) {
	r := c.handles.put(rows{cursor: cur})
	err := r.align()
	if err == nil {
		err = r.advance()
	}
	if err != nil && err != io.EOF {
		err = r.afterWrite(err)
		log := r.log
		r.answer.drop()
		r.release()
		log.failed(err)
		log.writeRows(0)
		return nil, err
	}
	c.rows = r
	return handOut(r), nil
}

// takeCursor takes the connection's cursor for the answer to a text, or a new one
// where that is in use.
func (c *Conn) takeCursor(q *analysis) *cursor {
	cur := c.cursor
	if cur == nil {
		cur = new(cursor)
	}
	c.cursor = nil
	cur.conn, cur.query = c, q
	return cur
}

// putCursor gives it back. What may be large or somebody's is forgotten.
func (c *Conn) putCursor(cur *cursor) {
	clear(cur.entries)
	*cur = cursor{answer: answer{entries: cur.entries[:0], at: cur.at[:0]}, names: cur.names, located: cur.located.reusable()}
	c.cursor = cur
}

// advance opens the next result set, or returns io.EOF. Every entry on the way
// is looked at: the error of a LET is the error of the set behind it.
func (r *rows) advance() error {
	r.leave()
	r.located, r.shown = r.reusable(), shown{}
	for r.next < len(r.entries) {
		i := r.next
		r.next++
		if r.entries[i].failed {
			r.reported = true
			return r.failure(0)
		}
		statement := r.at[i]
		if !r.query.Statements[statement].Yields {
			continue
		}
		if r.unread {
			return r.set.openRows(&r.answer, statement)
		}
		return r.set.open(r.query, statement, r.entries[i].result)
	}
	r.set = resultSet{read: r.set.read}
	return io.EOF
}

// Columns returns the names in the author's order. They are the caller's: those of
// the set belong to the text, and so to all queries of it. database/sql calls it
// without the connection's lock, so what it uses is the rows' own.
func (r *rows) Columns() []string {
	if r.cursor == nil {
		return nil
	}
	return r.shown.hinted(r.names.copied(r.set.columns))
}

// Next decodes one row.
func (r *rows) Next(dest []driver.Value) error {
	if r.cursor == nil {
		return io.EOF
	}
	if err := r.set.next(dest); err != nil {
		return r.judge(err)
	}
	r.shown.show(dest)
	r.count++
	return nil
}

// judge says of the error of a row what it means for the connection.
func (r *rows) judge(err error) error {
	if err == io.EOF {
		return r.over()
	}
	r.reported = true
	if r.set.tail == nil && !errors.Is(err, ErrAmbiguousColumns) {
		err = undecodableRow(err)
	}
	err = r.afterWrite(err)
	r.log.failed(err)
	return err
}

// over is what Next says behind the last row of a set: io.EOF, but where there was no
// row so far the error of a statement behind it. QueryRow asks no further, and would
// return sql.ErrNoRows for a text that has failed.
func (r *rows) over() error {
	if r.count == 0 {
		if err := r.failure(r.next); err != nil {
			r.reported = true
			return err
		}
	}
	return io.EOF
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
	err := r.advance()
	if err != nil && err != io.EOF {
		err = r.afterWrite(err)
	}
	return err
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
	err := r.drop()
	if err == nil {
		err = r.failure(r.next)
	}
	if r.reported {
		err = nil
	}
	r.release()
	return err
}

// release gives the cursor back. Whatever is asked of the rows from now on, they are
// over.
func (r *rows) release() {
	r.conn.putCursor(r.cursor)
	r.cursor = nil
}

// drop ends the reading of rows. It returns what is wrong with those that are here
// and were not read.
func (r *rows) drop() (err error) {
	r.leave()
	r.located = r.reusable()
	if r.unread && !r.reply.Arriving() {
		err = r.afterWrite(r.set.skip())
	}
	r.answer.drop()
	r.set.done = true
	log := r.log
	r.log = nil // a handler that panics is not asked again
	log.failed(err)
	log.writeRows(r.count)
	return err
}

// detach moves what is left into memory of its own, because the connection's
// buffer is wanted by who waits no longer than ctx.
func (r *rows) detach(ctx context.Context) {
	r.located.detach()
	r.answer.detach(ctx, r.next-1)
	switch {
	case r.set.tail == nil && r.next > 0:
		r.set.move(r.entries[r.next-1].result)
	case r.set.raw != nil:
		r.set.move(bytes.Clone(r.set.raw))
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
// column; *any itself when that differs or is not known. Where the column has a NULL
// or NONE, or rows are still to come that may have one, it is one that takes it, too:
// sql.NullInt64 and so on, []byte, or a pointer to the type.
func (r *rows) ColumnTypeScanType(i int) reflect.Type { return r.columnType(i).destination() }

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
