package ws

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Frames as they come: headers, payloads that lie in the window, control frames.

// release ends the validity of the last message.
func (c *Conn) release() {
	if cap(c.long) > keepBuffer {
		c.long = nil
	}
	c.long = c.long[:0]
}

// nextHeader waits until the header of the next frame lies in the window. It
// does not consume it.
func (c *Conn) nextHeader() (header, error) {
	for {
		h, need, err := parseHeader(c.window[c.r:c.w])
		if need == 0 || err != nil {
			return h, err
		}
		if err := c.fill(need); err != nil {
			return h, err
		}
	}
}

// checkData refuses a data frame that is out of sequence or of a length that
// cannot be.
func (c *Conn) checkData(h header) error {
	if (h.op == opContinuation) != c.inMsg {
		return &ProtocolError{"a fragment out of sequence"}
	}
	if h.length > math.MaxInt/2 {
		return c.tooLarge(h.length)
	}
	return nil
}

func (c *Conn) tooLarge(size uint64) error {
	return fmt.Errorf("websocket: %w: %d bytes announced, at most %d accepted", ErrMessageTooLarge, size, c.maxMessage)
}

// take consumes a frame that lies in the window whole and returns its payload
// in place.
func (c *Conn) take(h header) []byte {
	end := c.r + h.size + int(h.length)
	payload := c.window[c.r+h.size : end : end]
	c.r = end
	return payload
}

// fill waits until at least need unread bytes lie in the window; need never
// exceeds its size.
func (c *Conn) fill(need int) error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.r+need > len(c.window) {
		c.w = copy(c.window, c.window[c.r:c.w])
		c.r = 0
	}
	for c.w-c.r < need {
		n, err := c.read(c.window[c.w:])
		c.w += n
		if n == 0 && err != nil {
			return err
		}
	}
	return nil
}

// read asks the socket once. A stream that ends without a Close frame, as a
// killed server's does, is io.ErrUnexpectedEOF.
func (c *Conn) read(b []byte) (int, error) {
	if c.readsAhead {
		c.reading.Store(true)
		defer c.reading.Store(false)
		if c.interrupted.Load() { // and it may not keep the deadline that it was given
			return 0, ErrInterrupted
		}
	}
	if c.patience > 0 {
		if err := c.waitPatiently(); err != nil {
			return 0, err
		}
	}
	n, err := c.nc.Read(b)
	c.maybeBuffered = c.maybeBuffered || n > 0
	switch {
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	case n == 0 && err == nil:
		err = io.ErrNoProgress
	case err != nil && c.interrupted.Load() && isTimeout(err):
		err = ErrInterrupted
	case err != nil && c.patience > 0 && isTimeout(err):
		err = ErrQuiet
	}
	return n, err
}

// waitPatiently sets when the next read has got nothing for too long. An interruption that
// came before is not undone.
func (c *Conn) waitPatiently() error {
	c.timed = true
	err := c.nc.SetReadDeadline(time.Now().Add(c.patience))
	if c.interrupted.Load() {
		return ErrInterrupted
	}
	return err
}

// control consumes a control frame: it answers a ping, drops a pong, and turns
// a Close into a CloseError after answering it.
func (c *Conn) control(h header) error {
	if err := c.fill(h.size + int(h.length)); err != nil {
		return err
	}
	if c.interrupted.Load() { // an answer could not be written, and the connection would be lost
		return ErrInterrupted
	}
	payload := c.take(h)
	switch h.op {
	case opPing:
		return c.pong(payload)
	case opClose:
		gone := &CloseError{Code: closeNoStatus}
		if len(payload) < 2 {
			payload = nil
		} else {
			gone.Code = binary.BigEndian.Uint16(payload)
			gone.Reason = strings.ToValidUTF8(string(payload[2:]), "?")
			payload = payload[:2]
		}
		_ = c.writeControl(opClose, payload) // a courtesy: the peer is leaving
		return gone
	}
	return nil
}

// goneWait is how long at most a connection is read from that nothing can be written to.
const goneWait = 10 * time.Second

// pong answers a ping. A peer that has gone cannot be answered, but what it sent before counts:
// the reply that is waited for, or a Close frame that says why it has gone.
func (c *Conn) pong(ping []byte) error {
	if c.gone.Load() {
		return nil
	}
	write := func() error { return c.writeControl(opPong, ping) }
	var err error
	if c.patience > 0 {
		err = c.within(c.patience, write)
	} else {
		err = write()
	}
	if err == nil || isTimeout(err) { // who does not read is not gone
		return err
	}
	c.gone.Store(true)
	time.AfterFunc(goneWait, c.Abort)
	return nil
}
