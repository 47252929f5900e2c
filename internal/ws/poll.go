package ws

import (
	"errors"
	"net"
	"os"
	"time"
)

const (
	// glance bounds a read of bytes that already lie in the socket. It runs out
	// only where they are a part of a TLS record, or where the platform cannot
	// tell whether there are any.
	glance = time.Millisecond

	// pollReads bounds what one Poll deals with, so that a peer that sends
	// without end does not keep it for ever. What is left waits.
	pollReads = 32

	// pongPatience bounds the write of a pong during a Poll. These few bytes
	// wait only if the peer has let megabytes pile up unread.
	pongPatience = 100 * time.Millisecond
)

// Poll deals with what has arrived on an idle connection and returns without
// waiting for more: pings are answered (all that have come by one pong, as RFC
// 6455 allows), messages go to handle (which may not keep them), and an error
// says that the connection is gone. An unfinished frame stays for later.
//
// On Linux, macOS and the BSDs an idle connection on which nothing arrived
// costs one system call and no allocation. Elsewhere, and on a transport that
// is no socket (a custom dialer's), looking costs up to a millisecond, so it
// is only done when thorough is true; and it cannot be done at all where the
// transport has no deadlines.
func (c *Conn) Poll(thorough bool, handle func([]byte) error) error {
	if c.broken.Load() {
		return ErrClosed
	}
	c.release()
	for range pollReads {
		if err := c.drainWindow(handle); err != nil {
			return c.fail(err)
		}
		if more, err := c.gather(thorough); err != nil {
			return c.fail(err)
		} else if !more {
			return nil
		}
	}
	return nil
}

// Blind reports whether Poll does more when it is thorough.
func (c *Conn) Blind() bool { return c.eye.blind() }

// drainWindow handles the frames that lie in the window whole.
func (c *Conn) drainWindow(handle func([]byte) error) error {
	var ping []byte // the last one's payload
	for {
		h, whole, err := c.wholeFrame()
		if err != nil {
			return err
		}
		if !whole {
			break
		}
		switch {
		case h.op == opPing:
			ping = c.take(h)
		case h.op >= opClose:
			err = c.within(pongPatience, func() error { return c.control(h) })
		default:
			err = handle(c.take(h))
		}
		if err != nil {
			return err
		}
	}
	if ping == nil {
		return nil
	}
	return c.within(pongPatience, func() error { return c.writeControl(opPong, ping) })
}

func (c *Conn) within(d time.Duration, f func() error) error {
	defer c.boundWrites(time.Now().Add(d))()
	return f()
}

// wholeFrame reports whether the next frame lies in the window whole, and
// refuses one that has no business on an idle connection.
func (c *Conn) wholeFrame() (h header, whole bool, err error) {
	h, need, err := parseHeader(c.window[c.r:c.w])
	if need > 0 || err != nil {
		return h, false, err
	}
	if h.op < opClose {
		if err := c.checkData(h); err != nil {
			return h, false, err
		}
		if !h.fin {
			return h, false, &ProtocolError{"a fragmented message on an idle connection"}
		}
	}
	if h.op < opClose && h.length > uint64(c.maxMessage) {
		return h, false, c.tooLarge(h.length)
	}
	size := uint64(h.size) + h.length // checked: it does not overflow
	if size > uint64(len(c.window)) {
		return h, false, &ProtocolError{"a large message on an idle connection"}
	}
	return h, size <= uint64(c.w-c.r), nil
}

// gather brings bytes that have arrived into the window. It reports whether
// any came.
func (c *Conn) gather(thorough bool) (bool, error) {
	if c.ahead && c.fed {
		// Records that TLS has taken from the socket already are not seen by a
		// look into it. A read whose time is over gives just these.
		more, err := c.readBy(time.Unix(1, 0))
		if more || err != nil {
			return more, err
		}
		c.fed = false
	}
	switch state, err := c.eye.look(); {
	case err != nil:
		return false, err
	case state == quiet, state == unknown && !thorough:
		return false, nil
	}
	return c.readBy(time.Now().Add(glance))
}

// readBy reads once, until a deadline. It reports whether anything came.
func (c *Conn) readBy(deadline time.Time) (bool, error) {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.r > 0 {
		c.w = copy(c.window, c.window[c.r:c.w])
		c.r = 0
	}
	if c.timeless {
		return false, nil // the next request will tell
	}
	if err := c.nc.SetReadDeadline(deadline); err != nil {
		return false, err
	}
	n, err := c.read(c.window[c.w:])
	c.w += n
	if reset := c.nc.SetReadDeadline(time.Time{}); reset != nil && err == nil {
		err = reset
	}
	if n > 0 || isTimeout(err) {
		return n > 0, nil
	}
	return false, err
}

// isTimeout also knows transports whose timeouts are not the standard
// library's.
func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true // without the allocation that errors.As costs
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// sight is what a look into a socket tells.
type sight int

const (
	quiet   sight = iota // nothing to read, and nothing wrong
	pending              // bytes to read
	unknown              // cannot be told without reading
)
