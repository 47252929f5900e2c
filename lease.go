package surrealsql

import (
	"context"
	"database/sql/driver"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
	"github.com/surrealsql/surrealsql/internal/clock"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// A lease is the time for which one caller has a connection. It begins with
// ResetSession and ends with IsValid; where the pool is not that of database/sql it
// ends with Close, which gives the connection back to that pool. Everything that makes
// a connection unfit is seen at these moments, because a pool hears of it nowhere else:
// errors of Rows.Next never reach database/sql, and ErrBadConn inside a transaction
// leaves the connection in it.

// lease is what is known of the leases of a connection, and of the time between two.
type lease struct {
	release func(kept bool) // what Close does while a pool lends the connection, or nil
	first   bool            // there was no ResetSession yet; see yieldBuffer
	present presentLease
	uses    int       // leases that have ended; only who has the connection counts them
	expires time.Time // from max_lifetime and its jitter; zero means never

	txSince atomic.Int64 // when the open transaction was begun, in Unix nanoseconds; 0: none is open

	taken atomic.Pointer[error] // why it was taken away from who uses it; see lent.Revoke

	// mu is held while someone looks at the idle connection; no code of the program's
	// runs under it. While the connection is idle, mu guards what follows.
	mu        sync.Mutex
	idle      bool          // in the pool: the idle checker may use it
	idleSince clock.Instant // it is idle
	retired   atomic.Bool   // the idle checker has closed it, although it worked
	moves     atomic.Bool   // it is to end, so that another host gets one in its place
	pingGen   uint64        // its host's generation when the last idle ping was sent
	aliveGen  uint64        // its host's generation in which it was last known to be alive
}

// presentLease is what is known of one lease; ResetSession begins another.
type presentLease struct {
	ended    bool // it was counted
	leftover bool // it ended with something open, which is lent to nobody else
	kept     bool // database/sql has asked, and it can be lent again
	recovers bool // it was told that it may not, because a stream that was given up is not over yet
}

// trustFor is how long a connection that was just used needs no thorough look
// where looking costs a millisecond (see ws.Conn.Poll).
const trustFor = time.Second

// start begins the life of a connection.
func (l *lease) start(cfg *Config, generation uint64) {
	l.first, l.aliveGen = true, generation
	l.expires = backoff.EndOfLife(time.Now(), cfg.MaxLifetime, cfg.LifetimeJitter)
}

// IsValid is called by database/sql when a lease ends. It reports whether the connection
// may go back to the pool, and if so lets the idle checker use it. Where another pool
// lends the connection, that one says when. A connection on which a call was given up is to be
// closed by database/sql, which would hand it to whoever waits: it goes back to who lends it, or
// recovers, and settles there.
func (c *Conn) IsValid() bool {
	valid, lent := c.endLease() == lending.Fit, c.lease.release != nil
	settles := valid && c.frames.IsOpen()
	c.lease.present.recovers = settles && !lent
	c.lease.present.kept = valid && (lent || !settles)
	if valid && !settles && !lent {
		c.startIdling()
	}
	return valid && !settles
}

// endLease counts the lease, once, and returns why the connection cannot be leased
// again. A pool below database/sql asks after database/sql has.
func (c *Conn) endLease() lending.Unfit {
	present := &c.lease.present
	present.leftover = present.leftover || c.leftover()
	if c.buffers.rows != nil { // database/sql has closed its own
		c.buffers.rows.drop()
		c.yieldBuffer(context.Background())
	}
	if c.live.open() > 0 { // likewise, and nobody would read their notifications
		c.abort()
	}
	if c.tx != nil { // left open by who has the lease: nobody will end it
		c.tx.traceEnd(false, errLeftOpen)
	}
	if present.leftover {
		return lending.Leftover
	}
	if !present.ended {
		present.ended = true
		c.lease.uses++
	}
	return c.unfit()
}

// beginLease keeps the idle checker from the connection.
func (c *Conn) beginLease() {
	c.lease.first, c.lease.present = false, presentLease{}
	c.stopIdling()
}

// leftover reports whether a lent connection has something open, which database/sql
// would have closed.
func (c *Conn) leftover() bool {
	return c.lease.release != nil && (c.buffers.rows != nil || c.tx != nil || c.live.open() > 0)
}

// unfit is why the connection cannot be leased any more, as far as that can be told
// without a look at its socket.
func (c *Conn) unfit() lending.Unfit {
	switch {
	case c.lease.moves.Load() && (c.lease.retired.Load() || !c.rpc.Broken()):
		return lending.Moved
	case c.lease.retired.Load():
		return lending.MaxLifetime
	case c.rpc.Broken():
		return lending.Broken
	case c.outlived():
		return lending.MaxLifetime
	case c.cfg.MaxUses > 0 && c.lease.uses >= c.cfg.MaxUses:
		return lending.MaxUses
	case c.connector.closed.Load():
		return lending.Broken
	}
	return lending.Fit
}

func (c *Conn) outlived() bool {
	return !c.lease.expires.IsZero() && !time.Now().Before(c.lease.expires)
}

// lent is a Conn as the pool sees it that lends it.
type lent Conn

var _ lending.Conn = (*lent)(nil)

func init() {
	lending.Of = func(c driver.Conn) lending.Conn { return (*lent)(c.(*Conn)) }
	lending.Hosts = func(c driver.Connector) []string { return slices.Clone(c.(*Connector).cfg.Hosts) }
	lending.CheckNamedValue = checkNamedValue
	lending.SessionPlace = func(ctx context.Context) (namespace, database string) {
		if choice := optionsOf(ctx).session; choice != nil {
			return choice.where()
		}
		return "", ""
	}
}

func (l *lent) OnRelease(f func(kept bool)) {
	l.lease.mu.Lock() // waits for a look that is under way
	defer l.lease.mu.Unlock()
	l.lease.idle = false
	l.lease.release = f
}

func (l *lent) End() lending.Unfit { return (*Conn)(l).endLease() }

func (l *lent) Settling() bool { return l.frames.IsOpen() }

func (l *lent) Settle(ctx context.Context) {
	c := (*Conn)(l)
	if c.settleWithin(ctx, c.cfg.CancelTimeout) != nil {
		c.abort()
	}
}

func (l *lent) Leftover() bool { return (*Conn)(l).leftover() }

func (l *lent) Unfit() lending.Unfit { return (*Conn)(l).unfit() }

func (l *lent) StartIdling() { (*Conn)(l).startIdling() }

func (l *lent) Clean() bool {
	l.lease.mu.Lock() // the idle checker may be about to note a pong
	defer l.lease.mu.Unlock()
	return !l.session.dirty && l.tx == nil && l.cfg.Reset != ResetAlways && !(*Conn)(l).stale() && !(*Conn)(l).ending()
}

func (l *lent) Told() (number uint64, addr string) { return l.id, l.addr }

func (l *lent) TxSince() time.Time {
	if since := l.lease.txSince.Load(); since != 0 {
		return time.Unix(0, since)
	}
	return time.Time{}
}

func (l *lent) Revoke(why error) {
	c := (*Conn)(l)
	taken := error(&lending.TakenError{Why: why})
	c.lease.taken.CompareAndSwap(nil, &taken)
	c.abort()
	c.connector.untrack(c)
	ctx := c.connector.tracers.CloseStart(context.Background(), CloseStart{Conn: c.id, Reason: why.Error()})
	c.connector.tracers.CloseEnd(ctx, CloseEnd{Conn: c.id})
	c.connector.log.closed(c.attr(), nil)
}

func (l *lent) Check(ctx context.Context) error {
	c := (*Conn)(l)
	defer c.resumeIdling(c.stopIdling()) // the mutex is not held: a tracer or a logger may be called
	if c.unfit() != lending.Fit {
		return driver.ErrBadConn
	}
	if err := c.rpc.Poll(true); err != nil {
		return c.abandon("check", false, err)
	}
	generation := c.host.generation.Load()
	if err := c.ping(ctx); err != nil {
		return err
	}
	c.lease.aliveGen = max(c.lease.aliveGen, generation)
	return nil
}
