package surrealsql

import (
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// Idle connections are checked: whether their lifetime is over, whether their socket has
// ended, and, after a while or when the server seemed to be gone, whether the server still
// answers. health_check_interval and ping_after_idle set when.

// pongTimeout is how long an idle ping may stay without an answer. A peer that is
// there answers in a round trip, whatever its load: the server answers pings
// beside running queries.
const pongTimeout = 5 * time.Second

// idleChecker checks the idle connections of a connector: one goroutine for
// all of them, which never blocks on any. It runs while there are connections
// and ends with the last one, so a connector that is dropped without Close
// leaks nothing.
type idleChecker struct {
	mu      sync.Mutex
	conns   map[*Conn]struct{} // all that are open, leased ones included
	running bool
	wake    chan struct{} // check now
}

// track adds a new connection.
func (c *Connector) track(conn *Conn) {
	t := &c.idleChecker
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns[conn] = struct{}{}
	if !t.running && c.cfg.HealthCheckInterval > 0 {
		t.running = true
		go c.checkIdleConns()
	}
}

// untrack removes a connection that is being closed.
func (c *Connector) untrack(conn *Conn) {
	t := &c.idleChecker
	t.mu.Lock()
	delete(t.conns, conn)
	last := len(t.conns) == 0
	t.mu.Unlock()
	if last {
		t.wakeUp()
	}
	conn.stopIdling()
}

// startIdling lets the idle checker use the connection.
func (c *Conn) startIdling() {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	c.lease.idle, c.lease.idleSince = true, clock.Now()
}

// stopIdling keeps the idle checker from the connection, and reports whether it was idle.
// It waits for a check that is under way.
func (c *Conn) stopIdling() (wasIdle bool) {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	wasIdle = c.lease.idle
	c.lease.idle = false
	return wasIdle
}

// resumeIdling undoes stopIdling.
func (c *Conn) resumeIdling(wasIdle bool) {
	c.lease.mu.Lock()
	defer c.lease.mu.Unlock()
	c.lease.idle = wasIdle && !c.rpc.Broken()
}

// wakeUp asks for a round of checks now.
func (t *idleChecker) wakeUp() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// checkIdleConns is the goroutine.
func (c *Connector) checkIdleConns() {
	t := &c.idleChecker
	tick := time.NewTicker(c.cfg.HealthCheckInterval)
	defer tick.Stop()
	for {
		regular := false
		select {
		case <-tick.C:
			regular = true
		case <-t.wake:
		}
		conns := t.tracked()
		if conns == nil {
			return
		}
		if regular {
			c.spread(conns)
		}
		for _, conn := range conns {
			conn.checkIdle()
		}
	}
}

// spread moves connections to hosts that are back, and asks those that are down.
func (c *Connector) spread(conns []*Conn) {
	if len(c.hosts) < 2 || c.cfg.NoRebalance {
		return
	}
	now := time.Now()
	for _, h := range c.hosts {
		if h.startProbe(now) {
			go c.probe(h)
		}
	}
	s := spreading[*Conn]{
		hosts: c.hosts, inOrder: c.cfg.LoadBalance == BalanceInOrder,
		at: make(map[*host][]*Conn, len(c.hosts)), open: len(conns), since: now.Add(-c.cfg.HealthCheckInterval),
	}
	for _, conn := range conns {
		if !conn.lease.moves.Load() {
			s.at[conn.host] = append(s.at[conn.host], conn)
		}
	}
	for h, moves := range s.moves() {
		for _, conn := range moves {
			conn.lease.moves.Store(true)
		}
		c.log.rebalanced(h.addr, len(moves))
	}
}

// tracked lists the connections; nil says that there are none and that the goroutine
// has to end.
func (t *idleChecker) tracked() []*Conn {
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

// checkIdle checks a connection if it is idle. One that is unfit is closed:
// the pool finds that out when it takes it, without waiting for anything.
//
// What happened is told when the connection is free again: a handler of the program's
// may ask its pool for anything, and a slow one keeps nobody from the connection.
func (c *Conn) checkIdle() {
	if err := c.closeIfUnfit(); err != nil {
		c.connector.log.idleLost(c.attr(), err)
		c.connector.noticeLoss(c.host, err)
	}
}

// closeIfUnfit returns why it has closed the connection, if it has.
func (c *Conn) closeIfUnfit() error {
	if !c.lease.mu.TryLock() {
		return nil // on its way out of the pool
	}
	defer c.lease.mu.Unlock()
	if !c.lease.idle || c.rpc.Broken() {
		return nil
	}
	if c.outlived() {
		return c.retire(errOutlived)
	}
	if c.lease.moves.Load() {
		return c.retire(errMoved)
	}
	err := c.pollIdle()
	if err != nil {
		c.rpc.Abort()
	}
	return err
}

// retire closes an idle connection that works, for what it returns. Where there is a
// hook to be called before, which may take its time, that is left to the pool; so it
// is where a pool lends the connection, which has hooks of its own.
func (c *Conn) retire(why error) error {
	if c.cfg.BeforeClose != nil || c.lease.release != nil {
		return nil
	}
	c.lease.retired.Store(true)
	_ = c.rpc.Close(time.Now().Add(closeFrameTimeout))
	return why
}

var (
	errOutlived = errors.New("max_lifetime is over")
	errSilent   = errors.New("the server did not answer a ping")
)

// pollIdle returns what has ended the connection, as far as that shows without waiting.
func (c *Conn) pollIdle() error {
	if err := c.rpc.Poll(true); err != nil {
		return err
	}
	if c.rpc.Unanswered() > pongTimeout {
		return errSilent
	}
	c.notePong()
	after := c.cfg.PingAfterIdle
	if c.stale() || after > 0 && c.lease.idleSince.Elapsed() >= after {
		return c.sendPing()
	}
	return nil
}

// sendPing sends a ping and does not wait for it. The idle time begins anew,
// so that the next ping comes as late as this one.
func (c *Conn) sendPing() error {
	if c.rpc.Unanswered() > 0 {
		return nil
	}
	c.lease.idleSince = clock.Now()
	c.lease.pingGen = c.host.generation.Load()
	return c.rpc.Ping()
}

// notePong notes that the last ping was answered, if it was: the server was alive in the
// generation in which it was sent.
func (c *Conn) notePong() {
	if c.rpc.Unanswered() == 0 {
		c.lease.aliveGen = max(c.lease.aliveGen, c.lease.pingGen)
	}
}

// stale reports whether the server seemed to be gone since this connection was last
// known to be alive.
func (c *Conn) stale() bool { return c.lease.aliveGen < c.host.generation.Load() }

// noticeLoss begins a new generation of a host when an error looks as if it were gone: the
// other idle connections to it are pinged at once, and none of them is leased before it has
// answered. Those to other hosts are none the wiser.
func (c *Connector) noticeLoss(h *host, err error) {
	if !serverGone(err) {
		return
	}
	c.log.serverGone(h.addr, err)
	h.lost()
	c.idleChecker.wakeUp()
}

// serverGone reports whether an error is that of a server which is gone, and not only of
// one connection: a stream that ended without a Close frame, a reset, a refusal, a server that
// says it goes away (1001, 1012) or takes no requests, a peer that stays silent, or whose
// machine the system reaches no more (keepalive; no answer to ARP).
func serverGone(err error) bool {
	var gone *ws.CloseError
	if isTurnedAway(err) || rpc.IsOutOfMemory(err) {
		return true
	}
	if errors.As(err, &gone) {
		return gone.Code == 1001 || gone.Code == 1012
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) || errors.Is(err, errSilent) ||
		errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH)
}
