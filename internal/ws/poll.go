package ws

import "time"

// What an idle connection may hold, dealt with before it is used again.

const (
	// peekReadTimeout bounds a read of bytes that already lie in the socket. It runs out
	// only where they are a part of a TLS record, or where the system cannot tell
	// whether there are any.
	peekReadTimeout = time.Millisecond

	// pollReads bounds what one Poll deals with, so that a peer that sends
	// without end does not keep it for ever. What is left waits.
	pollReads = 32

	// pongTimeout bounds the write of a pong during a Poll. These few bytes
	// wait only if the peer has let megabytes pile up unread.
	pongTimeout = 100 * time.Millisecond
)

// Poll deals with what has arrived on an idle connection and returns without
// waiting for more: pings are answered (all that have come by one pong, as RFC
// 6455 allows), messages go to handle (which may not keep them), and an error
// says that the connection is gone. An unfinished frame stays for later.
//
// On Linux, macOS and the BSDs an idle connection on which nothing arrived
// costs one system call and no allocation. Elsewhere, and on a transport that
// is no socket (a custom dialer's), a short read takes the place of that call. It
// lasts up to a millisecond, so it is only done when thorough is true; and it cannot
// be done at all where the transport has no deadlines.
func (c *Conn) Poll(thorough bool, handle func([]byte) error) error {
	if c.broken.Load() || c.gone.Load() {
		return c.fail(ErrClosed)
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

// CannotPeek reports whether Poll does more when it is thorough.
func (c *Conn) CannotPeek() bool { return c.peeker.cannotPeek() }

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
			err = c.within(pongTimeout, func() error { return c.control(h) })
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
	return c.within(pongTimeout, func() error { return c.writeControl(opPong, ping) })
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
	if c.readsAhead && c.maybeBuffered {
		// Records that TLS has taken from the socket already cannot be peeked at
		// there. A read whose deadline has passed gives just these.
		more, err := c.readBy(time.Unix(1, 0))
		if more || err != nil {
			return more, err
		}
		c.maybeBuffered = false
	}
	switch state, err := c.peeker.peek(); {
	case err != nil:
		return false, err
	case state == empty, state == unknown && !thorough:
		return false, nil
	}
	return c.readBy(time.Now().Add(peekReadTimeout))
}

// readBy reads once, until a deadline. It reports whether anything came.
func (c *Conn) readBy(deadline time.Time) (bool, error) {
	if c.r == c.w {
		c.r, c.w = 0, 0
	} else if c.r > 0 {
		c.w = copy(c.window, c.window[c.r:c.w])
		c.r = 0
	}
	if c.noDeadlines {
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
