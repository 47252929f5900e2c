package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"

	"github.com/surrealsql/surrealsql/internal/callstack"
)

// How a connection runs a text: what it refuses, what it sends, and what it makes of the reply.

func (c *Conn) exec(ctx context.Context, q *analysis, args []driver.NamedValue) (driver.Result, error) {
	if q.live {
		return nil, cmp.Or(q.ineffective, errLive)
	}
	options := optionsOf(ctx)
	if err := c.enter(ctx, &options); err != nil {
		return nil, err
	}
	defer c.leave()
	cur := c.takeCursor(q)
	defer c.putCursor(cur)
	r := cur.reply
	if err := c.run(ctx, r, q.exec, args, options.stream, false); err != nil {
		return nil, err
	}
	if err := r.firstError(0); err != nil {
		r.log.write(0)
		return nil, err
	}
	res := r.countRecords()
	if n, known := res.(result); known {
		r.log.write(int(n))
	} else {
		r.log.write(noRows)
	}
	return res, nil
}

func (c *Conn) query(ctx context.Context, q *analysis, args []driver.NamedValue) (driver.Rows, error) {
	options := optionsOf(ctx)
	records := options.records.claim(q.Text)
	batch := options.batch.claim(q.Text)
	if q.ambiguous != nil && records == nil && batch == nil {
		return nil, q.ambiguous // before anything is sent: the text may write
	}
	if err := c.enter(ctx, &options); err != nil {
		records.unclaim()
		batch.unclaim()
		return nil, err
	}
	defer c.leave()
	if q.live {
		return c.queryLive(ctx, q, args, options, records)
	}
	if batch != nil {
		if err := batch.admit(q, c.admitStatements); err != nil {
			batch.unclaim()
			return nil, err
		}
	}
	cur := c.takeCursor(q)
	cur.reply.whole = records != nil
	err := c.run(ctx, cur.reply, q.Rewritten, args, options.stream, batch == nil)
	if err == nil && batch != nil {
		err = cur.reply.takeBatch(batch)
	}
	if err != nil {
		records.unclaim()
		batch.unclaim()
		c.putCursor(cur)
		return nil, err
	}
	cur.set.values = decoding{exact: options.exact, boxes: &c.buffers.boxes}
	cur.set.records = records
	return c.newRows(cur)
}

// run sends a text, as Exec or Query has it sent, with its arguments, and takes the
// reply apart. early lets it return while rows are still arriving, where those of the text
// can be read then.
func (c *Conn) run(ctx context.Context, r *reply, text string, args []driver.NamedValue, mode StreamMode, early bool) error {
	done := false
	defer c.abortOnPanic(&done)
	err := c.runText(ctx, r, text, args, mode, early)
	done = true
	return err
}

// abortOnPanic gives the connection up where code of the program's (a tracer, a
// Valuer, a marshaler, a handler of logs, a source of credentials) has panicked, or
// ended its goroutine, in the middle of an exchange: what is left of it, half a
// request or a reply that is not read, would be taken for the next one's.
func (c *Conn) abortOnPanic(done *bool) {
	if !*done {
		c.abort()
	}
}

// runText is run, where what the program brings in does not panic.
func (c *Conn) runText(ctx context.Context, r *reply, text string, args []driver.NamedValue, mode StreamMode, early bool) (err error) {
	if c.rpc.Broken() {
		return c.errBroken()
	}
	ctx, cancel := c.withTimeout(ctx)
	defer func() {
		if r.unread && (r.streamed != nil || r.stream.Arriving()) {
			r.cancel = cancel
		} else {
			cancel()
		}
	}()
	q := r.query
	if err := c.admit(ctx, q, args); err != nil {
		return err
	}
	ctx, started := c.queryStart(ctx, q.Text, len(args))
	if c.streams(ctx, q, mode) {
		r.streamed, c.streaming = &streamed{frames: c.frames}, q
		r.one = r.early(early) && callstack.InQueryRow()
	}
	err = c.exchange(ctx, r, text, args, early)
	if err != nil && q.buildsIndex && c.major >= 4 {
		err = withIndexHint(err)
	}
	r.log = c.queryEnd(ctx, q.Text, args, started, cmp.Or(err, r.firstError(0)))
	if err != nil {
		r.log.write(0)
	}
	c.doomIfWriteFailed(r, err)
	return err
}

// admit refuses what must not be sent: bad arguments, writes where only reading is
// allowed, and what the server would take for something else.
func (c *Conn) admit(ctx context.Context, q *analysis, args []driver.NamedValue) error {
	if q.unreadable != nil {
		return q.unreadable
	}
	if err := checkArgs(q, args); err != nil {
		return err
	}
	if err := c.admitStatements(q); err != nil {
		return err
	}
	if q.elsewhere >= 0 && !c.session.settingUp {
		if err := c.connector.schema.admit(ctx, c, q); err != nil {
			return err
		}
	}
	if q.ineffective != nil {
		return q.ineffective
	}
	return c.checkParams(ctx, q, args)
}

// admitStatements refuses statements that the connection, or its transaction, does not run.
func (c *Conn) admitStatements(q *analysis) error {
	if c.readOnly && !c.session.settingUp {
		if err := refuseWrites(q); err != nil {
			return err
		}
	}
	if c.tx != nil {
		return c.tx.admit(q)
	}
	return nil
}
