package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// One request and its reply: how a text or a method is sent, and what the caller is
// told of its failure.

// exchange sends a text and reads its reply. early leaves rows that are arriving to be
// read later.
func (c *Conn) exchange(ctx context.Context, r *reply, text string, args []driver.NamedValue, early bool) error {
	err := c.sendSignedIn(ctx, r, text, args, early)
	if c.tx != nil {
		c.tx.used = true
	}
	if err != nil {
		if isContextError(err) {
			r.query.habit.givenUp()
		}
		if e, ok := errors.AsType[*Error](err); ok && c.tx == nil {
			e.inForce = writers(r.query.Statements, nil) > 1 && !e.Is(ErrParse) && !isTurnedAway(e)
		}
		return withPosition(err, r.query, text)
	}
	if r.streamed != nil {
		return r.readFrames(r.early(early))
	}
	r.query.habit.answered(r.stream.Size())
	return r.parse(r.early(early))
}

// sendSignedIn is send, and renews a session that has expired.
func (c *Conn) sendSignedIn(ctx context.Context, r *reply, text string, args []driver.NamedValue, early bool) error {
	err := c.send(ctx, r, text, args, early)
	if !c.renewable(err) {
		return c.expiredInTx(err)
	}
	if err := c.signInAgain(ctx, err); err != nil {
		return err
	}
	if err = c.send(ctx, r, text, args, early); isSessionExpired(err) {
		c.rpc.Abort() // nothing to sign in with: `reset` does not mend it (3.0.2)
	}
	return err
}

// renewable reports whether an error says that the session has expired, where it may be
// signed in again and the request repeated. The server looks at the session before it
// runs anything, so nothing has run. It does not look at it before `begin` (3.0.2): a
// transaction can be stillborn.
//
// Nor does a request run whose session is not there, as behind what joins connections.
func (c *Conn) renewable(err error) bool {
	if isNoSession(err) && c.session.id != rpc.OwnSession {
		return c.tx == nil
	}
	return isSessionExpired(err) && (c.tx == nil || !c.tx.used)
}

// expiredInTx says of a session that has expired in a transaction that it may be run again.
func (c *Conn) expiredInTx(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && c.tx != nil && isSessionExpired(e) {
		e.Hint, e.redo = hintExpiredInTx, true
	}
	return err
}

// send makes the round trip of one text, whose result is to be read from the reply's frames
// or stream.
func (c *Conn) send(ctx context.Context, r *reply, text string, args []driver.NamedValue, early bool) error {
	if r.streamed != nil {
		err := c.sendAs(ctx, "query_stream", r, text, args, early)
		if !c.cannotStream(err) {
			return err
		}
		r.streamed = nil // it has not run: as a whole then
	}
	return c.sendAs(ctx, "query", r, text, args, early)
}

func (c *Conn) sendAs(ctx context.Context, method string, r *reply, text string, args []driver.NamedValue, early bool) error {
	if err := c.makeReady(ctx); err != nil {
		return err
	}
	b := c.rpc.Start(method, c.txnID(), c.traceContext(ctx), 2)
	b = cbor.AppendText(b, text)
	b, err := appendArgs(b, args, c.encoding())
	if err != nil {
		c.rpc.Discard()
		return err
	}
	c.rpc.End(b)
	var refused *rpc.ServerError
	if r.streamed != nil {
		refused, err = r.frames.Open(ctx)
	} else {
		refused, err = c.rpc.QueryTrip(ctx, &r.stream, r.early(early))
	}
	return c.resultError(method, refused, err)
}

// encoding is how arguments are sent.
func (c *Conn) encoding() encoding {
	sized := c.protocol.sized()
	return encoding{
		nilIsNone: c.cfg.NilAs == NilIsNone, sized: sized, keepWidth: sized && c.cfg.SizedNumbers,
		// A server that is built without blocks has cbor.2 all the same.
		blocks: c.protocol == ProtocolShaped,
	}
}

// call makes the round trip of a method other than query. params appends
// exactly count parameters.
func (c *Conn) call(ctx context.Context, method string, count int, params func([]byte) ([]byte, error)) ([]byte, error) {
	ctx, cancel := c.withTimeout(ctx)
	defer cancel()
	done := false
	defer c.abortOnPanic(&done)
	result, err := c.request(ctx, method, count, params)
	done = true
	return result, err
}

// request is call, as the tracer and the log are told of it.
func (c *Conn) request(ctx context.Context, method string, count int, params func([]byte) ([]byte, error)) ([]byte, error) {
	ctx, started := c.queryStart(ctx, method, 0)
	result, err := c.roundTrip(ctx, method, count, params)
	c.queryEnd(ctx, method, nil, started, err).write(noRows)
	return result, err
}

func (c *Conn) roundTrip(ctx context.Context, method string, count int, params func([]byte) ([]byte, error)) ([]byte, error) {
	if err := c.makeReady(ctx); err != nil {
		return nil, err
	}
	b := c.rpc.Start(method, rpc.NoTxn, c.traceContext(ctx), count)
	if params != nil {
		var err error
		if b, err = params(b); err != nil {
			c.rpc.Discard()
			return nil, err
		}
	}
	c.rpc.End(b)
	reply, err := c.rpc.RoundTrip(ctx)
	c.noteMethod(method)
	return reply.Result, c.resultError(method, reply.Err, err)
}

// resultError is the caller's error for what came of a request: the server refused it,
// or there was no reply.
func (c *Conn) resultError(method string, refused *rpc.ServerError, err error) error {
	if err != nil {
		return c.transportError(err)
	}
	if refused != nil {
		return c.refused(refusal(method, refused))
	}
	return nil
}

// refused is the caller's error for a server's error to a request. Where the server turns
// away what comes, the connection is given up: the next request would fare no better, and
// the server drops its transaction with it.
func (c *Conn) refused(e *Error) error {
	if !isTurnedAway(e) {
		return e
	}
	c.connector.turnedAway(c.host, e)
	c.abandon("", false, e)
	return c.notExecuted(e)
}

// notExecuted adds driver.ErrBadConn to the error of a call of which nothing was executed,
// where another connection would do as well: not in a transaction, and not where this
// connection was taken away. And not beside rows that are open on it: at ErrBadConn an
// sql.Conn closes itself, and waits for its rows to be closed, for ever (Go 1.26 and 1.27).
// Nor while it is being made: database/sql would connect anew, twice more, beyond
// connect_attempts and connect_timeout, and also where the set-up may have run in part.
func (c *Conn) notExecuted(why error) error {
	if c.made && c.tx == nil && c.lease.taken.Load() == nil && c.buffers.open == 0 {
		return &notExecutedError{why}
	}
	return why
}

// refusal is the server's error to a request. That it denies a method it says without
// its name.
func refusal(method string, refused *rpc.ServerError) *Error {
	e := serverError(refused)
	e.whole = true
	if isDeniedMethod(e) {
		e.Hint = fmt.Sprintf("the server denies the RPC method %q: see its --allow-rpc and --deny-rpc (SURREAL_CAPS_ALLOW_RPC, SURREAL_CAPS_DENY_RPC)", method)
	}
	return e
}

// What a call returns whose connection fails, or has failed before.

// transportError makes the caller's error of a transport's, and gives the connection up
// unless nothing has happened to it, or nothing more than that a stream was given up.
func (c *Conn) transportError(err error) error {
	var f *rpc.Failure
	if !errors.As(err, &f) {
		return c.abandon("", false, err)
	}
	if size := (*ws.SizeError)(nil); errors.As(f.Err, &size) {
		return tooLarge(size)
	}
	cause := f.Err
	if ended, ok := errors.AsType[*txEnded](cause); ok {
		cause = ended // without the error of the context that was made of the two
	}
	if !f.Sent && isContextError(cause) {
		return cause // it had ended before anything was done
	}
	if c.frames.IsOpen() && !c.rpc.Broken() {
		return c.giveUpStream(cause)
	}
	if rpc.IsOutOfMemory(cause) {
		c.connector.turnedAway(c.host, cause)
	}
	lost := c.abandon(f.Op, f.Sent, explainedLoss(cause, f.Size))
	if f.Sent {
		return lost
	}
	return c.notExecuted(lost)
}

// errBroken answers a call on a connection that failed before. Outside a transaction
// another connection will do as well, unless this one was taken away: with an ErrBadConn
// database/sql would forget the lease, and later calls would not say why. In one, the
// server has dropped it; where its context has ended, that is what there is to say.
func (c *Conn) errBroken() error {
	if why := c.lease.taken.Load(); why != nil && c.tx == nil {
		return &ConnError{Addr: c.addr, Err: *why}
	}
	if c.tx == nil {
		return c.notExecuted(&ConnError{Addr: c.addr, Err: fmt.Errorf("it was lost earlier: %w", c.lossCause())})
	}
	if err := c.tx.contextErr(); err != nil {
		return err
	}
	return &ConnError{Addr: c.addr, Err: fmt.Errorf("the connection was lost earlier in this transaction, which the server has dropped: %w", c.lossCause())}
}

// lossCause is why the connection failed. Where the context of an earlier call has
// ended, this is no context's error: that of the present call has not.
func (c *Conn) lossCause() error {
	if why := c.lease.taken.Load(); why != nil {
		return *why
	}
	switch {
	case c.cause == nil:
		return errGivenUp
	case isContextError(c.cause):
		return fmt.Errorf("the context of an earlier call ended: %v", c.cause)
	}
	return c.cause
}

// errGivenUp is why a connection failed that no error of an exchange tells.
var errGivenUp = errors.New("the context of an earlier call ended as its answer came, or the connection was closed")

// abandon gives the connection up and returns the error that says so.
func (c *Conn) abandon(op string, sent bool, err error) *ConnError {
	c.rpc.Abort()
	if why := c.lease.taken.Load(); why != nil && !isContextError(err) {
		err = *why // not the noise that closing the socket has made
	}
	if c.cause == nil {
		c.cause = err
	}
	c.connector.noticeLoss(c.host, err)
	if errors.Is(err, ws.ErrMessageTooLarge) {
		err = fmt.Errorf("%w: %w", ErrMessageTooLarge, err)
	}
	return &ConnError{Op: op, Addr: c.addr, Sent: sent, Err: err}
}

// queryStart tells the tracer of a query that is about to be sent.
func (c *Conn) queryStart(ctx context.Context, text string, args int) (context.Context, time.Time) {
	if len(c.connector.tracers.query) > 0 {
		ns, db := c.session.selected()
		start := QueryStart{Conn: c.id, Addr: c.addr, Query: text, Args: args, Namespace: ns, Database: db}
		if c.tx != nil {
			start.Tx = c.tx.number
		}
		ctx = c.connector.tracers.QueryStart(ctx, start)
	}
	if !c.cfg.logsQueries() {
		return ctx, time.Time{}
	}
	return ctx, time.Now()
}

// queryEnd tells the tracer, and returns what is to be logged, or nil.
func (c *Conn) queryEnd(ctx context.Context, text string, args []driver.NamedValue, started time.Time, err error) *queryLog {
	c.connector.tracers.QueryEnd(ctx, QueryEnd{Conn: c.id, Addr: c.addr, Err: err})
	if !c.cfg.logsQueries() {
		return nil
	}
	return &queryLog{
		log: c.connector.log, conn: c.attr(), all: c.cfg.LogQueries, slow: c.cfg.LogSlowQueries,
		ctx: ctx, text: text, args: redacted(args), err: err,
		started: started, took: time.Since(started),
	}
}

// traceContext is what a request under ctx says of its trace. Servers since 3.1 use it.
// 3.0.2 ignores it, as these do a traceparent that is malformed (all measured); to a server
// whose version is not known yet, or is an older one, none is sent.
func (c *Conn) traceContext(ctx context.Context) rpc.TraceContext {
	if len(c.connector.tracers.propagators) == 0 || c.major < 3 {
		return rpc.NoTrace
	}
	return rpc.ParseTraceContext(c.connector.tracers.TraceContext(ctx))
}
