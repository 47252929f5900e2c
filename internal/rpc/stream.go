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

// StreamTrip is RoundTrip for a caller who can begin before all of the reply is
// there. A reply that is short, or an error, comes whole and stream is nil;
// otherwise the reply's result is to be read from the stream.
func (c *Conn) StreamTrip(ctx context.Context) (reply Reply, stream *Stream, err error) {
	stop, err := c.guard(ctx)
	if err != nil {
		return reply, nil, err
	}
	if err = c.flush(ctx); err == nil {
		reply, stream, err = c.receiveStream()
		err = c.received(ctx, err)
	}
	if stream == nil {
		c.unguard(stop)
		return reply, nil, err
	}
	stream.ctx, stream.stop = ctx, stop
	return reply, stream, nil
}

// receiveStream reads messages until one answers the waiting request.
func (c *Conn) receiveStream() (Reply, *Stream, error) {
	for {
		msg, more, err := c.ws.NextMessage()
		for err == nil && more && len(msg) < peekSize {
			var longer []byte
			if longer, err = c.ws.Fill(msg); err == nil {
				msg = longer
			} else if err == io.EOF {
				more, err = false, nil // that was all of it
			}
		}
		if err != nil {
			return Reply{}, nil, err
		}
		if more {
			if r, s, err := c.openStream(msg); s != nil || err != nil {
				return r, s, err
			}
			if msg, err = c.ws.Rest(msg); err != nil {
				return Reply{}, nil, err
			}
		}
		e, err := c.parse(msg)
		if err != nil {
			return Reply{}, nil, err
		}
		if ours, err := c.claim(&e); ours || err != nil {
			return e.Reply, nil, err
		}
	}
}

// openStream opens a stream if the message that begins with msg is the awaited
// reply. Whatever else it is had better be read whole: the stream is nil then.
func (c *Conn) openStream(msg []byte) (Reply, *Stream, error) {
	var d cbor.Decoder
	d.Reset(msg)
	fields, err := d.MapLen()
	if err != nil || fields < 2 || !nextKey(&d, "id") {
		return Reply{}, nil, nil
	}
	var e envelope
	if e.ID, e.hasID, err = parseID(&d); err != nil || !e.hasID || !nextKey(&d, "result") {
		return Reply{}, nil, nil
	}
	if ours, err := c.claim(&e); !ours || err != nil {
		return Reply{}, nil, err
	}
	s := &Stream{conn: c, fields: fields - 2}
	s.dec.ResetSource(d.Rest(), c.ws)
	return e.Reply, s, nil
}

func nextKey(d *cbor.Decoder, want string) bool {
	key, err := d.TextBytes()
	return err == nil && string(key) == want
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
