package surrealsql

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
)

// A connection goes through two doors: IsValid when it goes back to the pool,
// ResetSession when it is taken out. Everything that makes it unfit is seen at
// one of them, because database/sql hears of it nowhere else: errors of
// Rows.Next never reach the pool, and ErrBadConn inside a transaction leaves
// the connection in it.

// leaseState is what the two doors and the caretaker know of a connection.
type leaseState struct {
	mu    sync.Mutex // held while someone looks at the idle connection; nothing foreign runs under it
	idle  bool       // in the pool: the caretaker may use it
	since instant    // it is idle

	uses    int         // leases so far; only who has the connection counts them
	ended   bool        // the last of them was counted
	expires time.Time   // from max_lifetime and its jitter; zero means never
	retired atomic.Bool // the caretaker has closed it, because that is over
	asked   uint64      // the connector's alarm when the last idle ping was sent
	vouched uint64      // the alarm after which it is known to have been alive
}

// trustFor is how long a connection that was just used needs no thorough look
// where looking costs a millisecond (see ws.Conn.Poll).
const trustFor = time.Second

// instant is a time on the clock that only goes forward, which costs half of what
// the time of day does.
type instant time.Duration

var epoch = time.Now()

func now() instant { return instant(time.Since(epoch)) }

// elapsed is the time since then.
func (i instant) elapsed() time.Duration { return time.Duration(now() - i) }

// begin starts the life of a connection.
func (s *leaseState) begin(cfg *Config, alarm uint64) {
	s.vouched = alarm
	if cfg.MaxLifetime > 0 {
		life := cfg.MaxLifetime
		if cfg.LifetimeJitter > 0 {
			// Shorter, never longer: max_lifetime is a promise.
			life -= min(life, backoff.Full(cfg.LifetimeJitter))
		}
		s.expires = time.Now().Add(life)
	}
}

// IsValid is called by database/sql when a lease ends. It reports whether the
// connection may go back to the pool, and if so gives it into the caretaker's
// hands. A connection that a pool lends it leaves in the pool's: see [Conn.Rest].
func (c *Conn) IsValid() bool {
	c.left = c.Leftover()
	if c.rows != nil { // database/sql has closed its own
		c.rows.drop()
		c.yieldBuffer(context.Background())
	}
	c.kept = !c.left && c.endLease()
	return c.kept
}

func (c *Conn) endLease() bool {
	c.care.mu.Lock()
	defer c.care.mu.Unlock()
	if !c.care.ended { // else a pool below database/sql asks again
		c.care.uses++
		c.care.ended = true
	}
	if c.usedUp() || !c.fit() {
		return false
	}
	if c.release == nil {
		c.care.idle, c.care.since = true, now()
	}
	return true
}

func (c *Conn) usedUp() bool { return c.cfg.MaxUses > 0 && c.care.uses >= c.cfg.MaxUses }

// fit reports what can be told without a look at the socket.
func (c *Conn) fit() bool {
	return !c.rpc.Broken() && !c.connector.closed.Load() && !c.outlived()
}

func (c *Conn) outlived() bool {
	return !c.care.expires.IsZero() && !time.Now().Before(c.care.expires)
}

// ResetSession is called by database/sql before the connection is leased
// again. A clean connection is looked at without a round trip; a dirty one is
// reset. The only error is driver.ErrBadConn: database/sql would ignore any
// other and use the connection.
func (c *Conn) ResetSession(ctx context.Context) error {
	c.unheard, c.kept = false, false
	c.care.mu.Lock()
	c.care.idle, c.care.ended = false, false
	c.care.mu.Unlock()
	if !c.fit() {
		return driver.ErrBadConn // Close follows, with BeforeClose and a goodbye where it still works
	}
	done := false
	defer func() {
		if !done { // database/sql loses sight of a connection in whose reset a hook panics
			c.rpc.Abort()
			c.connector.forget(c)
		}
	}()
	fine := c.alive(ctx) && c.clean(ctx) && !c.rpc.Broken()
	done = true
	if !fine {
		c.rpc.Abort()
		return driver.ErrBadConn
	}
	return nil
}

// alive looks whether the connection died idle. After an alarm a look is not
// enough, because a peer that vanished sends no FIN: then the server has to answer.
// A ping of the caretaker counts: what it has waited need not be waited again.
func (c *Conn) alive(ctx context.Context) bool {
	thorough := c.rpc.WebSocket().Blind() && c.care.since.elapsed() > trustFor
	if err := c.rpc.Poll(thorough); err != nil {
		c.connector.noticeLoss(c.addr, err)
		return false
	}
	c.heard()
	patience := min(overdue, c.cfg.DialTimeout) - c.rpc.Unanswered()
	switch {
	case patience <= 0:
		return false
	case !c.alarmed():
		return true
	}
	alarm := c.connector.alarm.Load()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.ping(ctx); err != nil {
		return false
	}
	c.care.vouched = alarm
	return true
}

// clean brings the session back to what the DSN says, if anything changed it.
func (c *Conn) clean(ctx context.Context) bool {
	mode := c.cfg.Reset
	changed := c.dirty && mode != ResetNever || mode == ResetAlways
	switch {
	case changed:
		ctx, cancel := context.WithTimeout(ctx, c.cfg.DialTimeout)
		defer cancel()
		return c.restore(ctx) == nil
	case c.tx != nil:
		return c.tx.cancel() == nil
	}
	return true
}

// restore sets the session back to what it was when the connection was made.
func (c *Conn) restore(ctx context.Context) error {
	ctx = c.connector.tracers.resetStart(ctx, ResetStart{Conn: c.id})
	err := c.establish(ctx, c.base, true)
	c.connector.tracers.resetEnd(ctx, ResetEnd{Conn: c.id, Err: err})
	return err
}
