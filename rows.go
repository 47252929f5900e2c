package surrealsql

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/surrealsql/surrealsql/internal/box"
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
	cursor *cursor // nil once they are closed
	scan   scanState
}

// cursor is where rows stand in their reply.
type cursor struct {
	reply    *reply
	next     int // the entry after the current set's
	set      resultSet
	names    box.Slab[string] // of columns, as callers got them
	count    int              // rows that were read
	row      *located         // that columns are scanned from, since Go 1.27
	shown    shown            // the row that Next gave last
	reported bool             // an error was given to the caller: Close has nothing to add
}

func newCursor() *cursor { return &cursor{reply: new(reply), row: new(located)} }

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
)

// advance opens the next result set, or returns io.EOF. Every entry on the way
// is looked at: the error of a LET is the error of the set after it.
func (r *rows) advance() error {
	r.scan.leave(r.cursor)
	c := r.cursor
	c.row.reuse()
	c.shown = shown{}
	for c.next < len(c.reply.entries) {
		i := c.next
		c.next++
		switch e := &c.reply.entries[i]; {
		case e.told:
			continue
		case e.failed:
			c.reported = true
			return c.reply.firstError(0)
		}
		statement := c.reply.at[i]
		if !c.reply.query.Statements[statement].Yields {
			continue
		}
		if c.reply.unread {
			return c.set.openUnread(c.reply, statement)
		}
		if c.reply.batch != nil {
			c.openOfBatch(i)
			return nil
		}
		return c.set.open(c.reply.query, statement, c.reply.entries[i].result)
	}
	c.set = c.set.without()
	return io.EOF
}

// Columns returns the names in the author's order. They are the caller's: those of
// the set belong to the text, and so to all queries of it. database/sql calls it
// without the connection's lock, so what it uses is the rows' own.
func (r *rows) Columns() []string {
	c := r.cursor
	if c == nil {
		return nil
	}
	return c.shown.hinted(c.names.Copy(c.set.columns))
}

// Next decodes one row.
func (r *rows) Next(dest []driver.Value) error {
	c := r.cursor
	if c == nil {
		return io.EOF
	}
	var err error
	if c.set.records != nil {
		clear(dest) // of at most one column
		err = c.set.nextRecord()
	} else {
		err = c.set.next(dest)
	}
	if err != nil {
		return c.noteRowError(err)
	}
	c.shown.show(dest)
	c.count++
	return nil
}

// noteRowError is what Next says of an error in the place of a row.
func (c *cursor) noteRowError(err error) error {
	if err == io.EOF {
		return c.endOfSet()
	}
	c.reported = true
	if c.set.source == inMemory && !errors.Is(err, ErrAmbiguousColumns) {
		err = undecodableRow(err)
	}
	err = c.reply.afterWrite(err)
	c.reply.log.failed(err)
	if c.reply.batch != nil {
		return c.spoil(c.next-1, err)
	}
	return err
}

// endOfSet is what Next says after the last row of a set: io.EOF, but where there was no
// row so far the error of a statement after it. QueryRow asks no further, and would
// return sql.ErrNoRows for a text that has failed.
func (c *cursor) endOfSet() error {
	if c.count == 0 {
		if err := c.reply.firstError(c.next); err != nil {
			c.reported = true
			return err
		}
	}
	return io.EOF
}

// HasNextResultSet reports whether a set or an error comes after this one.
func (r *rows) HasNextResultSet() bool {
	c := r.cursor
	if c == nil {
		return false
	}
	for i := c.next; i < len(c.reply.entries); i++ {
		switch e := &c.reply.entries[i]; {
		case e.told:
		case e.failed, c.reply.query.Statements[c.reply.at[i]].Yields:
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
		err = r.cursor.reply.afterWrite(err)
	}
	return err
}

// Close returns the error of a statement that nobody has looked at yet. Rows
// that are still arriving are dropped; if there are many, so is the connection.
func (r *rows) Close() error {
	c := r.cursor
	if c == nil {
		return nil
	}
	c.reply.owner.closing(r)
	err := r.drop()
	if err == nil {
		err = c.reply.firstError(c.next)
	}
	if c.reported {
		err = nil
	}
	r.release()
	return err
}

// release gives the cursor back. Whatever is asked of the rows from now on, they are
// over.
func (r *rows) release() {
	r.cursor.reply.owner.putCursor(r.cursor)
	r.cursor = nil
}

// drop ends the reading of rows. It returns what is wrong with those that are here
// and were not read.
func (r *rows) drop() (err error) {
	r.scan.leave(r.cursor)
	c := r.cursor
	c.row.reuse()
	switch {
	case !c.reply.unread:
	case c.reply.streamed != nil:
		err = c.reply.leaveFrames()
	case !c.reply.stream.Arriving():
		err = c.reply.afterWrite(c.set.skip())
	}
	c.reply.drop()
	c.set.done = true
	log := c.reply.log
	c.reply.log = nil // a handler that panics is not asked again
	log.failed(err)
	log.writeRows(c.count)
	return err
}

// detach moves what is left into memory of its own, because the connection's
// buffer is wanted. ctx bounds the wait for rows that are arriving.
func (r *rows) detach(ctx context.Context) {
	c := r.cursor
	c.row.detach()
	c.reply.detach(ctx, c.next-1)
	switch c.set.source {
	case inMemory:
		if c.next > 0 {
			c.set.move(c.reply.entries[c.next-1].result)
		}
	case unsettled:
		c.set.move(bytes.Clone(c.set.raw))
	case inFrames:
		c.set.collect(ctx)
	}
}
