package ws

import (
	"errors"
	"os"
	"time"
)

// glance bounds a read of bytes that already lie in the socket. It runs out
// only where they are a part of a TLS record, or where the platform cannot
// tell whether there are any.
const glance = time.Millisecond

// Poll deals with what has arrived on an idle connection and returns without
// waiting for more: pings are answered, messages go to handle (which may not
// keep them), and an error says that the connection is gone. An unfinished
// frame stays for later.
//
// On Linux, macOS and the BSDs an idle connection on which nothing arrived
// costs one system call and no allocation. Elsewhere, and on a transport that
// is no socket (a custom dialer's), looking costs up to a millisecond, so it
// is only done when thorough is true.
func (c *Conn) Poll(thorough bool, handle func([]byte) error) error {
	if c.broken.Load() {
		return ErrClosed
	}
	c.release()
	for {
		if err := c.drainWindow(handle); err != nil {
			return c.fail(err)
		}
		switch state, err := c.eye.look(); {
		case err != nil:
			return c.fail(err)
		case state == quiet, state == unknown && !thorough:
			return nil
		}
		if more, err := c.glance(); err != nil {
			return c.fail(err)
		} else if !more {
			return nil
		}
	}
}

// drainWindow handles the frames that lie in the window whole.
func (c *Conn) drainWindow(handle func([]byte) error) error {
	for {
		h, need, err := parseHeader(c.window[c.r:c.w])
		if err != nil {
			return err
		}
		if need > 0 {
			return nil
		}
		whole := uint64(h.size) + h.length
		if whole > uint64(len(c.window)) {
			return &ProtocolError{"a large message on an idle connection"}
		}
		if whole > uint64(c.w-c.r) {
			return nil
		}
		if h.op >= opClose {
			err = c.control(h)
		} else if err = c.checkData(h); err == nil && !h.fin {
			err = &ProtocolError{"a fragmented message on an idle connection"}
		} else if err == nil {
			err = handle(c.take(h))
		}
		if err != nil {
			return err
		}
	}
}

// glance reads once what lies in the socket. It reports whether anything came.
func (c *Conn) glance() (bool, error) {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.r > 0 {
		c.w = copy(c.window, c.window[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.window) {
		return false, nil // a frame fills the window: drainWindow has judged it
	}
	if err := c.nc.SetDeadline(time.Now().Add(glance)); err != nil {
		return false, err
	}
	n, err := c.read(c.window[c.w:])
	c.w += n
	if reset := c.nc.SetDeadline(time.Time{}); reset != nil && err == nil {
		err = reset
	}
	if n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		return n > 0, nil
	}
	return false, err
}

// sight is what a look into a socket tells.
type sight int

const (
	quiet   sight = iota // nothing to read, and nothing wrong
	pending              // bytes to read
	unknown              // cannot be told without reading
)
