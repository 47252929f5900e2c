package ws

import (
	"io"
	"slices"
)

// Messages, whole or while they arrive. One that does not fit the window can be read
// piece by piece: the caller decodes what is there and asks for more with Fill. Memory
// holds one piece of it at a time.

// streamSize is the first size of a stream's buffer, and what is asked of the
// socket at once. An item that is larger makes the buffer grow.
const streamSize = 32 << 10

// ReadMessage waits for the next message and returns its payload, which is
// valid until the next call of ReadMessage, NextMessage or Poll. Pings that come
// before it are answered. After an error the connection is broken, unless it is
// [ErrInterrupted]: then the next call goes on where this one was.
func (c *Conn) ReadMessage() ([]byte, error) {
	if c.begun {
		c.begun = false
		return c.Rest(c.long)
	}
	msg, more, err := c.beginMessage()
	if err != nil || !more {
		return msg, err
	}
	return c.Rest(nil)
}

// NextMessage is ReadMessage for a caller who can begin before all of a message
// is there. A message that fits the window is returned whole; of a longer one
// the beginning, and more is true: Fill gives the rest, and the connection can
// do nothing else until Fill has returned io.EOF or Drain has succeeded.
func (c *Conn) NextMessage() (msg []byte, more bool, err error) {
	if msg, more, err = c.beginMessage(); !more {
		return msg, false, err
	}
	msg, err = c.Fill(nil)
	if err == io.EOF { // nothing but empty fragments
		return nil, false, nil
	}
	return msg, true, err
}

// beginMessage waits for a message to begin. One that fits the window is
// returned whole; of a longer one nothing yet, and more is true.
func (c *Conn) beginMessage() (msg []byte, more bool, err error) {
	c.release()
	h, err := c.nextData()
	if err != nil {
		return nil, false, c.fail(err)
	}
	if h.fin && !c.inMsg && h.size+int(h.length) <= len(c.window) {
		msg, err := c.whole(h)
		return msg, false, err
	}
	c.enter(h)
	return nil, true, nil
}

// Rest waits for the whole of a message that NextMessage began, of which msg is
// there, and returns it, valid as long as what ReadMessage returns. A message
// above the bound is refused before more of it is stored.
func (c *Conn) Rest(msg []byte) ([]byte, error) {
	for {
		if more, err := c.advance(); !more {
			return msg, c.keepIf(err, msg)
		}
		size := len(msg) + c.left
		if size > c.maxMessage {
			return nil, c.fail(c.tooLarge(uint64(size)))
		}
		longer, err := c.Fill(msg)
		if err != nil {
			return nil, c.keepIf(err, msg)
		}
		msg = longer
	}
}

// keepIf keeps what is there of a message when its reading was interrupted.
func (c *Conn) keepIf(err error, msg []byte) error {
	if endsWaiting(err) {
		c.begun, c.long = true, append(c.long[:0], msg...)
	}
	return err
}

// advance reports whether bytes of the message are to come, and enters the
// frame that holds them.
func (c *Conn) advance() (bool, error) {
	for c.left == 0 {
		if !c.inMsg {
			return false, nil
		}
		h, err := c.nextData()
		if err != nil {
			return false, c.fail(err)
		}
		c.enter(h)
	}
	return true, nil
}

// Fill gives the next piece of the message that NextMessage began: tail, which
// must be the end of the piece before, and at least one byte after it. It
// returns io.EOF after the last byte. It is a cbor.Source.
func (c *Conn) Fill(tail []byte) ([]byte, error) {
	if more, err := c.advance(); err != nil {
		return nil, err
	} else if !more {
		return nil, io.EOF
	}
	n, err := c.keep(tail)
	if err != nil {
		return nil, c.fail(err)
	}
	room := c.long[n:min(len(c.long), n+c.left)]
	got := copy(room, c.window[c.r:c.w])
	c.r += got
	if got == 0 {
		if got, err = c.read(room); got == 0 && err != nil {
			return nil, c.fail(err)
		}
	}
	c.left -= got
	return c.long[:n+got], nil
}

// keep makes c.long begin with tail and have room after it, and returns the
// length of tail. It grows only when it is full of bytes that have arrived.
func (c *Conn) keep(tail []byte) (int, error) {
	n := len(tail)
	switch {
	case n >= c.maxMessage:
		return 0, c.tooLarge(uint64(n) + uint64(c.left))
	case cap(c.long) == 0:
		c.long = make([]byte, max(streamSize, 2*n))
	case n == cap(c.long):
		c.long = slices.Grow(tail[:n:n], min(n, c.left))
	}
	c.long = c.long[:cap(c.long)]
	if n > 0 && &c.long[0] != &tail[0] {
		copy(c.long, tail)
	}
	return n, nil
}

// Left returns how many bytes are still to come of the frame that is being read, which is the
// whole message where that is not in fragments.
func (c *Conn) Left() int { return c.left }

// Drain drops the rest of the message, if it is at most limit bytes long, and
// reports whether it did. Otherwise the connection is of no further use.
func (c *Conn) Drain(limit int) (bool, error) {
	for c.left > 0 || c.inMsg {
		if c.left > limit {
			return false, nil
		}
		piece, err := c.Fill(nil)
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, err
		}
		limit -= len(piece)
	}
	return true, nil
}

// Steal hands out the buffer that Fill filled: it stays valid for ever.
func (c *Conn) Steal() { c.long = nil }

// nextData waits for the header of the next data frame; control frames before
// it are dealt with.
func (c *Conn) nextData() (header, error) {
	for {
		h, err := c.nextHeader()
		if err != nil {
			return h, err
		}
		if h.op < opClose {
			return h, c.checkData(h)
		}
		if err := c.control(h); err != nil {
			return h, err
		}
	}
}

// whole waits for a frame that fits the window and hands it out in place.
func (c *Conn) whole(h header) ([]byte, error) {
	if h.length > uint64(c.maxMessage) {
		return nil, c.fail(c.tooLarge(h.length))
	}
	if err := c.fill(h.size + int(h.length)); err != nil {
		return nil, c.fail(err)
	}
	return c.take(h), nil
}

// enter consumes the header of a data frame; its payload comes next.
func (c *Conn) enter(h header) {
	c.r += h.size
	c.left = int(h.length)
	c.inMsg = !h.fin
}
