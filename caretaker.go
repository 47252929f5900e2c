package surrealsql

import (
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/surrealsql/surrealsql/internal/ws"
)

// overdue is how long an idle ping may stay without an answer. A peer that is
// there answers in a round trip, whatever its load: the server answers pings
// beside running queries.
const overdue = 5 * time.Second

// caretaker looks after the idle connections of a connector: one goroutine for
// all of them, which never blocks on any. It runs while there are connections
// and ends with the last one, so a connector that is dropped without Close
// leaks nothing.
type caretaker struct {
	mu      sync.Mutex
	conns   map[*Conn]struct{} // all that are open, leased ones included
	running bool
	wake    chan struct{} // a look out of turn
}

// adopt takes a new connection into care.
func (c *Connector) adopt(conn *Conn) {
	t := &c.caretaker
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns[conn] = struct{}{}
	if !t.running && c.cfg.HealthCheckInterval > 0 {
		t.running = true
		go c.takeCare()
	}
}

// forget ends the care for a connection that is being closed.
func (c *Connector) forget(conn *Conn) {
	t := &c.caretaker
	t.mu.Lock()
	delete(t.conns, conn)
	last := len(t.conns) == 0
	t.mu.Unlock()
	if last {
		t.ring()
	}
	conn.dismiss()
}

// dismiss takes the connection out of care, and reports whether it was there. It
// waits for a look that is under way.
func (c *Conn) dismiss() (wasIdle bool) {
	c.care.mu.Lock()
	defer c.care.mu.Unlock()
	wasIdle = c.care.idle
	c.care.idle = false
	return wasIdle
}

// ring asks for a round now.
func (t *caretaker) ring() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (c *Connector) takeCare() {
	t := &c.caretaker
	tick := time.NewTicker(c.cfg.HealthCheckInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-t.wake:
		}
		conns := t.snapshot()
		if conns == nil {
			return
		}
		for _, conn := range conns {
			conn.lookAfter()
		}
	}
}

// snapshot lists the connections; nil says that there are none and that the
// caretaker has ended.
func (t *caretaker) snapshot() []*Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.conns) == 0 {
		t.running = false
		return nil
	}
	conns := make([]*Conn, 0, len(t.conns))
	for conn := range t.conns {
		conns = append(conns, conn)
	}
	return conns
}

// lookAfter looks at a connection if it is idle. One that is unfit is closed:
// the pool finds that out when it takes it, without waiting for anything.
//
// What happened is told when the connection is free again: a handler of the program's
// may ask its pool for anything, and a slow one keeps nobody from the connection.
func (c *Conn) lookAfter() {
	if err := c.look(); err != nil {
		c.connector.log.idleLost(c, err)
		c.connector.noticeLoss(c.addr, err)
	}
}

// look returns why it has closed the connection, if it has.
func (c *Conn) look() error {
	if !c.care.mu.TryLock() {
		return nil // on its way out of the pool
	}
	defer c.care.mu.Unlock()
	if !c.care.idle || c.rpc.Broken() {
		return nil
	}
	if c.outlived() {
		return c.retire()
	}
	err := c.inspect()
	if err != nil {
		c.rpc.Abort()
	}
	return err
}

// goodbye bounds the write of a Close frame to an idle connection. These few
// bytes wait only if the peer has let megabytes pile up unread.
const goodbye = 100 * time.Millisecond

// retire closes an idle connection whose max_lifetime is over. Where there is a
// hook to be called before, which may take its time, that is left to the pool; so it
// is where a pool lends the connection, which has hooks of its own.
func (c *Conn) retire() error {
	if c.cfg.BeforeClose != nil || c.release != nil {
		return nil
	}
	c.care.retired.Store(true)
	_ = c.rpc.Close(time.Now().Add(goodbye))
	return errOutlived
}

var (
	errOutlived = errors.New("max_lifetime is over")
	errSilent   = errors.New("the server did not answer a ping")
)

func (c *Conn) inspect() error {
	if err := c.rpc.Poll(true); err != nil {
		return err
	}
	if c.rpc.Unanswered() > overdue {
		return errSilent
	}
	c.heard()
	after := c.cfg.PingAfterIdle
	if c.alarmed() || after > 0 && c.care.since.elapsed() >= after {
		return c.askForLife()
	}
	return nil
}

// askForLife sends a ping and does not wait for it. The idle time begins anew,
// so that the next ping comes as late as this one.
func (c *Conn) askForLife() error {
	if c.rpc.Unanswered() > 0 {
		return nil
	}
	c.care.since = now()
	c.care.asked = c.connector.alarm.Load()
	return c.rpc.Ping()
}

// heard notes that the last ping was answered: the server was there after the
// alarm at which it was sent.
func (c *Conn) heard() {
	if c.rpc.Unanswered() == 0 {
		c.care.vouched = max(c.care.vouched, c.care.asked)
	}
}

// alarmed reports whether the server seemed to be gone since this connection
// last gave a sign of life.
func (c *Conn) alarmed() bool { return c.care.vouched < c.connector.alarm.Load() }

// noticeLoss raises the alarm when an error looks as if the server were gone:
// idle siblings are looked at and asked for a sign of life at once, and none is
// handed out before it gave one.
func (c *Connector) noticeLoss(addr string, err error) {
	if !serverGone(err) {
		return
	}
	c.log.serverGone(addr, err)
	c.alarm.Add(1)
	c.caretaker.ring()
}

// serverGone tells the end of a server from the end of one connection's luck:
// a stream that ended without a Close frame, a reset, a refusal, a server that
// says it goes away (1001, 1012), a peer that stays silent.
func serverGone(err error) bool {
	var gone *ws.CloseError
	if errors.As(err, &gone) {
		return gone.Code == 1001 || gone.Code == 1012
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) || errors.Is(err, errSilent)
}
