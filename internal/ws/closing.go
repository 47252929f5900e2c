package ws

import (
	"net"
	"sync/atomic"
	"time"
)

// closing closes a transport once, and tells when that is done. The second Close of
// a net.Conn returns at once while the first is still at it, or is still to come: a
// watcher and the goroutine that it woke often close together. So who must know that
// a socket is gone, because another one may be made in its place, waits for done.
type closing struct {
	raw   net.Conn
	begun atomic.Bool
	done  chan struct{}
}

func newClosing(raw net.Conn) *closing { return &closing{raw: raw, done: make(chan struct{})} }

// closePatience bounds the wait for a socket that somebody else is closing. Mostly
// they need some microseconds; a foreign transport may take any time.
const closePatience = 100 * time.Millisecond

// close returns when the transport is closed, or somebody else has not closed it
// within closePatience.
func (c *closing) close() {
	if c.begun.CompareAndSwap(false, true) {
		defer close(c.done) // also when a foreign Close panics
		_ = c.raw.Close()
		return
	}
	select {
	case <-c.done:
		return
	default:
	}
	timer := time.NewTimer(closePatience)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	}
}
