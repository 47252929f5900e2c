package surrealsql

import (
	"context"
	"database/sql/driver"

	"github.com/surrealsql/surrealsql/internal/lending"
)

// How a connection is looked at, and its session set back, when it is checked out of the
// pool again. What is seen when it is returned (IsValid) is in lease.go.

// ResetSession is called by database/sql before the connection is leased
// again. A clean connection is looked at without a round trip; a dirty one is
// reset. The only error is driver.ErrBadConn: database/sql would ignore any
// other and use the connection.
func (c *Conn) ResetSession(ctx context.Context) error {
	c.beginLease()
	if c.unfit() != lending.Fit {
		return driver.ErrBadConn // Close follows, with BeforeClose and a Close frame where it still works
	}
	done := false
	defer func() {
		if !done { // database/sql loses sight of a connection in whose reset a hook panics
			c.rpc.Abort()
			c.connector.untrack(c)
		}
	}()
	fine := c.makeReady(ctx) == nil && c.alive(ctx) && c.resetIfChanged(ctx) && !c.rpc.Broken()
	done = true
	if !fine {
		c.rpc.Abort()
		return driver.ErrBadConn
	}
	return nil
}

// alive reports whether the connection has not died idle. Where the server seemed to be
// gone since, polling the socket is not enough, because a peer that vanished sends no FIN:
// then the server has to answer. A ping of the idle checker counts: what it has waited need
// not be waited again.
func (c *Conn) alive(ctx context.Context) bool {
	thorough := c.rpc.WebSocket().CannotPeek() && c.lease.idleSince.Elapsed() > trustFor
	if err := c.rpc.Poll(thorough); err != nil {
		c.connector.noticeLoss(c.host, err)
		return false
	}
	c.notePong()
	wait := min(pongTimeout, c.cfg.ConnectTimeout) - c.rpc.Unanswered()
	switch {
	case wait <= 0:
		return false
	case !c.stale():
		return true
	}
	generation := c.host.generation.Load()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := c.ping(ctx); err != nil {
		return false
	}
	c.lease.aliveGen = generation
	return true
}

// resetIfChanged brings the session back to what the DSN says, if anything changed it. It
// reports whether the connection can be used.
func (c *Conn) resetIfChanged(ctx context.Context) bool {
	if c.session != &c.own { // a transaction was left open in another one
		if c.tx.cancel() != nil {
			return false
		}
		c.leave()
	}
	mode := c.cfg.Reset
	changed := c.session.dirty && mode != ResetNever || mode == ResetAlways
	switch {
	case changed:
		ctx, cancel := context.WithTimeout(ctx, c.cfg.ConnectTimeout)
		defer cancel()
		return c.restore(ctx) == nil
	case c.tx != nil:
		return c.tx.cancel() == nil
	case c.sessions.displaced(): // the server's session is another one, which must not become this user's
		return true
	}
	return c.renewEnding(ctx) == nil
}

// restore sets the session back to what it was when the connection was made.
func (c *Conn) restore(ctx context.Context) error {
	ctx = c.connector.tracers.ResetStart(ctx, ResetStart{Conn: c.id})
	err := c.establish(ctx, c.own.base, true)
	if err == nil {
		c.own.epoch = 0
		c.sessions.switched, c.sessions.astray = nil, false
	}
	c.connector.tracers.ResetEnd(ctx, ResetEnd{Conn: c.id, Err: err})
	return err
}
