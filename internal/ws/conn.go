package ws

import (
	"net"
	"sync/atomic"
	"time"
)

// A connection: what it holds, and how it ends.

const (
	// windowSize is how much is asked of the socket at once. A message that
	// fits is handed out in place, without a copy.
	windowSize = 8 << 10

	// keepBuffer is the largest buffer kept between messages: one huge reply
	// must not pin its memory to an idle connection.
	keepBuffer = 1 << 20

	// DefaultMaxMessage bounds a message when Options.MaxMessage is zero. The
	// server has no outbound limit, so the bound is the client's to set; this
	// is the server's own inbound limit.
	DefaultMaxMessage = 128 << 20
)

// Conn is one WebSocket connection. One goroutine may use it at a time; only
// Abort and Broken may be called from others.
type Conn struct {
	nc     net.Conn // what carries the frames: TLS or plain
	raw    net.Conn // the socket under it; closing this never blocks
	end    *closing // of raw
	peeker peeker   // of raw

	readsAhead    bool // nc may have taken more from raw than it gave, as TLS does
	maybeBuffered bool // nc gave something since it was last found empty
	noDeadlines   bool // nc has no deadlines; an SSH tunnel has none

	window []byte // bytes received; window[r:w] are unread
	r, w   int
	long   []byte // what is there of a message that did not fit the window

	out   []byte // frames waiting for Flush
	mark  int    // where the frame that is being built begins in out
	inMsg bool   // more frames of the message are to come
	left  int    // bytes to come of the frame that is being read
	begun bool   // a message was interrupted, of which long is there

	protocol    string // that the server has agreed to
	maxMessage  int    // of the peer's
	maxSend     int    // of ours
	broken      atomic.Bool
	gone        atomic.Bool   // is the peer: nothing can be written, and what has come is read
	interrupted atomic.Bool   // until Resume
	wake        *time.Timer   // of the interruption, where it may not be felt; nil for none
	reading     atomic.Bool   // from nc, where that is no socket
	patience    time.Duration // how long a read may get nothing; 0: for ever
	timed       bool          // a read was bounded by it
}

func newConn(nc, raw net.Conn, maxMessage int, early []byte) *Conn {
	c := &Conn{
		nc: nc, raw: raw, end: newClosing(raw),
		maxMessage: orDefault(maxMessage), maxSend: DefaultMaxMessage,
		window: make([]byte, max(windowSize, len(early))),
	}
	c.w = copy(c.window, early)
	c.peeker.init(raw)
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		c.readsAhead, c.maybeBuffered = true, true
		c.noDeadlines = nc.SetDeadline(time.Time{}) != nil
	}
	return c
}

func orDefault(size int) int {
	if size <= 0 {
		return DefaultMaxMessage
	}
	return size
}

// Protocol returns the subprotocol that the server has agreed to: one of Options.Protocols.
func (c *Conn) Protocol() string { return c.protocol }

// MaxMessage returns the bound of a message of the peer's, in bytes.
func (c *Conn) MaxMessage() int { return c.maxMessage }

// Broken reports whether the connection failed or was closed. It never goes
// back to false.
func (c *Conn) Broken() bool { return c.broken.Load() }

// Abort closes the socket at once, without a Close frame: whoever reads or
// writes wakes up with an error. It never blocks: closing a TLS connection
// would wait up to 5 s for a peer that does not read, so the socket under it
// is closed instead. It may be called at any time, from any goroutine. Where another
// goroutine closes the socket already, it waits for that, but only for a moment: see
// Closed.
func (c *Conn) Abort() {
	c.broken.Store(true)
	c.end.close()
}

// Closed returns a channel that is closed when the socket has been: then its
// descriptor is gone, and the system tells the peer.
func (c *Conn) Closed() <-chan struct{} { return c.end.done }

// Ending returns a channel that is closed when the socket begins to be closed. That may
// take a while (see Closed), in which nothing can be read or written any more.
func (c *Conn) Ending() <-chan struct{} { return c.end.started }

// boundWrites bounds what is written until release is called. Where the
// transport has no deadlines the connection is aborted: a missed deadline has
// the same effect.
func (c *Conn) boundWrites(deadline time.Time) (release func()) {
	if c.noDeadlines {
		timer := time.AfterFunc(time.Until(deadline), c.Abort)
		return func() { timer.Stop() }
	}
	_ = c.nc.SetWriteDeadline(deadline) // fails if it is closed, as the write will
	return func() { _ = c.nc.SetWriteDeadline(time.Time{}) }
}

// fail marks the connection broken and closes its socket: after any error but those that
// only end the waiting the position in the stream is unknown.
func (c *Conn) fail(err error) error {
	if !endsWaiting(err) {
		c.Abort()
	}
	return err
}

// endsWaiting reports whether reading was given up, and goes on where it was.
func endsWaiting(err error) bool { return err == ErrInterrupted || err == ErrQuiet }
