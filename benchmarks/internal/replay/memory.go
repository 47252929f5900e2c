package replay

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// The transport in memory.

// Dialer returns a function for Config.DialContext whose connections are in
// memory and answer every query with the reply.
func Dialer(reply *Reply) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) { return NewConn(reply), nil }
}

// Conn is a connection to a server that is part of it. Like a socket it has
// deadlines; unlike one it never waits: what is asked is answered within Write.
// One goroutine may use it at a time, except for Close.
type Conn struct {
	peer   peer
	at     int  // how much of the first piece was read
	timed  bool // a read deadline is set
	closed atomic.Bool
}

var _ net.Conn = (*Conn)(nil)

// NewConn makes a connection that answers every query with the reply.
func NewConn(reply *Reply) *Conn { return &Conn{peer: peer{reply: reply}} }

// Write takes requests and prepares their replies.
func (c *Conn) Write(b []byte) (int, error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	if err := c.peer.feed(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

var errNothingAsked = errors.New("replay: a read without a deadline, and nothing was asked: it would block for ever")

// Read serves as much of the replies as fits.
func (c *Conn) Read(b []byte) (n int, err error) {
	if c.closed.Load() {
		return 0, net.ErrClosed
	}
	done := 0
	for out := c.peer.out; done < len(out) && n < len(b); {
		head := &out[done]
		if head.times == 0 || len(head.b) == 0 {
			done++
			continue
		}
		k := copy(b[n:], head.b[c.at:])
		n += k
		if c.at += k; c.at == len(head.b) {
			c.at = 0
			head.times--
		}
	}
	c.peer.out = c.peer.out[:copy(c.peer.out, c.peer.out[done:])]
	switch {
	case n > 0 || len(b) == 0:
		return n, nil
	case c.timed:
		return 0, os.ErrDeadlineExceeded
	}
	return 0, errNothingAsked
}

// Close ends the connection for both sides.
func (c *Conn) Close() error {
	c.closed.Store(true)
	return nil
}

// SetDeadline is SetReadDeadline: writes do not wait.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline makes a Read that would wait fail as one whose time is over:
// there is nothing to wait for.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.timed = !t.IsZero()
	return nil
}

// SetWriteDeadline does nothing.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr and RemoteAddr are no addresses.
func (c *Conn) LocalAddr() net.Addr  { return address{} }
func (c *Conn) RemoteAddr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "replay" }
func (address) String() string  { return "replay" }
