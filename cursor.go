package surrealsql

import (
	"database/sql/driver"
	"io"
	"math"
	"time"
)

// What a connection is to the rows that it gives: it makes them, lends them a cursor
// and takes it back, and is the owner of their reply.

var _ owner = (*Conn)(nil)

// newRows stands on the first result set of a reply; a text without any gives rows
// without columns.
func (c *Conn) newRows(cur *cursor) (driver.Rows, error) {
	r := c.buffers.handles.Put(rows{cursor: cur})
	err := cur.reply.align()
	if err == nil && cur.reply.batch == nil { // else each set is opened as its reader wants it
		err = r.advance()
	}
	if err != nil && err != io.EOF {
		err = cur.reply.afterWrite(err)
		log := cur.reply.log
		cur.reply.drop()
		r.release()
		log.failed(err)
		log.writeRows(0)
		return nil, err
	}
	c.buffers.rows = r
	c.buffers.open++
	return handOut(r), nil
}

// takeCursor takes the connection's cursor for the reply to a text, or a new one
// where that is in use.
func (c *Conn) takeCursor(q *analysis) *cursor {
	cur := c.buffers.cursor
	if cur == nil {
		cur = newCursor()
	}
	c.buffers.cursor = nil
	cur.reply.owner, cur.reply.query, cur.reply.inTx = c, q, c.tx != nil
	return cur
}

// putCursor takes a cursor back. What may be large or somebody's is forgotten.
func (c *Conn) putCursor(cur *cursor) {
	cur.row.reuse()
	r, names, row, room := cur.reply, cur.names, cur.row, cur.set.room
	entries, at := r.entries[:0], r.at[:0]
	clear(r.entries)
	// Cleared, then set: one literal with all of it is made elsewhere and copied, which
	// costs some 20 ns (Go 1.27, of 1,300 for a point query in memory).
	*r, *cur = reply{}, cursor{}
	r.entries, r.at = entries, at
	cur.reply, cur.names, cur.row, cur.set.room = r, names, row, room
	c.buffers.cursor = cur
}

// closing is told when rows are closed.
func (c *Conn) closing(r *rows) {
	c.buffers.open--
	if c.buffers.rows == r {
		c.buffers.rows = nil
	}
}

// drainLimit is how much of a result that nobody wants is read to keep the
// connection, in bytes. It costs some 1.4 ms over loopback, where a new
// connection costs 2 (measured with the engine 3.0.2).
const drainLimit = 1 << 20

// drainable is how much is read of it here and now: all where the connection
// holds what a new one would not, an open transaction or a session that its lease
// has changed.
func (c *Conn) drainable() int {
	if c.irreplaceable() {
		return math.MaxInt
	}
	return drainLimit
}

// irreplaceable reports whether the connection holds what a new one would not.
func (c *Conn) irreplaceable() bool { return c.tx != nil || c.session.dirty }

func (c *Conn) closeTimeout() time.Duration { return c.cfg.CloseTimeout }

func (c *Conn) maxMessage() int { return c.rpc.WebSocket().MaxMessage() }

func (c *Conn) serverMajor() int { return c.major }

func (c *Conn) doomIfWriteFailed(r *reply, err error) {
	if c.tx != nil {
		c.tx.doomIfWriteFailed(r, err)
	}
}
