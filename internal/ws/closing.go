package ws

import (
	"net"
	"sync/atomic"
	"time"
)

// closing closes a transport once, and tells when that is done. A second Close of a
// net.Conn returns at once, although the first may not have closed the socket yet, and
// the watcher of a context and the goroutine that it woke often close together. Where
// the socket must be gone, because another one may be made in its place, done is
// waited for; who waits for its answers need wait no longer once it has started.
type closing struct {
	raw     net.Conn
	begun   atomic.Bool
	started chan struct{}
	done    chan struct{}
}

func newClosing(raw net.Conn) *closing {
	return &closing{raw: raw, started: make(chan struct{}), done: make(chan struct{})}
}

// closeWait bounds the wait for a socket that somebody else is closing. Mostly
// they need some microseconds; a foreign transport may take any time.
const closeWait = 100 * time.Millisecond

// close returns when the transport is closed, or somebody else has not closed it
// within closeWait.
func (c *closing) close() {
	if c.begun.CompareAndSwap(false, true) {
		close(c.started)
		defer close(c.done) // also when a foreign Close panics
		_ = c.raw.Close()
		return
	}
	select {
	case <-c.done:
		return
	default:
	}
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	}
}
