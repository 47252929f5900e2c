package rpc

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/wire"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Requests and their replies on one connection.

// TxnID names an open transaction; NoTxn is none.
type TxnID [16]byte

// NoTxn is the TxnID of a request outside a transaction.
var NoTxn TxnID

// SessionID names a session that was attached to a connection (SurrealDB 3.0 and later).
type SessionID [16]byte

// OwnSession is the SessionID of the session that a connection has from the beginning.
var OwnSession SessionID

// Conn is one RPC connection. One goroutine may use it at a time; Abort and
// Broken may be called from any.
type Conn struct {
	ws    *ws.Conn
	abort func() // ws.Abort, made once so that guarding a call does not allocate it
	dec   cbor.Decoder

	lastID   uint64
	waiting  []uint64 // asked and not answered yet
	answered bool     // a part of an answer has come: that of a stream has several

	oversize error // of a request in the pipeline, which therefore is not sent
	size     int   // bytes of the pipeline, as far as it was written

	pingID uint64 // an idle ping that is not answered yet, or 0
	pinged time.Time

	interrupt   func()        // what the end of the context of an Await does
	interrupted chan struct{} // gets a value from it

	// Session is the one that the requests are for that Start opens. The zero value is
	// OwnSession.
	Session SessionID

	// Notify gets the result of each notification of a live query, as CBOR that is
	// valid during the call. Nil drops them.
	Notify func(result []byte)
}

// NewConn makes a Conn of an upgraded WebSocket connection and owns it.
func NewConn(w *ws.Conn) *Conn {
	c := &Conn{ws: w, abort: w.Abort, interrupted: make(chan struct{}, 1)}
	c.interrupt = func() {
		w.Interrupt()
		c.interrupted <- struct{}{}
	}
	return c
}

// WebSocket is the connection below.
func (c *Conn) WebSocket() *ws.Conn { return c.ws }

// Broken reports whether the connection failed or was closed, for good.
func (c *Conn) Broken() bool { return c.ws.Broken() }

// Abort closes the socket at once; see ws.Conn.Abort.
func (c *Conn) Abort() { c.ws.Abort() }

// Close sends a Close frame, if it can before the deadline, and closes the socket.
func (c *Conn) Close(deadline time.Time) error { return c.ws.Close(deadline) }

// Start opens a request in the pipeline that waits for RoundTrip or Pipeline.
// Append exactly params CBOR items to the slice it returns and give that to
// End, or give the pipeline up with Discard.
func (c *Conn) Start(method string, txn TxnID, trace TraceContext, params int) []byte {
	c.lastID++
	return c.startAs(c.lastID, method, txn, trace, params)
}

// startAs is Start with an id that is given.
func (c *Conn) startAs(id uint64, method string, txn TxnID, trace TraceContext, params int) []byte {
	b := c.ws.Begin()
	fields := 3
	if txn != NoTxn {
		fields++
	}
	if trace.parent != "" {
		fields++
	}
	if c.Session != OwnSession {
		fields++
	}
	b = cbor.AppendMapHeader(b, fields)
	b = cbor.AppendUint(cbor.AppendText(b, "id"), id)
	b = cbor.AppendText(cbor.AppendText(b, "method"), method)
	if txn != NoTxn {
		b = wire.AppendUUID(cbor.AppendText(b, "txn"), txn)
	}
	if trace.parent != "" {
		b = trace.append(b)
	}
	if c.Session != OwnSession {
		b = wire.AppendUUID(cbor.AppendText(b, "session"), c.Session)
	}
	return cbor.AppendArrayHeader(cbor.AppendText(b, "params"), params)
}

// End closes the request that Start opened and returns its id. Where it is larger
// than the peer takes, the pipeline is not sent: RoundTrip and the others give a
// *Failure with the *ws.SizeError, and the connection is as good as before.
func (c *Conn) End(b []byte) uint64 {
	if err := c.ws.End(b); err != nil && c.oversize == nil {
		c.oversize = err
	}
	c.waiting = append(c.waiting, c.lastID)
	return c.lastID
}

// Discard drops the pipeline: nothing of it was sent.
func (c *Conn) Discard() {
	c.ws.Discard()
	c.waiting = c.waiting[:0]
	c.oversize = nil
}

// RoundTrip sends the pipeline, which must be one request, and waits for its
// reply. When ctx ends first the socket is closed at once, which stops the request on
// the server; only Frames can be stopped otherwise. Any error is a *Failure, and the
// connection is broken, except where ctx had ended before, or a request is too
// large: then nothing was done, and the pipeline is dropped.
func (c *Conn) RoundTrip(ctx context.Context) (reply Reply, err error) {
	err = c.exchange(ctx, func(r Reply) { reply = r })
	return reply, err
}

// Pipeline sends the waiting requests in one write and hands each reply to each,
// in the order in which they arrive. Errors are those of RoundTrip.
func (c *Conn) Pipeline(ctx context.Context, each func(Reply)) error {
	return c.exchange(ctx, each)
}

func (c *Conn) exchange(ctx context.Context, each func(Reply)) error {
	stop, err := c.guard(ctx)
	if err != nil {
		return err
	}
	defer c.unguard(stop)
	if err := c.flush(ctx); err != nil {
		return err
	}
	for len(c.waiting) > 0 {
		r, err := c.receive()
		if err != nil {
			return c.failRead(ctx, err)
		}
		each(r)
	}
	return nil
}

// guard makes the end of ctx close the socket, until unguard. For a context
// that has ended already it drops the pipeline.
func (c *Conn) guard(ctx context.Context) (stop func() bool, err error) {
	return c.guardBy(ctx, c.abort)
}

// guardBy is guard, where the end of ctx does something else.
func (c *Conn) guardBy(ctx context.Context, end func()) (stop func() bool, err error) {
	if ctx.Err() != nil {
		c.Discard()
		return nil, &Failure{Op: "write", Err: ctxerr.Of(ctx)}
	}
	if err := c.oversize; err != nil {
		c.Discard()
		return nil, &Failure{Op: "write", Err: err}
	}
	if ctx.Done() == nil {
		return nil, nil
	}
	return context.AfterFunc(ctx, end), nil
}

func (c *Conn) unguard(stop func() bool) {
	if stop != nil && !stop() {
		// The context ended during the exchange. A reply that is complete still
		// counts, but the socket may be closed at any moment.
		c.Abort()
	}
}

// flush sends the pipeline.
func (c *Conn) flush(ctx context.Context) error {
	n, err := c.ws.Flush()
	c.size, c.answered = n, false
	if err == nil {
		return nil
	}
	c.waiting = c.waiting[:0]
	return &Failure{Op: "write", Sent: n > 0, Size: n, Err: becauseOf(ctx, err)}
}

// failRead makes a *Failure of an error while a reply was read, and gives the
// connection up; nil stays nil.
func (c *Conn) failRead(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	c.Abort()
	sent := !c.unread(err)
	c.waiting = c.waiting[:0]
	return &Failure{Op: "read", Sent: sent, Size: c.size, Err: becauseOf(ctx, err)}
}

// unread reports whether the server has closed the connection in place of reading the
// request that is waited for. It does so where its memory is used up, before it looks at
// what has come (source, 3.3.5 and 4.0.0-beta.1). The Close frame does not say at which
// message, so the request must be the only one, and the last that was sent, and nothing of
// its answer may have come.
func (c *Conn) unread(err error) bool {
	return IsOutOfMemory(err) && len(c.waiting) == 1 && c.waiting[0] == c.lastID && !c.answered
}

// receive reads messages until one answers a waiting request.
func (c *Conn) receive() (Reply, error) {
	for {
		msg, err := c.ws.ReadMessage()
		if err != nil {
			return Reply{}, err
		}
		e, err := parse(&c.dec, msg)
		if err != nil {
			return Reply{}, err
		}
		if ours, err := c.claim(&e); err != nil {
			return Reply{}, err
		} else if ours {
			return e.Reply, nil
		}
	}
}

// claim reports whether a message answers a waiting request. Notifications and the
// reply to an idle ping do not.
func (c *Conn) claim(e *envelope) (bool, error) {
	switch {
	case !e.hasID && e.Err != nil:
		// The server could not read a request, so it could not name it. Only
		// one that is alone in flight can be meant.
		if len(c.waiting) != 1 {
			return false, fmt.Errorf("rpc: an error without an id, and %d requests in flight: %w", len(c.waiting), e.Err)
		}
		e.ID = c.waiting[0]
		c.waiting = c.waiting[:0]
		return true, nil
	case !e.hasID:
		if c.Notify != nil {
			c.Notify(e.Result)
		}
		return false, nil
	case e.ID == c.pingID && c.pingID != 0:
		c.pingID = 0
		return false, nil
	}
	if !c.isWaiting(e.ID) {
		return false, fmt.Errorf("rpc: a reply to request %d, which is not in flight", e.ID)
	}
	c.forget(e.ID)
	return true, nil
}

func (c *Conn) isWaiting(id uint64) bool { return slices.Contains(c.waiting, id) }

// forget waits no more for the answer to a request.
func (c *Conn) forget(id uint64) {
	if i := slices.Index(c.waiting, id); i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
}

// becauseOf prefers the context's error to the noise that closing the socket
// made.
func becauseOf(ctx context.Context, err error) error { return cmp.Or(ctxerr.Of(ctx), err) }
