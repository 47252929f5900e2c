package surrealsql

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// tx is an interactive transaction: RPC begin, queries that carry its id, and
// commit or cancel.
type tx struct {
	conn     *Conn
	ctx      context.Context // of BeginTx: it bounds Commit too, which has none of its own
	id       rpc.TxnID
	number   uint64 // as tracers are told it
	told     bool   // tracers know that it has ended
	readOnly bool
	used     bool  // a text of it was answered: it cannot be begun again unseen
	doom     error // why it can only be rolled back; nil while it is healthy

	serializable bool // its isolation is to be that, or it is not to be
}

var _ driver.Tx = (*tx)(nil)

// Begin is BeginTx without context and options.
func (c *Conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx opens a transaction on the server. SurrealDB isolates by snapshots, with
// detection of write conflicts: that are [sql.LevelDefault] and [sql.LevelSnapshot]. Of
// 4.0 on, where its storage can, it has [sql.LevelSerializable] too, which also detects
// that what the transaction has read was written by another one. Other levels, and this
// one on a server without it, are errors. A read-only transaction refuses statements
// that may write, and is never committed. Texts with BEGIN, COMMIT or CANCEL are
// refused in a transaction. The error is [ErrTxUnsupported] for a server without
// interactive transactions (2.x), and for a record user on a server that would not
// know it in one (3.0).
func (c *Conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	level := sql.IsolationLevel(opts.Isolation)
	switch level {
	case sql.LevelDefault, sql.LevelSnapshot, sql.LevelSerializable:
	default:
		return nil, fmt.Errorf("surrealsql: isolation level %q is not available: use sql.LevelSnapshot, which is the default, or sql.LevelSerializable (from SurrealDB 4.0 on)", level)
	}
	if c.rpc.Broken() {
		return nil, c.errBroken()
	}
	if c.tx != nil {
		return nil, errors.New("surrealsql: a transaction is open on this connection already")
	}
	options := optionsOf(ctx)
	if err := c.enter(ctx, &options); err != nil {
		return nil, err
	}
	defer c.leave()
	t := &tx{conn: c, number: txNumbers.Add(1), readOnly: opts.ReadOnly || c.readOnly, serializable: level == sql.LevelSerializable}
	done := false
	defer c.abortOnPanic(&done)
	t.ctx = t.traceStart(ctx)
	err := t.beginFor(t.ctx)
	if err != nil {
		t.traceEnd(false, err)
	}
	done = true
	if err != nil {
		return nil, err
	}
	return t, nil
}

// begin opens the transaction on the server.
func (t *tx) begin(ctx context.Context) error {
	c := t.conn
	s := t.beginStep()
	raw, err := c.call(ctx, s.method, s.count, s.params)
	if err != nil {
		if isUnknownMethod(err) {
			return fmt.Errorf("%w: the server at %s (version %s) does not know `begin`", ErrTxUnsupported, c.addr, c.version)
		}
		return err
	}
	var isolation string
	if t.id, isolation, err = parseBegun(raw); err != nil {
		return c.abandon("begin", true, err)
	}
	if c.rpc.Broken() { // ctx ended with the reply, and the connection with it
		return cmp.Or(ctxerr.Of(ctx), c.errBroken())
	}
	if t.serializable && isolation != isolationSerializable {
		_ = t.cancel()
		return fmt.Errorf("surrealsql: isolation level %q is not available on the server at %s (version %s), which has snapshot isolation alone: use sql.LevelSnapshot, or SurrealDB 4.0", sql.LevelSerializable, c.addr, c.version)
	}
	c.setTx(t)
	return nil
}

// setTx notes which transaction is open, nil for none.
func (c *Conn) setTx(t *tx) {
	c.tx = t
	var since int64
	if t != nil {
		since = time.Now().UnixNano()
	}
	c.lease.txSince.Store(since)
}

// beginStep begins a transaction of the kind that is wanted. Up to 3.3 the method has no
// parameters, and ignores those that it gets (3.0.2, 3.3.5): then the answer does not say
// "serializable". A server of 4.0 that knows of a transaction that it only reads refuses
// writes itself, and no index waits for the end of it (4.0.0-beta.1).
func (t *tx) beginStep() step {
	var options []byte
	n := 0
	if t.serializable {
		options = cbor.AppendText(cbor.AppendText(options, "isolation"), isolationSerializable)
		n++
	}
	if t.readOnly && t.conn.major >= 4 {
		options = cbor.AppendMapHeader(cbor.AppendText(options, "read_only"), 0)
		n++
	}
	if n == 0 {
		return step{method: "begin"}
	}
	return step{method: "begin", count: 1, params: func(b []byte) ([]byte, error) {
		return append(cbor.AppendMapHeader(b, n), options...), nil
	}}
}

const isolationSerializable = "serializable"

// parseBegun reads the answer to begin: the transaction's id, or, where the server has minded
// the options, an object of that and of what it has made of them.
func parseBegun(raw []byte) (id rpc.TxnID, isolation string, err error) {
	var d cbor.Decoder
	d.Reset(raw)
	found, err := d.Find("isolation")
	if found {
		isolation, err = d.OptionalText()
	}
	d.Rewind()
	if err == nil {
		_, err = d.Find("id")
	}
	if err == nil {
		id, err = readTxnID(&d)
	}
	return id, isolation, err
}

func readTxnID(d *cbor.Decoder) (id rpc.TxnID, err error) {
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
	if givenUp := (*givenUpError)(nil); errors.As(t.doom, &givenUp) {
		return fmt.Errorf("%w: %w", ErrTxDoomed, t.doom) // what it has written is not known
	}
	if t.readOnly {
		return refuseWrites(q)
	}
	return nil
}

// doomIfWriteFailed dooms the transaction when a statement that may write has failed: an
// UPDATE of many records that fails half-way leaves that half in the transaction, and
// SurrealDB (3.0.2, 3.3.5) would commit it; 4.0.0-beta.1 refuses to.
func (t *tx) doomIfWriteFailed(r *reply, err error) {
	if t.doom != nil {
		return
	}
	if err != nil {
		if hasRun(err) && mayWrite(r.query.Statements) {
			t.doom = err
		}
		return
	}
	misaligned := r.align()
	for i := range r.entries {
		if e := &r.entries[i]; e.failed && (misaligned != nil || r.query.Statements[r.at[i]].MayWrite) {
			t.doom = r.errorOf(i)
			return
		}
	}
}

// contextErr is the error of a call that comes when the context of BeginTx has ended; nil
// before that.
func (t *tx) contextErr() error {
	if err := ctxerr.Of(t.ctx); err != nil {
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

// withContext makes a call end with the context of BeginTx too. When that ends
// database/sql rolls back, and it would wait for a call that does not. Callers
// mostly give the same context to both, which costs nothing.
func (t *tx) withContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if done := t.ctx.Done(); done == nil || done == ctx.Done() {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	end := func() { cancel(t.contextErr()) }
	if t.ctx.Err() != nil { // AfterFunc would tell a moment too late
		end()
	}
	stop := context.AfterFunc(t.ctx, end)
	return ctx, func() { stop(); cancel(nil) }
}

// doomCause is why nothing of the transaction is in force, which is no unknown outcome.
func (t *tx) doomCause() error {
	if givenUp, ok := errors.AsType[*givenUpError](t.doom); ok {
		return givenUp.err
	}
	return t.doom
}

// Commit makes the transaction's writes permanent. A doomed transaction is
// cancelled instead, with an error that wraps [ErrTxDoomed] and the cause; so is one
// whose context has ended, with the context's error. When the connection is lost on
// the way the outcome is unknown, and the error says so: see [ErrOutcomeUnknown].
func (t *tx) Commit() error {
	if t.conn.tx != t {
		return sql.ErrTxDone
	}
	defer t.conn.leave()
	err := t.end()
	t.traceEnd(err == nil, err)
	return err
}

// end commits the transaction, if that can be done, and cancels it otherwise.
func (t *tx) end() error {
	c := t.conn
	lost, over := (*ConnError)(nil), t.contextErr()
	switch {
	case over != nil && t.doom == nil:
		_ = t.cancel()
		return rolledBack(over)
	case errors.As(t.doom, &lost), t.doom == nil && c.rpc.Broken():
		// What a statement's loss has left open is settled here: the server drops
		// the transaction with its connection.
		err := c.errBroken()
		_ = t.cancel()
		return err
	case t.doom != nil:
		return errors.Join(fmt.Errorf("%w: %w", ErrTxDoomed, t.doomCause()), t.cancel())
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

// commit sends the commit. Unless its reply says that the transaction is over, it
// is cancelled: a server that denies the method, or is shutting down, has not looked
// at it, and the next lease of the connection would find it open.
func (t *tx) commit() error {
	c := t.conn
	ctx, stop := context.WithTimeoutCause(t.ctx, c.cfg.CloseTimeout, errCloseTimeout)
	defer stop()
	if c.yieldBuffer(ctx); t.doom != nil { // as the rows tell that are open on the lease
		return t.end()
	}
	s := cancelStep(t.id)
	_, err := c.call(ctx, "commit", s.count, s.params)
	switch {
	case err == nil, c.rpc.Broken(), IsConflict(err), isUnknownTxn(err):
		c.setTx(nil)
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
	defer t.conn.leave()
	err := t.cancel()
	t.traceEnd(false, err)
	return err
}

// cancel ends the transaction: on the server, or else with its connection, because
// the server drops the open transactions of a closed socket. It does not end with
// the transaction's context, and database/sql gives it none, so close_timeout bounds
// it: a call cannot block past that.
func (t *tx) cancel() error {
	c := t.conn
	c.setTx(nil)
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

// txNumbers numbers the transactions of this process.
var txNumbers atomic.Uint64

func (t *tx) traceStart(ctx context.Context) context.Context {
	c := t.conn
	ns, db := "", ""
	if len(c.connector.tracers.tx) > 0 {
		ns, db = c.session.selected()
	}
	return c.connector.tracers.TxStart(ctx, TxStart{
		Tx: t.number, Conn: c.id, Addr: c.addr, Namespace: ns, Database: db, ReadOnly: t.readOnly,
	})
}

// traceEnd tells tracers how the transaction has ended, once.
func (t *tx) traceEnd(committed bool, err error) {
	if !t.told {
		t.told = true
		c := t.conn
		c.connector.tracers.TxEnd(t.ctx, TxEnd{Tx: t.number, Conn: c.id, Addr: c.addr, Committed: committed, Err: err})
	}
}

// errLeftOpen is how a transaction has ended that nobody will end, because its lease has.
var errLeftOpen = errors.New("surrealsql: the transaction was left open at the end of its lease")
