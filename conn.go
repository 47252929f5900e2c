package surrealsql

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/callstack"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// Conn is one session on a SurrealDB server. database/sql leases it to one
// goroutine at a time; reach it through [sql.Conn.Raw] to change the session:
//
//	conn, err := db.Conn(ctx)
//	defer conn.Close()
//	err = conn.Raw(func(c any) error {
//		return c.(*surrealsql.Conn).Use(ctx, "shop", "archive")
//	})
//
// What a lease changes lasts until conn.Close: before the next lease the
// session is set back to what the DSN says. A Conn must not be kept after Raw
// returned, and its methods must not be called by two goroutines at once.
type Conn struct {
	connector *Connector
	cfg       *Config // the connector's, as BeforeConnect left it
	rpc       *rpc.Conn
	id        uint64 // its number in the connector, from 1
	addr      string // host:port of the server
	version   string // as the server tells it: "3.0.2"
	major     int    // of the version

	readOnly bool // texts that may write are refused

	token      string     // that the server gave for the Config's password, or ""
	base       session    // what a reset restores
	now        session    // what is in force
	signedWith string     // the token that the session signed in with last, or ""
	settingUp  bool       // what runs is the Config's own
	recordUser recordUser // what is known of who is signed in
	dirty      bool       // now may differ from base
	cause      error      // why the connection failed; nil while it has not, or if it is not known

	taken atomic.Pointer[error] // why it was taken away from who uses it; see Revoke

	tx      *tx         // the open transaction, or nil
	rows    *rows       // rows that still lie in the connection's buffer, or nil
	cursor  *cursor     // reused from one reply to the next; nil while rows have it
	handles chunk[rows] // of rows, which are made many at a time
	boxes   boxes       // of values

	last *analysis // of the text before, which often comes again

	care    leaseState
	release func(kept bool) // what Close does while a pool lends the connection; see OnRelease
	left    bool            // a lease ended with something open, which is lent to nobody else
	kept    bool            // database/sql was told that it may keep the connection
	unheard bool            // there was no ResetSession yet; see yieldBuffer
}

var (
	_ driver.Conn               = (*Conn)(nil)
	_ driver.Pinger             = (*Conn)(nil)
	_ driver.ExecerContext      = (*Conn)(nil)
	_ driver.QueryerContext     = (*Conn)(nil)
	_ driver.ConnPrepareContext = (*Conn)(nil)
	_ driver.ConnBeginTx        = (*Conn)(nil)
	_ driver.NamedValueChecker  = (*Conn)(nil)
	_ driver.SessionResetter    = (*Conn)(nil)
	_ driver.Validator          = (*Conn)(nil)
)

// ServerVersion returns the version that the server told when the connection
// was made, such as "3.0.2"; "" where the server denies that method.
func (c *Conn) ServerVersion() string { return c.version }

// Ping asks the server for a sign of life: one round trip. A connection that
// fails is given up. database/sql does not try another one for a ping, so the
// error is the cause, not a bare driver.ErrBadConn.
func (c *Conn) Ping(ctx context.Context) error {
	var err error
	if c.rpc.Broken() {
		err = c.lost()
	} else {
		err = c.ping(ctx)
	}
	if errors.Is(err, driver.ErrBadConn) {
		err = &ConnError{Op: "ping", Addr: c.addr, Err: c.causeOfLoss()}
	}
	return err
}

// ping makes a round trip. That the server denies the method is a sign of life, too.
func (c *Conn) ping(ctx context.Context) error {
	if _, err := c.call(ctx, "ping", 0, nil); !isDeniedMethod(err) {
		return err
	}
	return nil
}

// CheckNamedValue lets every type through that can be sent; see the table of
// types in the README. database/sql calls it.
func (c *Conn) CheckNamedValue(nv *driver.NamedValue) error { return checkNamedValue(nv) }

// PrepareContext analyses the text. It costs no round trip: a text that the
// server cannot parse fails when it is executed.
func (c *Conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	if c.tx != nil {
		if err := c.tx.over(); err != nil {
			return nil, err
		}
	}
	if c.rpc.Broken() {
		return nil, c.lost()
	}
	return &stmt{conn: c, query: c.analyze(query)}, nil
}

// Prepare is PrepareContext without a context.
func (c *Conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// ExecContext runs the text's statements. Each commits on its own, and later
// ones run after one has failed; the error is then the first failure's.
func (c *Conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.exec(ctx, c.analyze(query), args)
}

// QueryContext runs the text's statements; each that has a result is a result
// set.
func (c *Conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.query(ctx, c.analyze(query), args)
}

func (c *Conn) analyze(query string) *analysis {
	if c.last != nil && c.last.Text == query {
		return c.last
	}
	q, kept := c.connector.texts.of(query)
	if c.last = nil; kept { // an idle connection holds no text that is large
		c.last = q
	}
	return q
}

func (c *Conn) exec(ctx context.Context, q *analysis, args []driver.NamedValue) (driver.Result, error) {
	cur := c.takeCursor(q)
	defer c.putCursor(cur)
	a := &cur.answer
	if err := c.run(ctx, a, q.exec, args, false); err != nil {
		return nil, err
	}
	if err := a.failure(0); err != nil {
		a.log.write(0)
		return nil, err
	}
	res := a.countRecords()
	if n, known := res.(result); known {
		a.log.write(int(n))
	} else {
		a.log.write(noRows)
	}
	return res, nil
}

func (c *Conn) query(ctx context.Context, q *analysis, args []driver.NamedValue) (driver.Rows, error) {
	if q.ambiguous != nil {
		return nil, q.ambiguous // before anything is sent: the text may write
	}
	cur := c.takeCursor(q)
	if err := c.run(ctx, &cur.answer, q.Rewritten, args, q.streams); err != nil {
		c.putCursor(cur)
		return nil, err
	}
	cur.set.read = reader{exact: exactTypes(ctx), boxes: &c.boxes}
	return c.openRows(cur)
}

// run sends a text with its arguments and takes the answer. early allows rows that
// are still to be read from it.
func (c *Conn) run(ctx context.Context, a *answer, send string, args []driver.NamedValue, early bool) error {
	done := false
	defer c.unlessPanic(&done)
	err := c.runText(ctx, a, send, args, early)
	done = true
	return err
}

// unlessPanic gives the connection up where code of the program's (a tracer, a
// Valuer, a marshaler, a handler of logs, a source of credentials) has panicked, or
// ended its goroutine, in the middle of an exchange: what it left behind, half a
// request or an answer that is not read, would be taken for the next one's.
func (c *Conn) unlessPanic(done *bool) {
	if !*done {
		c.abort()
	}
}

func (c *Conn) runText(ctx context.Context, a *answer, send string, args []driver.NamedValue, early bool) (err error) {
	if c.rpc.Broken() {
		return c.lost()
	}
	ctx, cancel := c.bound(ctx)
	defer func() {
		if a.unread && a.reply.Arriving() {
			a.cancel = cancel
		} else {
			cancel()
		}
	}()
	q := a.query
	if err := c.admit(ctx, q, args); err != nil {
		return err
	}
	ctx, started := c.observeStart(ctx, q.Text, len(args))
	err = c.exchange(ctx, a, send, args, early)
	a.log = c.observeEnd(ctx, q.Text, args, started, cmp.Or(err, a.failure(0)))
	if err != nil {
		a.log.write(0)
	}
	if c.tx != nil {
		c.tx.judge(a, err)
	}
	return err
}

// admit refuses what must not be sent: bad arguments, writes where only reading is
// allowed, and what the server would take for something else.
func (c *Conn) admit(ctx context.Context, q *analysis, args []driver.NamedValue) error {
	if q.bad != nil {
		return q.bad
	}
	if err := checkArgs(q, args); err != nil {
		return err
	}
	if c.readOnly && !c.settingUp {
		if err := refuseWrites(q); err != nil {
			return err
		}
	}
	if q.elsewhere >= 0 && !c.settingUp {
		if err := c.connector.schema.admit(ctx, c, q); err != nil {
			return err
		}
	}
	if c.tx != nil {
		if err := c.tx.admit(q); err != nil {
			return err
		}
	}
	if q.refused != nil {
		return q.refused
	}
	return c.checkParams(ctx, q, args)
}

// yieldBuffer saves open rows from the next reply: they move to memory of
// their own. So a query inside a loop over rows is served, never mixed up.
//
// It takes the connection from the caretaker too where no ResetSession has done so:
// when the caller for whom database/sql has made it is gone by then, it asks IsValid,
// and leases the connection the first time without a reset (Go 1.26 and 1.27).
func (c *Conn) yieldBuffer(ctx context.Context) {
	if c.unheard {
		c.dismiss()
	}
	if c.rows != nil {
		c.rows.detach(ctx)
		c.rows = nil
	}
}

// Close ends the session. It takes at most close_timeout. While a pool lends the
// connection it gives it back instead; see [Conn.OnRelease].
func (c *Conn) Close() error {
	if c.release != nil {
		kept := c.kept
		c.kept = false
		c.release(kept)
		return nil
	}
	if c.unheard && callstack.Holds(callstack.OpenNewConnection) {
		// Under the mutex of the sql.DB a hook, a tracer or a handler of logs that
		// asks for DB.Stats would hang for ever. The next dial waits for the end.
		c.connector.lingering.add(c.rpc.WebSocket().Closed())
		go func() { _ = c.shut() }()
		return nil
	}
	return c.shut()
}

// shut says goodbye and closes the socket.
func (c *Conn) shut() error {
	c.connector.forget(c)
	done := false
	defer c.unlessPanic(&done)
	if hook := c.cfg.BeforeClose; hook != nil && !c.rpc.Broken() {
		hook(c)
	}
	ctx := c.connector.tracers.closeStart(context.Background(), CloseStart{Conn: c.id, Reason: c.closeReason()})
	err := c.rpc.Close(time.Now().Add(c.cfg.CloseTimeout))
	done = true
	c.connector.lingering.add(c.rpc.WebSocket().Closed())
	c.connector.tracers.closeEnd(ctx, CloseEnd{Conn: c.id, Err: err})
	c.connector.log.closed(c, err)
	if err != nil {
		return fmt.Errorf("surrealsql: closing the connection to %s: %w", c.addr, err)
	}
	return nil
}

// closeReason tells why the pool closes the connection, as far as it shows: it
// does not say itself.
func (c *Conn) closeReason() string {
	switch limit := c.RetiredBy(); {
	case limit == "max_lifetime":
		return errOutlived.Error()
	case limit == "max_uses":
		return "max_uses is reached"
	case c.rpc.Broken():
		return "the connection failed"
	}
	return "the pool let go of it"
}
