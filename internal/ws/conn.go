package ws

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

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

var (
	// ErrClosed is the error of a connection that this side closed.
	ErrClosed = errors.New("websocket: connection closed")

	// ErrMessageTooLarge is wrapped by the error of a message above the bound.
	ErrMessageTooLarge = errors.New("message too large")
)

// SizeError says that a message is larger than the peer takes. Nothing of it was
// sent.
type SizeError struct{ Size, Limit int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("the request has %d bytes, and the limit is %d", e.Size, e.Limit)
}

// ProtocolError says that the peer broke RFC 6455; the connection is of no
// further use.
type ProtocolError struct{ Reason string }

func (e *ProtocolError) Error() string { return "websocket: protocol error: " + e.Reason }

// CloseError is the Close frame that the peer sent. Code is 1005 when the
// frame held none.
type CloseError struct {
	Code   uint16
	Reason string
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("websocket: closed by the server (code %d)", e.Code)
	}
	return fmt.Sprintf("websocket: closed by the server (code %d: %s)", e.Code, e.Reason)
}

// Conn is one WebSocket connection. One goroutine may use it at a time; only
// Abort and Broken may be called from others.
type Conn struct {
	nc  net.Conn // what carries the frames: TLS or plain
	raw net.Conn // the socket under it; closing this never blocks
	end *closing // of raw
	eye peeker   // looks into raw without blocking

	ahead    bool // nc may have taken more from raw than it gave: TLS reads ahead
	fed      bool // nc gave something since it was last seen empty
	timeless bool // nc has no deadlines; an SSH tunnel has none

	window []byte // bytes received; window[r:w] are unread
	r, w   int
	long   []byte // what is there of a message that did not fit the window

	out   []byte // frames waiting for Flush
	mark  int    // where the frame that is being built begins in out
	inMsg bool   // more frames of the message are to come
	left  int    // bytes to come of the frame that is being read

	maxMessage int // of the peer's
	maxSend    int // of ours
	broken     atomic.Bool
	sent, recv atomic.Int64 // bytes, for tests and statistics
}

func newConn(nc, raw net.Conn, maxMessage int, early []byte) *Conn {
	c := &Conn{nc: nc, raw: raw, end: newClosing(raw), maxMessage: orDefault(maxMessage), maxSend: DefaultMaxMessage, window: make([]byte, max(windowSize, len(early)))}
	c.w = copy(c.window, early)
	c.recv.Store(int64(c.w))
	c.eye.init(raw)
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		c.ahead, c.fed = true, true
		c.timeless = nc.SetDeadline(time.Time{}) != nil
	}
	return c
}

func orDefault(size int) int {
	if size <= 0 {
		return DefaultMaxMessage
	}
	return size
}

// Broken reports whether the connection failed or was closed. It never goes
// back to false.
func (c *Conn) Broken() bool { return c.broken.Load() }

// Abort closes the socket at once, without a Close frame: whoever reads or
// writes wakes up with an error. It never blocks: closing a TLS connection
// would wait up to 5 s for a peer that does not read, so the socket under it
// is closed instead. It may be called at any time, from any goroutine. Where one is
// at it already, as the watcher of a context is whose caller was woken by that, it
// waits for the end of that, but only for a moment: see Closed.
func (c *Conn) Abort() {
	c.broken.Store(true)
	c.end.close()
}

// Closed returns a channel that is closed when the socket has been: then its
// descriptor is gone, and the peer is told by the system.
func (c *Conn) Closed() <-chan struct{} { return c.end.done }

// Close says goodbye with a Close frame, if that can be written before the
// deadline, and closes the socket. It does not wait for the peer's Close: the
// server drops the session either way, and a pool closes its connections one
// after the other.
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

// boundWrites bounds what is written until release is called. Where the
// transport has no deadlines the connection is aborted, which is what a missed
// deadline comes to as well.
func (c *Conn) boundWrites(deadline time.Time) (release func()) {
	if c.timeless {
		timer := time.AfterFunc(time.Until(deadline), c.Abort)
		return func() { timer.Stop() }
	}
	_ = c.nc.SetWriteDeadline(deadline) // fails if it is closed, as the write will
	return func() { _ = c.nc.SetWriteDeadline(time.Time{}) }
}

// Transferred returns the bytes written to and read from the connection since
// its upgrade, framing included.
func (c *Conn) Transferred() (sent, received int64) { return c.sent.Load(), c.recv.Load() }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// fail marks the connection broken and closes its socket: after any error the
// position in the stream is unknown.
func (c *Conn) fail(err error) error {
	c.Abort()
	return err
}
