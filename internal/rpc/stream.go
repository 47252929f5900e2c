package rpc

import (
	"context"
	"io"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Replies of queries, which are read while they arrive.

// beginSize is how much of a long message shows whether it is a reply that can be
// read while it arrives: {id, result: …}, in this order, as the server sorts them.
const beginSize = 64

// Stream is a reply whose result is being read. While more of it arrives its
// connection can do nothing else, and the end of the request's context closes the
// socket; otherwise its bytes lie where they are valid until the connection is used
// again. It is made by QueryTrip, any number of times.
type Stream struct {
	conn     *Conn
	ctx      context.Context
	stop     func() bool // releases the guard of ctx; nil for none
	dec      cbor.Decoder
	fields   int  // of the envelope, after the result
	size     int  // of the message in bytes, as far as it is known
	arriving bool // the message is not all here
}

// QueryTrip is RoundTrip for a caller who reads the result to its end, and finds by
// that whether the reply is well-formed: it is not read twice. The result is to be
// read from the stream. With early, that is as soon as the beginning of a long
// reply is here; otherwise, and for errors, once it is here whole.
func (c *Conn) QueryTrip(ctx context.Context, s *Stream, early bool) (*ServerError, error) {
	stop, err := c.guard(ctx)
	if err != nil {
		return nil, err
	}
	s.conn, s.ctx, s.stop, s.fields, s.size, s.arriving = c, ctx, stop, 0, 0, false
	var refused *ServerError
	if err = c.flush(ctx); err == nil {
		refused, err = c.receiveQuery(s, early)
		err = c.failRead(ctx, err)
	}
	if !s.arriving {
		s.release()
	}
	return refused, err
}

// receiveQuery reads messages until one answers the waiting request.
func (c *Conn) receiveQuery(s *Stream, early bool) (*ServerError, error) {
	for {
		msg, more, err := c.nextMessage(early)
		if err != nil {
			return nil, err
		}
		if s.begin(msg) { // nearly always
			c.waiting = c.waiting[:0]
			s.size = len(msg) + c.ws.Left()
			if s.arriving = more; more {
				s.dec.ResetSource(s.dec.Rest(), c.ws)
			}
			return nil, nil
		}
		if more {
			if msg, err = c.ws.Rest(msg); err != nil {
				return nil, err
			}
		}
		e, err := parse(&c.dec, msg)
		if err != nil {
			return nil, err
		}
		if ours, err := c.claim(&e); err != nil {
			return nil, err
		} else if ours {
			s.dec.Reset(e.Result)
			return e.Err, nil
		}
	}
}

// nextMessage reads a message, or with early the beginning of a long one.
func (c *Conn) nextMessage(early bool) (msg []byte, more bool, err error) {
	if !early {
		msg, err = c.ws.ReadMessage()
		return msg, false, err
	}
	msg, more, err = c.ws.NextMessage()
	for err == nil && more && len(msg) < beginSize {
		var longer []byte
		if longer, err = c.ws.Fill(msg); err == nil {
			msg = longer
		} else if err == io.EOF {
			more, err = false, nil // that was all of it
		}
	}
	return msg, more, err
}

// begin reports whether a message begins as the result that is waited for does, and
// stands before that result then. All other messages are read whole.
func (s *Stream) begin(msg []byte) (ok bool) {
	waiting := s.conn.waiting
	if len(waiting) == 1 {
		s.fields, ok = beginResult(&s.dec, msg, waiting[0])
	}
	return ok
}

// Decoder reads the result. What it returns as valid until the next call is
// also gone when it needs more of the message.
func (s *Stream) Decoder() *cbor.Decoder { return &s.dec }

// Size is how many bytes the message has: at least, where it comes in fragments.
func (s *Stream) Size() int { return s.size }

// Arriving reports whether the message had not come whole when it was read from last.
func (s *Stream) Arriving() bool { return s.arriving }

// Fail gives the connection up for an error of the decoder and returns the
// *Failure that says so.
func (s *Stream) Fail(err error) error {
	s.conn.Abort()
	err = s.conn.failRead(s.ctx, err)
	s.release()
	return err
}

// Finish reads what comes after the result, and frees the connection.
func (s *Stream) Finish() error {
	err := skipFields(&s.dec, &s.fields)
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
// that nothing else uses, and the connection is free. An error is for Fail, and the
// decoder meets it, too.
func (s *Stream) Buffer() error {
	rest, err := s.conn.ws.Rest(s.dec.Rest())
	if err != nil {
		s.dec.ResetSource(nil, lost{err}) // what it had not read has been moved from where it was
		return err
	}
	s.conn.ws.Steal()
	s.dec.Reset(rest)
	s.release()
	return nil
}

// lost is the source of what does not come any more.
type lost struct{ error }

// Fill returns why.
func (l lost) Fill([]byte) ([]byte, error) { return nil, l.error }

// Drop frees the connection without reading the rest, which is arriving: what is
// left is dropped if it is at most limit bytes, otherwise the connection is given
// up.
func (s *Stream) Drop(limit int) {
	if ok, err := s.conn.ws.Drain(limit); !ok || err != nil {
		s.conn.Abort()
	}
	s.release()
}

func (s *Stream) release() {
	s.conn.unguard(s.stop)
	s.stop, s.arriving = nil, false
}
