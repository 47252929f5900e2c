package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// The answer to a query_stream (SurrealDB 3.3), which comes as frames while the query
// runs, and the giving up of one by query_cancel.

// cancelTimeout bounds the write of a query_cancel. These few bytes wait only if the
// peer has let megabytes pile up unread.
const cancelTimeout = 100 * time.Millisecond

// Frames is the stream of a connection. While it is open the connection can do
// nothing else. One is given up by the end of its context, which wakes who reads: that
// returns a *Failure, and the connection is as good as before. The stream is still
// open then, and to be ended by Cancel and Settle, or with the connection.
type Frames struct {
	conn        *Conn
	interrupt   func()        // what the end of a context does
	interrupted chan struct{} // gets a value from it

	id    uint64 // of the request; 0 while no stream is open
	begun bool
	ctx   context.Context
	stop  func() bool // releases the guard of ctx; nil for none
	dec   cbor.Decoder

	body   int // the fields of the frame after a Body that lies in the message, or -1
	fields int // those of the envelope after the frame
	ended  bool
	end    Frame  // the last one, which is given once nothing more of the stream can come
	cancel uint64 // the id of the query_cancel, or 0
	early  bool   // that came before the server knew the stream
	stall  stall
}

// NewFrames makes the stream of a connection, which is not open.
func NewFrames(c *Conn) *Frames {
	s := &Frames{conn: c, interrupted: make(chan struct{}, 1)}
	s.interrupt = func() {
		c.ws.Interrupt()
		s.interrupted <- struct{}{}
	}
	return s
}

// IsOpen reports whether the stream is not over.
func (s *Frames) IsOpen() bool { return s.id != 0 }

// Open sends the pipeline, which must be one query_stream, and waits until the server
// answers. With an error of the server there is no stream.
func (s *Frames) Open(ctx context.Context) (*ServerError, error) {
	c := s.conn
	stop, err := c.guardBy(ctx, s.interrupt)
	if err != nil {
		return nil, err
	}
	s.id, s.ctx, s.stop = c.lastID, ctx, stop
	s.begun, s.ended, s.end, s.cancel, s.early = false, false, Frame{}, 0, false
	s.stall = stall{lastRead: clock.Now()}
	if err := c.flush(ctx); err != nil {
		s.close()
		return nil, err
	}
	for {
		f, err := s.read()
		switch {
		case err != nil:
			return nil, s.failRead(err)
		case s.begun:
			return nil, nil
		case !s.IsOpen():
			return f.Err, nil
		}
	}
}

// Next waits for the next frame. After FrameEnd there is none: io.EOF.
func (s *Frames) Next() (Frame, error) {
	if !s.IsOpen() {
		return Frame{}, io.EOF
	}
	s.stall.begin()
	defer s.stall.end()
	if s.stall.paused {
		return s.nextAfterPause()
	}
	f, err := s.nextKnown()
	if err != nil {
		return f, s.failRead(err)
	}
	return f, nil
}

func (s *Frames) nextKnown() (Frame, error) {
	for {
		f, err := s.read()
		if err != nil || f.Kind != frameUnknown {
			return f, err
		}
	}
}

// ErrNotYet is the error of NextWithin where no frame has come.
var ErrNotYet = errors.New("rpc: no frame has come yet")

// NextWithin is Next, but it waits for a frame no longer than d.
func (s *Frames) NextWithin(d time.Duration) (Frame, error) {
	outer := s.ctx
	bounded, cancel := context.WithTimeout(outer, d)
	defer cancel()
	s.Bound(bounded)
	f, err := s.nextKnown()
	if s.IsOpen() {
		s.Bound(outer)
	}
	switch {
	case err == ws.ErrInterrupted && outer.Err() == nil:
		return f, ErrNotYet
	case err != nil:
		return f, s.failRead(err)
	}
	return f, nil
}

// EndOfBody checks what follows the array of a FrameRows, whose elements have been read;
// rest is what is left of its Body.
func (s *Frames) EndOfBody(rest []byte) error {
	if s.body < 0 {
		return nil
	}
	s.dec.Reset(rest)
	err := skipFields(&s.dec, &s.body)
	if err == nil {
		err = skipFields(&s.dec, &s.fields)
	}
	if err == nil {
		err = s.dec.Tail()
	}
	s.body = -1
	return err
}

// Bound has another context end the waiting for frames, in the place of that of Open.
func (s *Frames) Bound(ctx context.Context) {
	s.unguard()
	s.ctx = ctx
	if ctx.Done() != nil {
		s.stop = context.AfterFunc(ctx, s.interrupt)
	}
}

// Fail gives the connection up for what its caller found wrong with a frame.
func (s *Frames) Fail(err error) error { return s.failRead(err) }

// Cancel asks the server to stop the query, which it does when the query next yields, and
// releases the context of Open. Settle waits for the end. An error has broken the
// connection.
func (s *Frames) Cancel() error {
	c := s.conn
	s.unguard()
	switch {
	case !s.IsOpen() || s.cancel != 0:
		return nil
	case c.Broken():
		s.close()
		return ws.ErrClosed
	}
	err := s.sendCancel()
	if err != nil {
		c.Abort()
		s.close()
	}
	return err
}

func (s *Frames) sendCancel() error {
	c := s.conn
	b := c.Start("query_cancel", NoTxn, NoTrace, 1)
	s.cancel = c.lastID
	if err := c.ws.End(cbor.AppendUint(b, s.id)); err != nil {
		return err
	}
	c.waiting = append(c.waiting, s.cancel)
	_, err := c.ws.FlushWithin(cancelTimeout)
	return err
}

// Settle reads on until a stream that was given up is over, and drops what it reads. Where
// ctx ends before, its error is returned, and Settle can be called again. After any other
// error the connection is broken.
func (s *Frames) Settle(ctx context.Context) error {
	if !s.IsOpen() {
		return nil
	}
	c := s.conn
	if err := ctxerr.Of(ctx); err != nil {
		return err
	}
	s.Bound(ctx)
	for s.IsOpen() {
		_, err := s.read()
		if err == ws.ErrInterrupted {
			s.unguard()
			return ctxerr.Of(ctx)
		}
		if err != nil {
			s.close()
			c.Abort()
			return err
		}
	}
	return nil
}

// read reads one message. What it returns has no kind where it is nothing that the caller
// need see. The stream is closed with its last frame, or with an error that is the answer to
// the query_stream; where a query_cancel or a question was sent, once that has been answered,
// too: the answer would be taken for that to the next request.
func (s *Frames) read() (f Frame, err error) {
	msg, err := s.conn.ws.ReadMessage()
	if err != nil {
		return f, err
	}
	if fields, ours := beginResult(&s.dec, msg, s.id); ours {
		s.fields = fields
		f, err = s.parse()
	} else {
		f, err = s.other(msg)
	}
	if err == nil && f.Kind == FrameEnd {
		s.end, f = f, Frame{}
	}
	switch {
	case s.ended && !s.stall.probing && !s.conn.isWaiting(s.cancel):
		s.close()
		f = s.end
	case err == nil && s.early && s.begun:
		s.early, s.cancel = false, 0
		err = s.sendCancel()
	}
	return f, err
}

// other reads a message that does not begin as a frame does: what is meant for somebody
// else, or an error that is the answer to the query_stream. That may come after frames, where
// one could not be encoded.
func (s *Frames) other(msg []byte) (f Frame, err error) {
	e, err := parse(&s.conn.dec, msg)
	if err != nil {
		return f, err
	}
	if s.stall.probing && e.hasID && e.ID == s.id && e.Err != nil {
		return f, s.stall.refused(e.Err)
	}
	ours, err := s.conn.claim(&e)
	switch {
	case err != nil || !ours:
		return f, err
	case e.ID == s.cancel && isNoStream(e.Err) && s.begun:
		s.ended = true // and its end was lost, if it has not come
		s.conn.forget(s.id)
		return f, nil
	case e.ID == s.cancel && isNoStream(e.Err):
		s.early = true
		return f, nil
	case e.ID != s.id:
		return f, nil
	case e.Err == nil:
		return f, errors.New("rpc: unreadable reply: the id of a frame comes after its result")
	}
	s.ended = true
	return Frame{Kind: FrameEnd, Err: e.Err}, nil
}

// parse reads the frame that the decoder stands on.
func (s *Frames) parse() (Frame, error) {
	d := &s.dec
	s.body = -1
	f, err := readFrame(d)
	switch {
	case err != nil:
	case f.inPlace:
		s.body = 0
	default:
		if err = skipFields(&s.dec, &s.fields); err == nil {
			err = d.Tail()
		}
	}
	if err != nil {
		return Frame{}, unreadable(err)
	}
	return f.Frame, s.admit(&f.Frame)
}

// admit checks that a frame is one that can come now. The begin is for nobody else to see.
func (s *Frames) admit(f *Frame) error {
	switch {
	case f.Kind == frameBegin && s.stall.probing && !s.stall.over:
		s.stall.over, f.Kind = true, frameUnknown
	case f.Kind == FrameEnd && s.stall.over:
		s.stall.probing = false
		if s.ended { // its own end has come after the question
			f.Kind = frameUnknown
			break
		}
		s.ended, f.Err = true, stopped()
		s.conn.forget(s.id)
	case s.ended:
		return errors.New("rpc: a frame after the end of its stream")
	case f.Kind == frameBegin && s.begun:
		return errors.New("rpc: a stream that begins twice")
	case f.Kind == frameBegin:
		s.begun, s.conn.answered, f.Kind = true, true, frameUnknown
	case f.Kind == frameUnknown:
	case !s.begun:
		return errors.New("rpc: a frame before the begin of its stream")
	case f.Kind == FrameEnd:
		s.ended = true
		s.conn.forget(s.id)
	}
	return nil
}

// failRead makes a *Failure of an error. The connection is given up, unless the reading
// was interrupted.
func (s *Frames) failRead(err error) error {
	if err == ws.ErrInterrupted {
		return &Failure{Op: "read", Sent: true, Size: s.conn.size, Err: becauseOf(s.ctx, err)}
	}
	if errors.Is(err, ws.ErrMessageTooLarge) {
		err = fmt.Errorf("%w (an answer that is streamed has up to 256 rows in a message: raise max_message_size, or set stream=never)", err)
	}
	ctx := cmp.Or(s.ctx, context.Background()) // the end may have come
	s.close()
	return s.conn.failRead(ctx, err)
}

// close ends the stream, whose end has come or will not.
func (s *Frames) close() {
	s.unguard()
	s.id, s.ctx, s.body = 0, nil, -1
}

// unguard releases the guard of the context. Where that has ended its interruption is
// waited for and undone.
func (s *Frames) unguard() {
	if s.stop != nil && !s.stop() {
		<-s.interrupted
		s.conn.ws.Resume()
	}
	s.stop = nil
}
