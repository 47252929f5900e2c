package pool

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
)

// Pool is a pool of connections to SurrealDB. It is safe for concurrent use. Make
// one with [Open], [New] or [FromEnv], and close it.
//
// Each connection is in one of these places: idle, held by a caller, being
// checked (which counts as idle), or closing. Between any two the mutex is taken.
// A connection is idle only while nobody waits, unless the pool is paused: so who
// comes later cannot be served earlier.
type Pool struct {
	set    Settings
	source *surrealsql.Connector
	db     *sql.DB
	routes routes

	ctx  context.Context // ends when the pool is closed
	stop context.CancelFunc

	service context.Context // ends when callers are refused: with Drain, or with Close
	retire  context.CancelCauseFunc

	work  sync.WaitGroup // every goroutine of the pool
	kick  chan struct{}  // wakes the keeper out of turn
	round time.Duration  // between two looks of the keeper

	waits histogram
	gate  func(context.Context) error // that of the settings, and the breaker

	mu       sync.Mutex
	all      map[*entry]struct{} // idle, held and being checked
	idle     chain[*entry]       // ordered by when they were given back: the last is the youngest
	waiters  chain[*caller]      // ordered by arrival
	dials    chain[*dial]        // ordered by start
	spare    []*caller           // for use again
	open     int                 // len(all)
	held     int
	closing  int // taken out of all, and not yet closed
	dropped  int // of the dials, those that were cancelled
	ending   int // of these, those that others wait for: see balance
	state    lifecycle
	pauses   pauses        // what makes state paused
	probing  bool          // a dial is wanted although nobody waits for it: see probe
	warm     chan struct{} // closed when the warm-up has ended
	quiet    chan struct{} // closed when nothing is held; made by Drain
	backoff  dialBackoff
	pace     pace
	need     need
	closeErr error // of connections that Close closed
	stats    Stats // without AcquireWait, and what is counted above
}

// lifecycle is what a pool is about.
type lifecycle uint8

const (
	serving  lifecycle = iota
	paused             // callers wait
	draining           // callers are refused, leases may end
	closed
)

// entry is one connection of the pool.
type entry struct {
	conn    *surrealsql.Conn
	place   link[*entry] // in the idle list
	expires time.Time    // zero: never
	since   time.Time    // idle or held
	checked time.Time
	uses    int
	fresh   bool // made for a caller who waits: there is nothing to reset or to look at
	lease   lease
}

func (e *entry) expired(now time.Time) bool {
	return !e.expires.IsZero() && !now.Before(e.expires)
}

// outlived is expired by now. It reads only the clock that goes forward, which
// costs half of what the time of day does.
func (e *entry) outlived() bool { return !e.expires.IsZero() && time.Until(e.expires) <= 0 }

// newEntry takes a new connection into the pool's hands: from here on its Close
// gives it back.
func (p *Pool) newEntry(conn *surrealsql.Conn) *entry {
	now := time.Now()
	e := &entry{conn: conn, fresh: true, expires: p.set.expiry(now), since: now, checked: now}
	e.place.of = e
	conn.OnRelease(func(kept bool) { p.release(e, kept) })
	return e
}

// DB returns the *sql.DB that leases its connections from the pool, always the
// same one. Closing it closes the pool.
func (p *Pool) DB() *sql.DB { return p.db }

// Settings returns the settings that are in force, defaults included.
func (p *Pool) Settings() Settings { return p.set }

// expel takes a connection out of the pool's counts; the caller sees to it that
// it is shut.
func (p *Pool) expel(e *entry, why Reason) {
	delete(p.all, e)
	p.open--
	p.closing++
	p.stats.Closed++
	p.stats.ClosedBy[why]++
}

// discard closes a connection that is not idle, in the background so that nobody
// waits for a goodbye. The caller holds the mutex, and discard gives it up.
func (p *Pool) discard(e *entry, why Reason) {
	switch {
	case p.state == closed: // nobody waits for goroutines any more
		p.discardNow(e, ByClose)
		return
	case failed(e.conn): // there is no goodbye: who gives it back leaves no socket
		p.discardNow(e, why)
		return
	}
	p.expel(e, why)
	p.background(func() { p.shut(e) })
	p.mu.Unlock()
}

// discardNow is discard that returns when the connection is closed.
func (p *Pool) discardNow(e *entry, why Reason) {
	p.expel(e, why)
	p.mu.Unlock()
	p.shut(e)
}

// shut really closes a connection, and lets another take its place.
func (p *Pool) shut(e *entry) {
	var err error
	defer func() {
		p.mu.Lock()
		p.closing--
		if p.state == closed {
			p.closeErr = errors.Join(p.closeErr, err)
		}
		p.balance()
		p.mu.Unlock()
	}()
	e.conn.OnRelease(nil)
	defer func() { err = e.conn.Close() }() // also when the hook panics
	if p.set.beforeClose != nil && !failed(e.conn) {
		p.set.beforeClose(e.conn)
	}
}

// failed reports whether the connection does not work any more.
func failed(c *surrealsql.Conn) bool { return !c.Usable() && c.RetiredBy() == "" }

// worn is why the driver gives a connection up: a limit of its own, or a failure.
func worn(c *surrealsql.Conn) Reason {
	switch c.RetiredBy() {
	case "max_uses":
		return ByUses
	case "max_lifetime":
		return ByLifetime
	}
	return ByBroken
}

// log writes what the pool does by itself.
func (p *Pool) log(level slog.Level, msg string, attrs ...slog.Attr) {
	if l := p.set.logger; l != nil && l.Enabled(p.ctx, level) {
		l.LogAttrs(p.ctx, level, "pool: "+msg, attrs...)
	}
}

// peak notes the most that there ever was.
func (p *Pool) peak() {
	s := &p.stats
	s.PeakTotal = max(s.PeakTotal, p.open)
	s.PeakHeld = max(s.PeakHeld, p.held)
	s.PeakDialing = max(s.PeakDialing, p.dials.len)
	s.PeakWaiters = max(s.PeakWaiters, p.waiters.len)
}
