package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/callstack"
	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/lending"
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

	frames    *rpc.Frames   // the stream of an answer; it may have been given up, and not be over yet
	streaming *analysis     // the text that it answers
	givenUpAt clock.Instant // when it was given up

	id      uint64 // its number in the connector, from 1
	host    *host
	addr    string // host:port of the server
	version string // as the server tells it: "3.0.2"
	major   int    // of the version
	minor   int

	protocol Protocol // that the server agreed to; never ProtocolAuto

	own      sessionState  // the session that the connection has from the beginning
	session  *sessionState // the one that requests are for: own, or that of a call's context
	sessions attachedSessions

	made     bool  // it has been given out; before that a call that fails on it fails the connect
	readOnly bool  // texts that may write are refused
	tx       *tx   // the open transaction, or nil
	cause    error // why the connection failed; nil while it has not, or if it is not known
	lease    lease
	buffers  buffers
	live     liveSet
}

// buffers are what one call on a connection leaves for the next.
type buffers struct {
	rows    *rows          // that still lie in the socket's buffer, or nil
	open    int            // rows that are not closed, wherever they lie
	cursor  *cursor        // reused from one reply to the next; nil while rows have it
	handles box.Slab[rows] // of rows, which are made many at a time
	boxes   box.Arena      // of values
	last    *analysis      // of the text before, which often comes again
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

// Protocol returns the WebSocket subprotocol that the server agreed to when the connection
// was made: never [ProtocolAuto].
func (c *Conn) Protocol() Protocol { return c.protocol }

// Ping asks the server whether it answers: one round trip. A connection that
// fails is given up. database/sql does not try another one for a ping, so the
// error is the cause, not a bare driver.ErrBadConn.
func (c *Conn) Ping(ctx context.Context) error {
	var err error
	if c.rpc.Broken() {
		err = c.errBroken()
	} else {
		err = c.ping(ctx)
	}
	if !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	if e, answered := errors.AsType[*Error](err); answered {
		return e
	}
	return &ConnError{Op: "ping", Addr: c.addr, Err: c.lossCause()}
}

// ping makes a round trip. A server that denies the method has answered, too.
func (c *Conn) ping(ctx context.Context) error {
	if _, err := c.call(ctx, "ping", 0, nil); !isDeniedMethod(err) {
		return err
	}
	return nil
}

// CheckNamedValue lets every type through that can be sent; see the table of
// types in docs/types.md. database/sql calls it.
func (c *Conn) CheckNamedValue(nv *driver.NamedValue) error {
	if rows, ok := nv.Value.(*rowBatch); ok {
		rows.inTx = c.tx != nil
	}
	return checkNamedValue(nv)
}

// PrepareContext analyses the text. It costs no round trip: a text that the
// server cannot parse fails when it is executed.
func (c *Conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	if c.tx != nil {
		if err := c.tx.contextErr(); err != nil {
			return nil, err
		}
	}
	if c.rpc.Broken() {
		return nil, c.errBroken()
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
	if c.buffers.last != nil && c.buffers.last.Text == query {
		return c.buffers.last
	}
	if c.version != "" && asksVersion(query) {
		query = c.answerVersion()
	}
	q, kept := c.connector.analyses.Get(query)
	if c.buffers.last = nil; kept { // an idle connection holds no text that is large
		c.buffers.last = q
	}
	return q
}

// makeReady makes the connection ready for a request: what the one before has left open is
// saved, or waited for.
func (c *Conn) makeReady(ctx context.Context) error {
	c.yieldBuffer(ctx)
	if c.frames.IsOpen() {
		return c.settle(ctx)
	}
	return nil
}

// yieldBuffer saves open rows from the next reply: they move to memory of
// their own. So a query inside a loop over rows is served, never mixed up. Where ctx has
// ended they stay: nothing is sent for it.
//
// It stops the idle checker too where no ResetSession has done so:
// when the caller for whom database/sql has made it is gone by then, it asks IsValid,
// and leases the connection the first time without a reset (Go 1.26 and 1.27).
func (c *Conn) yieldBuffer(ctx context.Context) {
	if c.lease.first {
		c.stopIdling()
	}
	if c.buffers.rows != nil && ctx.Err() == nil {
		c.buffers.rows.detach(ctx)
		c.buffers.rows = nil
	}
}

// Close ends the session. It takes at most close_timeout. While a pool lends the
// connection, as package pool does, it gives it back instead.
func (c *Conn) Close() error {
	if release := c.lease.release; release != nil {
		release(c.lease.present.kept)
		return nil
	}
	if c.lease.present.recovers {
		c.lease.present.recovers = false
		c.connector.recovering.add(c)
		return nil
	}
	if c.lease.first && callstack.Holds(callstack.OpenNewConnection) {
		// Under the mutex of the sql.DB a hook, a tracer or a handler of logs that
		// asks for DB.Stats would hang for ever. The next dial waits for the end.
		c.connector.lingering.add(c.rpc.WebSocket().Closed())
		go func() { _ = c.closeNow() }()
		return nil
	}
	return c.closeNow()
}

// closeNow sends a Close frame and closes the socket.
func (c *Conn) closeNow() error {
	c.connector.untrack(c)
	done := false
	defer c.abortOnPanic(&done)
	if hook := c.cfg.BeforeClose; hook != nil && !c.rpc.Broken() {
		hook(c)
	}
	ctx := c.connector.tracers.CloseStart(context.Background(), CloseStart{Conn: c.id, Reason: c.closeReason()})
	err := c.rpc.Close(time.Now().Add(c.cfg.CloseTimeout))
	done = true
	c.connector.lingering.add(c.rpc.WebSocket().Closed())
	c.connector.tracers.CloseEnd(ctx, CloseEnd{Conn: c.id, Err: err})
	c.connector.log.closed(c.attr(), err)
	if err != nil {
		return fmt.Errorf("surrealsql: closing the connection to %s: %w", c.addr, err)
	}
	return nil
}

// abort closes the socket without a Close frame, and for good. New sockets wait for that.
func (c *Conn) abort() {
	c.rpc.Abort()
	c.connector.lingering.add(c.rpc.WebSocket().Closed())
}

// closeReason tells why the pool closes the connection, as far as it shows: it
// does not say itself.
func (c *Conn) closeReason() string {
	switch why := c.unfit(); {
	case why == lending.MaxLifetime:
		return errOutlived.Error()
	case why == lending.Moved:
		return errMoved.Error()
	case why == lending.MaxUses:
		return "max_uses is reached"
	case c.rpc.Broken():
		return "the connection failed"
	}
	return "the pool let go of it"
}

var errQueryTimeout = fmt.Errorf("query_timeout is over: %w", context.DeadlineExceeded)

// withTimeout adds query_timeout and the context of the open transaction to a
// context. cancel must be called.
func (c *Conn) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	leave := func() {}
	if c.tx != nil {
		ctx, leave = c.tx.withContext(ctx)
	}
	if limit := c.cfg.QueryTimeout; limit > 0 {
		ctx, cancel := context.WithTimeoutCause(ctx, limit, errQueryTimeout)
		return ctx, func() { cancel(); leave() }
	}
	return ctx, leave
}

func (c *Conn) attr() slog.Attr {
	return slog.Group("conn", slog.Uint64("id", c.id), slog.String("addr", c.addr))
}
