package ws

import (
	"time"

	"github.com/gobwas/ws"
)

// What is written: the messages of a pipeline, which leave by one call of Flush, and
// control frames.

// Begin opens a binary message after those that wait for Flush. Append the
// payload to the slice it returns and hand that to End, or call Discard.
func (c *Conn) Begin() []byte {
	c.mark = len(c.out)
	var room [maxHeader]byte
	return append(c.out, room[:]...)
}

// End closes the message that Begin opened: it writes the header, moves the
// payload up to it and masks it. A *SizeError says that the message is larger
// than the peer takes; then it is as if it had not been begun.
func (c *Conn) End(b []byte) error {
	payload := b[c.mark+maxHeader:]
	if c.maxSend > 0 && len(payload) > c.maxSend {
		return &SizeError{len(payload), c.maxSend}
	}
	head, mask := appendHeader(b[:c.mark], opBinary, len(payload))
	n := copy(b[len(head):], payload)
	ws.Cipher(b[len(head):len(head)+n], mask, 0)
	c.out = b[:len(head)+n]
	return nil
}

// Discard drops every message that waits for Flush.
func (c *Conn) Discard() { c.out = c.out[:0] }

// Flush writes the waiting messages in one call and returns how many bytes may
// have left this machine: zero means that the peer has seen none of them.
func (c *Conn) Flush() (int, error) {
	if c.broken.Load() || c.gone.Load() {
		c.out = c.out[:0]
		return 0, c.fail(ErrClosed)
	}
	n, err := c.nc.Write(c.out)
	if cap(c.out) > keepBuffer {
		c.out = nil
	}
	c.out = c.out[:0]
	if err != nil {
		return n, c.fail(err)
	}
	return n, nil
}

// FlushWithin is Flush, but the write must be done in a time.
func (c *Conn) FlushWithin(d time.Duration) (int, error) {
	defer c.boundWrites(time.Now().Add(d))()
	return c.Flush()
}

// within bounds what f writes.
func (c *Conn) within(d time.Duration, f func() error) error {
	defer c.boundWrites(time.Now().Add(d))()
	return f()
}

// writeControl writes a control frame at once, ahead of what waits for Flush. After an error
// nothing more may be written.
func (c *Conn) writeControl(op byte, payload []byte) error {
	var frame [maxHeader + maxControl]byte
	b, mask := appendHeader(frame[:0], op, len(payload))
	head := len(b)
	b = append(b, payload...)
	ws.Cipher(b[head:], mask, 0)
	_, err := c.nc.Write(b)
	return err
}

// Close sends a Close frame, if that can be written before the deadline, and closes
// the socket. It does not wait for the peer's Close frame: the server drops the session
// either way, and a pool closes its connections one after the other.
func (c *Conn) Close(deadline time.Time) error {
	if c.broken.Load() {
		c.end.close()
		return nil
	}
	defer c.boundWrites(deadline)()
	err := c.writeControl(opClose, closeNormal)
	c.Abort()
	return err
}
