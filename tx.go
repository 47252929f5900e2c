package surrealsql

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// tx is an interactive transaction: RPC begin, queries that carry its id, and
// commit or cancel.
type tx struct {
	conn     *Conn
	ctx      context.Context // of BeginTx: it bounds Commit too, which has none of its own
	id       rpc.TxnID
	readOnly bool
	used     bool  // a text of it was answered: it cannot be begun again unseen
	doom     error // why it can only be rolled back; nil while it is healthy
}

var _ driver.Tx = (*tx)(nil)

// Begin is BeginTx without context and options.
func (c *Conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx opens a transaction on the server. SurrealDB has one isolation level,
// snapshot with detection of write conflicts: [sql.LevelDefault] and
// [sql.LevelSnapshot] are accepted. A read-only transaction refuses statements
// that may write, and is never committed. Texts with BEGIN, COMMIT or CANCEL are
// refused in a transaction. The error is [ErrTxUnsupported] for a server without
// interactive transactions (2.x), and for a record user on a server that would not
// know it in one (3.0).
func (c *Conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	switch level := sql.IsolationLevel(opts.Isolation); level {
	case sql.LevelDefault, sql.LevelSnapshot:
	default:
		return nil, fmt.Errorf("surrealsql: isolation level %q is not available: SurrealDB has snapshot isolation, so use sql.LevelDefault or sql.LevelSnapshot", level)
	}
	if c.rpc.Broken() {
		return nil, c.lost()
	}
	if c.tx != nil {
		return nil, errors.New("surrealsql: a transaction is open on this connection already")
	}
	t := &tx{conn: c, ctx: ctx, readOnly: opts.ReadOnly || c.readOnly}
	done := false
	defer c.unlessPanic(&done)
	err := t.beginFor(ctx)
	done = true
	if err != nil {
		return nil, err
	}
	return t, nil
}

// begin opens the transaction on the server.
func (t *tx) begin(ctx context.Context) error {
	c := t.conn
	raw, err := c.call(ctx, "begin", 0, nil)
	if err != nil {
		if isUnknownMethod(err) {
			return fmt.Errorf("%w: the server at %s (version %s) does not know `begin`", ErrTxUnsupported, c.addr, c.version)
		}
		return err
	}
	if t.id, err = parseTxnID(raw); err != nil {
		return c.fail("begin", true, err)
	}
	if c.rpc.Broken() { // ctx ended with the answer, and the connection with it
		return cmp.Or(contextError(ctx), c.lost())
	}
	c.tx = t
	return nil
}

func parseTxnID(raw []byte) (id rpc.TxnID, err error) {
	var d cbor.Decoder
	d.Reset(raw)
	if _, err := d.Tag(); err != nil {
		return id, fmt.Errorf("unreadable transaction id: %w", err)
	}
	b, err := d.BytesView()
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("unreadable transaction id: %d bytes, expected %d: %w", len(b), len(id), err)
	}
	copy(id[:], b)
	return id, nil
}

// txnID is the id that requests of this connection must carry.
func (c *Conn) txnID() rpc.TxnID {
	if c.tx == nil {
		return rpc.NoTxn
	}
	return c.tx.id
}

// admit refuses what has no place in the transaction. The server (3.0.2) answers
// a BEGIN, COMMIT or CANCEL in it with an error and runs the statements around it
// all the same, so that Commit would make permanent what a text has cancelled.
func (t *tx) admit(q *analysis) error {
	for i := range q.Statements {
		switch s := &q.Statements[i]; s.Kind {
		case surrealql.Begin, surrealql.Commit, surrealql.Cancel:
			return fmt.Errorf("surrealsql: statement %d (%s) in a transaction: end it with Commit or Rollback of the sql.Tx, or run the text outside of it", i+1, s.Kind)
		}
	}
	if t.readOnly {
		return refuseWrites(q)
	}
	return nil
}

// judge dooms the transaction when a statement that may write has failed: a
// multi-record UPDATE that fails half-way leaves that half in the transaction,
// and SurrealDB (3.0.2) would commit it.
func (t *tx) judge(a *answer, err error) {
	if t.doom != nil {
		return
	}
	if err != nil {
		if hasRun(err) && mayWrite(a.query.Statements) {
			t.doom = err
		}
		return
	}
	misaligned := a.align()
	for i := range a.entries {
		if e := &a.entries[i]; e.failed && (misaligned != nil || a.query.Statements[a.at[i]].MayWrite) {
			t.doom = a.errorOf(i)
			return
		}
	}
}

// hasRun reports whether a text that failed as a whole may have run in part. One
// that could not be sent, or not be parsed, has not.
func hasRun(err error) bool {
	var answered *Error
	var lost *ConnError
	return errors.As(err, &answered) && !IsParse(err) || errors.As(err, &lost)
}

// over is the error of a call that comes when the context of BeginTx has ended; nil
// before that.
func (t *tx) over() error {
	if err := contextError(t.ctx); err != nil {
		return &txEnded{err}
	}
	return nil
}

// txEnded says that a call ended with the context of BeginTx, which need not be the
// call's own.
type txEnded struct{ err error }

func (e *txEnded) Error() string {
	return "surrealsql: the context of the transaction has ended: " + e.err.Error()
}

func (e *txEnded) Unwrap() error { return e.err }

// contextError is the error of a context that has ended, with its cause; nil before.
func contextError(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return rpc.ContextError(ctx)
}

// bound makes a call end with the context of BeginTx too. When that ends
// database/sql rolls back, and it would wait for a call that does not. Callers
// mostly give the same context to both, which costs nothing.
func (t *tx) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if done := t.ctx.Done(); done == nil || done == ctx.Done() {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	end := func() { cancel(t.over()) }
	if t.ctx.Err() != nil { // AfterFunc would tell a moment too late
		end()
	}
	stop := context.AfterFunc(t.ctx, end)
	return ctx, func() { stop(); cancel(nil) }
}

// Commit makes the transaction's writes permanent. A doomed transaction is
// cancelled instead, with an error that wraps [ErrTxDoomed] and the cause; so is one
// whose context has ended, with the context's error. When the connection is lost on
// the way the outcome is unknown, and the error says so: see [ErrOutcomeUnknown].
func (t *tx) Commit() error {
	c := t.conn
	if c.tx != t {
		return sql.ErrTxDone
	}
	lost, over := (*ConnError)(nil), t.over()
	switch {
	case over != nil && t.doom == nil:
		_ = t.cancel()
		return rolledBack(over)
	case errors.As(t.doom, &lost), t.doom == nil && c.rpc.Broken():
		// What a statement's loss has left open is settled here: the server drops
		// the transaction with its connection.
		err := c.lost()
		_ = t.cancel()
		return err
	case t.doom != nil:
		return errors.Join(fmt.Errorf("%w: %w", ErrTxDoomed, t.doom), t.cancel())
	case t.readOnly:
		return t.cancel()
	}
	return t.commit()
}

// rolledBack says of a Commit that nothing was sent for it.
func rolledBack(why error) error {
	if ended, ok := errors.AsType[*txEnded](why); ok {
		why = ended.err
	}
	return fmt.Errorf("surrealsql: the transaction was rolled back: its context ended before the commit was sent: %w", why)
}

// commit sends the commit. Unless its answer says that the transaction is over, it
// is cancelled: a server that denies the method, or is shutting down, has not looked
// at it, and the next lease of the connection would find it open.
func (t *tx) commit() error {
	c := t.conn
	ctx, stop := context.WithTimeoutCause(t.ctx, c.cfg.CloseTimeout, errCloseTimeout)
	defer stop()
	s := cancelStep(t.id)
	_, err := c.call(ctx, "commit", s.count, s.params)
	switch {
	case err == nil, c.rpc.Broken(), IsConflict(err), isUnknownTxn(err):
		c.tx = nil
		return err
	}
	_ = t.cancel()
	if isContextError(err) {
		return rolledBack(err)
	}
	return err
}

// Rollback cancels the transaction. A transaction that the server has dropped
// already, as after a failed commit or with a lost connection, is rolled back.
func (t *tx) Rollback() error {
	if t.conn.tx != t {
		return sql.ErrTxDone
	}
	return t.cancel()
}

// cancel ends the transaction: on the server, or else with its connection, because
// the server drops the open transactions of a closed socket. It does not end with
// the transaction's context, and database/sql gives it none, so close_timeout bounds
// it: a call cannot block past that.
func (t *tx) cancel() error {
	c := t.conn
	c.tx = nil
	if c.rpc.Broken() {
		return nil
	}
	ctx, stop := context.WithTimeoutCause(context.WithoutCancel(t.ctx), c.cfg.CloseTimeout, errCloseTimeout)
	defer stop()
	s := cancelStep(t.id)
	_, err := c.call(ctx, "cancel", s.count, s.params)
	switch {
	case err == nil, isUnknownTxn(err):
		return nil
	case c.rpc.Broken() && !IsTimeout(err): // a silent server may take its time to notice
		return nil
	}
	c.rpc.Abort() // the server refused, or it was not asked
	return err
}

var errCloseTimeout = fmt.Errorf("close_timeout is over: %w", context.DeadlineExceeded)
