package rpc

import (
	"context"
	"io"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// peekSize is how much of a long message is looked at to see whether it is a
// reply that can be streamed: {id, result: …}, in this order, as the server
// sorts them.
const peekSize = 64

// Stream is a reply whose result is read while it arrives. Until it is finished,
// buffered or closed, its connection can do nothing else, and the end of the
// request's context closes the socket.
type Stream struct {
	conn   *Conn
	ctx    context.Context
	stop   func() bool // releases the guard of ctx; nil for none
	dec    cbor.Decoder
	fields int  // of the envelope, behind the result
	apart  bool // the rest lies in memory of its own, and the connection is others'
}

// QueryTrip is RoundTrip for a caller who reads the result to its end and finds
// by that whether it is well-formed: the reply is not read twice. What is in
// Result may be cut short, or have something behind it.
//
// If streamed, a long reply comes while it arrives: its result is to be read from
// the stream. Errors and short replies come whole all the same, and stream is nil.
func (c *Conn) QueryTrip(ctx context.Context, streamed bool) (reply Reply, stream *Stream, err error) {
	stop, err := c.guard(ctx)
	if err != nil {
		return reply, nil, err
	}
	if err = c.flush(ctx); err == nil {
		reply, stream, err = c.receiveQuery(streamed)
		err = c.received(ctx, err)
	}
	if stream == nil {
		c.unguard(stop)
		return reply, nil, err
	}
	stream.ctx, stream.stop = ctx, stop
	return reply, stream, nil
}

// receiveQuery reads messages until one answers the waiting request.
func (c *Conn) receiveQuery(streamed bool) (Reply, *Stream, error) {
	for {
		msg, more, err := c.nextMessage(streamed)
		if err != nil {
			return Reply{}, nil, err
		}
		e, fields, usual := c.parseHead(msg)
		whole := !usual || e.ID == c.pingID || !more && fields > 0
		if whole && more {
			if msg, err = c.ws.Rest(msg); err != nil {
				return Reply{}, nil, err
			}
			more = false
		}
		if whole {
			if e, err = c.parse(msg); err != nil {
				return Reply{}, nil, err
			}
		}
		ours, err := c.claim(&e)
		switch {
		case err != nil:
			return Reply{}, nil, err
		case ours && more:
			return e.Reply, c.openStream(e.Result, fields), nil
		case ours:
			return e.Reply, nil, nil
		}
	}
}

// nextMessage reads a message, or if streamed the beginning of a long one.
func (c *Conn) nextMessage(streamed bool) (msg []byte, more bool, err error) {
	if !streamed {
		msg, err = c.ws.ReadMessage()
		return msg, false, err
	}
	msg, more, err = c.ws.NextMessage()
	for err == nil && more && len(msg) < peekSize {
		var longer []byte
		if longer, err = c.ws.Fill(msg); err == nil {
			msg = longer
		} else if err == io.EOF {
			more, err = false, nil // that was all of it
		}
	}
	return msg, more, err
}

// parseHead parses a message that begins as a reply with a result does, and gives
// all that is behind the head as the result; fields is how many more of the
// envelope are among it. Whatever else the message is had better be read whole:
// usual is false then.
func (c *Conn) parseHead(msg []byte) (e envelope, fields int, usual bool) {
	d := &c.dec
	d.Reset(msg)
	fields, err := d.MapLen()
	if err != nil || fields < 2 || !d.Take(keyID) {
		return e, 0, false
	}
	if e.ID, e.hasID, err = parseID(d); err != nil || !e.hasID || !d.Take(keyResult) {
		return e, 0, false
	}
	e.Result = d.Rest()
	return e, fields - 2, true
}

var keyID, keyResult = cbor.AppendText(nil, "id"), cbor.AppendText(nil, "result")

// openStream opens a stream of a result of which the beginning is there.
func (c *Conn) openStream(result []byte, fields int) *Stream {
	s := &Stream{conn: c, fields: fields}
	s.dec.ResetSource(result, c.ws)
	return s
}

// Decoder reads the result. What it returns as valid until the next call is
// also gone when it needs more of the message.
func (s *Stream) Decoder() *cbor.Decoder { return &s.dec }

// Fail gives the connection up for an error of the decoder and returns the
// *Failure that says so.
func (s *Stream) Fail(err error) error {
	s.conn.Abort()
	s.release()
	return s.conn.received(s.ctx, err)
}

// Finish reads what is behind the result, and frees the connection.
func (s *Stream) Finish() error {
	var err error
	for more := false; err == nil; {
		if more, err = s.dec.More(&s.fields); err != nil || !more {
			break
		}
		if err = s.dec.Skip(); err == nil {
			err = s.dec.Skip()
		}
	}
	if err == nil {
		err = s.dec.Tail()
	}
	if err != nil {
		return s.Fail(err)
	}
	s.release()
	return nil
}

// Buffer waits for the rest of the reply. The decoder then reads from memory
// that nothing else uses, and the connection is free.
func (s *Stream) Buffer() error {
	rest, err := s.conn.ws.Rest(s.dec.Rest())
	if err != nil {
		return s.Fail(err)
	}
	s.conn.ws.Steal()
	s.dec.Reset(rest)
	s.apart = true
	s.release()
	return nil
}

// Close frees the connection without reading the rest: what is left is dropped
// if it is at most limit bytes, otherwise the connection is given up.
func (s *Stream) Close(limit int) {
	if s.apart {
		return
	}
	if ok, err := s.conn.ws.Drain(limit); !ok || err != nil {
		s.conn.Abort()
	}
	s.release()
}

func (s *Stream) release() {
	s.conn.unguard(s.stop)
	s.stop = nil
}
