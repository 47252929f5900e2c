package surrealsql

import (
	"context"
	"database/sql/driver"
)

// What a pool needs that hands out the connection itself, unwrapped, so that
// every interface of it stays: package pool is one, and may be replaced.

// OnRelease makes [Conn.Close] call f instead of closing the connection, until
// it is called again; nil makes Close close. It is for pools: a pool sets f when
// it has made the connection and clears it before it closes it.
//
// kept tells f how the lease ended: database/sql asks IsValid before it gives a
// connection back, and kept is true where the answer was yes. Where it is false,
// database/sql has given the connection up (driver.ErrBadConn, also from
// [sql.Conn.Raw]), or the lease was none of database/sql's.
//
// A lent connection that still has open rows or an open transaction is not
// valid. OnRelease takes the connection out of the driver's care for idle ones, and
// only [Conn.Rest] gives it back: so the pool's hooks may use the connection before
// one and after the other. OnRelease must not be called while somebody else uses the
// connection.
func (c *Conn) OnRelease(f func(kept bool)) {
	c.care.mu.Lock() // waits for a look that is under way
	defer c.care.mu.Unlock()
	c.care.idle = false
	c.release = f
}

// Leftover reports whether a lent connection has open rows or an open
// transaction, which database/sql would have closed. It is for pools, when a lease
// has ended.
func (c *Conn) Leftover() bool {
	return c.release != nil && (c.left || c.rows != nil || c.tx != nil)
}

// Rest gives a lent connection into the hands of the driver's care for idle ones.
// It is for pools, once nothing of theirs or of the program's uses the connection
// any more. ResetSession, OnRelease and Close take it out of these hands.
func (c *Conn) Rest() {
	c.care.mu.Lock()
	defer c.care.mu.Unlock()
	c.care.idle, c.care.since = true, now()
}

// RetiredBy returns the DSN key of the limit because of which the connection is
// leased no more, although it works: max_uses or max_lifetime. It is empty where
// there is none, or the connection has failed. It is for pools, which count why
// they close connections; only the one that holds the connection, or has it among its
// idle ones, may call it. It waits for nothing.
func (c *Conn) RetiredBy() string {
	switch {
	case c.care.retired.Load():
		return "max_lifetime"
	case c.rpc.Broken():
		return ""
	case c.outlived():
		return "max_lifetime"
	case c.usedUp():
		return "max_uses"
	}
	return ""
}

// Usable reports what can be told of a connection without a look at its socket:
// false says that it failed, was given up, or is too old. It is for pools, and
// any goroutine may call it at any time.
func (c *Conn) Usable() bool { return c.fit() }

// Clean reports whether ResetSession will do without a round trip. It is for
// pools, which bound that round trip only where there is one.
func (c *Conn) Clean() bool {
	c.care.mu.Lock() // the caretaker may be about to hear of it
	defer c.care.mu.Unlock()
	return !c.dirty && c.tx == nil && c.cfg.Reset != ResetAlways && !c.alarmed()
}

// Abandon closes the socket of a connection that somebody else may be using, who
// then gets an error. It is for pools that take a connection away from a borrower
// who does not give it back; any goroutine may call it. A later Close of a lent
// connection still calls the function of [Conn.OnRelease].
func (c *Conn) Abandon() {
	c.abort()
	c.connector.forget(c)
}

// Revoke is Abandon for a reason: the errors that the borrower gets from then on wrap
// it, also those of what he has open, such as rows or a transaction. The first reason
// stays.
func (c *Conn) Revoke(why error) {
	c.taken.CompareAndSwap(nil, &why)
	c.Abandon()
}

// abort closes the socket without a goodbye, and for good. New sockets wait for that.
func (c *Conn) abort() {
	c.rpc.Abort()
	c.connector.lingering.add(c.rpc.WebSocket().Closed())
}

// Check asks an idle connection for a sign of life: one round trip, after which
// it is as idle as before. A connection that fails is given up. It is for pools;
// only the one that holds the connection may call it, while it lends it to
// nobody.
func (c *Conn) Check(ctx context.Context) error {
	defer c.relieve(c.dismiss()) // the mutex is not held: a tracer or a logger may be called
	if !c.fit() {
		return driver.ErrBadConn
	}
	if err := c.rpc.Poll(true); err != nil {
		return c.fail("check", false, err)
	}
	alarm := c.connector.alarm.Load()
	if err := c.ping(ctx); err != nil {
		return err
	}
	c.care.vouched = max(c.care.vouched, alarm)
	return nil
}

// relieve undoes dismiss.
func (c *Conn) relieve(wasIdle bool) {
	c.care.mu.Lock()
	defer c.care.mu.Unlock()
	c.care.idle = wasIdle && !c.rpc.Broken()
}
