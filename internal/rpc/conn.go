package rpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// TxnID names an open transaction; NoTxn is none.
type TxnID [16]byte

// NoTxn is the TxnID of a request outside a transaction.
var NoTxn TxnID

const tagUUID = 37

// Reply answers one request: it has either a result or an error.
type Reply struct {
	ID     uint64
	Result []byte // CBOR, valid until the connection is used again
	Err    *ServerError
}

// Conn is one RPC connection. One goroutine may use it at a time; Abort and
// Broken may be called from any.
type Conn struct {
	ws    *ws.Conn
	abort func() // ws.Abort, made once so that guarding a call does not allocate it
	dec   cbor.Decoder

	lastID  uint64
	waiting []uint64 // asked and not answered yet

	oversize error // of a request in the flight, which therefore is not sent
	size     int   // bytes of the flight, as far as it was written

	pingID uint64 // an idle ping that is not answered yet, or 0
	pinged time.Time

	// Notify gets the result of each live notification that arrives, as CBOR
	// that is valid during the call. Nil drops them.
	Notify func(result []byte)
}

// NewConn makes a Conn of an upgraded WebSocket connection and owns it.
func NewConn(w *ws.Conn) *Conn { return &Conn{ws: w, abort: w.Abort} }

// WebSocket is the connection below.
func (c *Conn) WebSocket() *ws.Conn { return c.ws }

// Broken reports whether the connection failed or was closed, for good.
func (c *Conn) Broken() bool { return c.ws.Broken() }

// Abort closes the socket at once; see ws.Conn.Abort.
func (c *Conn) Abort() { c.ws.Abort() }

// Close says goodbye before the deadline and closes the socket.
func (c *Conn) Close(deadline time.Time) error { return c.ws.Close(deadline) }

// Start opens a request in the flight that waits for RoundTrip or Flight.
// Append exactly params CBOR items to the slice it returns and give that to
// End, or give the flight up with Discard.
func (c *Conn) Start(method string, txn TxnID, params int) []byte {
	b := c.ws.Begin()
	fields := 3
	if txn != NoTxn {
		fields = 4
	}
	b = cbor.AppendMapHeader(b, fields)
	c.lastID++
	b = cbor.AppendUint(cbor.AppendText(b, "id"), c.lastID)
	b = cbor.AppendText(cbor.AppendText(b, "method"), method)
	if txn != NoTxn {
		b = AppendTxnID(cbor.AppendText(b, "txn"), txn)
	}
	return cbor.AppendArrayHeader(cbor.AppendText(b, "params"), params)
}

// AppendTxnID appends a transaction's id as SurrealDB reads it: as tag 37, not
// as text.
func AppendTxnID(b []byte, txn TxnID) []byte {
	return cbor.AppendBytes(cbor.AppendTag(b, tagUUID), txn[:])
}

// End closes the request that Start opened and returns its id. Where it is larger
// than the peer takes, the flight is not sent: RoundTrip and the others give a
// *Failure with the *ws.SizeError, and the connection is as good as before.
func (c *Conn) End(b []byte) uint64 {
	if err := c.ws.End(b); err != nil && c.oversize == nil {
		c.oversize = err
	}
	c.waiting = append(c.waiting, c.lastID)
	return c.lastID
}

// Discard drops the flight: nothing of it was sent.
func (c *Conn) Discard() {
	c.ws.Discard()
	c.waiting = c.waiting[:0]
	c.oversize = nil
}

// RoundTrip sends the flight, which must be one request, and waits for its
// reply. When ctx ends first the socket is closed at once, which is the only
// thing that stops the request on the server. Any error is a *Failure, and the
// connection is broken, except where ctx had ended before, or a request is too
// large: then nothing was done, and the flight is dropped.
func (c *Conn) RoundTrip(ctx context.Context) (reply Reply, err error) {
	err = c.exchange(ctx, func(r Reply) { reply = r })
	return reply, err
}

// Flight sends the waiting requests in one write and hands each reply to each,
// in the order in which they arrive. Errors are those of RoundTrip.
func (c *Conn) Flight(ctx context.Context, each func(Reply)) error {
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
			return c.received(ctx, err)
		}
		each(r)
	}
	return nil
}

// guard makes the end of ctx close the socket, until unguard. For a context
// that has ended already it drops the flight.
func (c *Conn) guard(ctx context.Context) (stop func() bool, err error) {
	if ctx.Err() != nil {
		c.Discard()
		return nil, &Failure{Op: "write", Err: ContextError(ctx)}
	}
	if err := c.oversize; err != nil {
		c.Discard()
		return nil, &Failure{Op: "write", Err: err}
	}
	if ctx.Done() == nil {
		return nil, nil
	}
	return context.AfterFunc(ctx, c.abort), nil
}

func (c *Conn) unguard(stop func() bool) {
	if stop != nil && !stop() {
		// The context ended during the exchange. A complete answer is still
		// good news; the socket is not.
		c.Abort()
	}
}

// flush sends the flight.
func (c *Conn) flush(ctx context.Context) error {
	n, err := c.ws.Flush()
	c.size = n
	if err == nil {
		return nil
	}
	c.waiting = c.waiting[:0]
	return &Failure{Op: "write", Sent: n > 0, Size: n, Err: becauseOf(ctx, err)}
}

// received makes a *Failure of an error while a reply was read, and gives the
// connection up; nil stays nil.
func (c *Conn) received(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	c.Abort()
	c.waiting = c.waiting[:0]
	return &Failure{Op: "read", Sent: true, Size: c.size, Err: becauseOf(ctx, err)}
}

// receive reads messages until one answers a waiting request.
func (c *Conn) receive() (Reply, error) {
	for {
		msg, err := c.ws.ReadMessage()
		if err != nil {
			return Reply{}, err
		}
		e, err := c.parse(msg)
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

// claim decides whose a message is: a waiting request's (true), or nobody's
// that waits here, like a notification or the answer to an idle ping (false).
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
	i := slices.Index(c.waiting, e.ID)
	if i < 0 {
		return false, fmt.Errorf("rpc: a reply to request %d, which is not in flight", e.ID)
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	return true, nil
}

// becauseOf prefers the context's error to the noise that closing the socket
// made.
func becauseOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ContextError(ctx)
	}
	return err
}

// ContextError is the error of a context that has ended, with its cause where one
// was given.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
