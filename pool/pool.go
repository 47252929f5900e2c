package pool

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/list"
	"github.com/surrealsql/surrealsql/internal/printed"
)

// Pool is a pool of connections to SurrealDB. It is safe for concurrent use. Make
// one with [Open], [New] or [FromEnv], and close it.
//
// Each connection is in one of these states: idle, held by a caller, being checked
// (which counts as idle), or closing. It changes between two of them under the mutex.
// A connection is idle only while nobody waits, unless the pool is paused: so a caller
// who comes later cannot be served earlier.
//
// Methods whose name ends in Locked are called with the mutex held, and leave it so.
type Pool struct {
	set    Settings
	source *surrealsql.Connector
	tracer surrealsql.AcquireTracer // nil for none
	db     *sql.DB
	routes routes

	ctx  context.Context // ends when the pool is closed
	stop context.CancelFunc

	serving    context.Context // ends when callers are refused: with Drain, or with Close
	endServing context.CancelCauseFunc

	work     sync.WaitGroup // every goroutine of the pool
	checkNow chan struct{}  // wakes the keeper out of turn

	waits histogram
	takes atomic.Bool // a drain is over: a lease that begins yet is taken away

	mu       sync.Mutex
	all      map[*entry]struct{} // idle, held and being checked
	idle     list.List[*entry]   // ordered by when they were given back: the last is the youngest
	waiters  queue
	dials    dials
	open     int // len(all)
	held     int
	closing  int // taken out of all, and not yet closed
	state    state
	pauses   pauses        // why it is paused, if it is
	probing  bool          // a dial is wanted although nobody waits for it: see probe
	warm     chan struct{} // closed when the warm-up has ended
	returned chan struct{} // closed when nothing is held; made by Drain
	backoff  dialBackoff
	times    dialTimes
	need     need
	closeErr error // of connections that Close closed
	stats    Stats // without AcquireWait, and what is counted above
}

// state is how far a pool's life has come.
type state uint8

const (
	serving  state = iota
	paused         // callers wait
	draining       // callers are refused, leases may end
	closed
)

// pauses are the reasons why a pool is paused.
type pauses uint8

const (
	together pauses = 1 << iota // with its replicas, or as one
	alone                       // a replica by itself
)

// routes is what a Pool knows of its replicas and its own servers.
type routes struct {
	hosts       []string                                             // host:port
	told        func() (dsns []string, configs []*surrealsql.Config) // the replicas that it was told
	replicas    []*Pool
	replica     bool       // it is one itself
	pausing     sync.Mutex // held while all are paused or resumed
	nextReplica atomic.Uint64
	routed      func() *sql.DB // that of [Pool.Routed], made at the first call
}

// DB returns the *sql.DB that leases its connections from the pool, always the
// same one. Closing it closes the pool.
func (p *Pool) DB() *sql.DB { return p.db }

// Settings returns the settings that are in force, defaults included.
func (p *Pool) Settings() Settings {
	s := p.set
	s.Replicas, s.ReplicaConfigs = p.routes.told()
	return s
}

// Stats returns a snapshot of the counts. It costs less than a microsecond or
// two, so it may be taken often.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	s := p.stats
	s.ClosedBy = maps.Clone(s.ClosedBy)
	s.Total, s.Held, s.Idle = p.open, p.held, p.open-p.held
	s.Connecting, s.Waiters = p.dials.Len(), p.waiters.Len()
	p.mu.Unlock()
	s.AcquireWait = p.waits.snapshot()
	s.Acquires = s.AcquireWait.Count
	return s
}

// String is the statistics as JSON, durations in nanoseconds, which makes a Pool
// an expvar.Var:
//
//	expvar.Publish("pool", p)
func (p *Pool) String() string {
	b, err := json.Marshal(p.Stats())
	if err != nil {
		return "{}" // never: it is numbers
	}
	return string(b)
}

var (
	_ fmt.Formatter  = (*Pool)(nil)
	_ slog.LogValuer = (*Pool)(nil)
)

// Format prints [Pool.String] for every verb.
func (p *Pool) Format(f fmt.State, verb rune) { printed.As(f, verb, "pool.Pool", p.String()) }

// LogValue makes log/slog log [Pool.String].
func (p *Pool) LogValue() slog.Value { return slog.StringValue(p.String()) }

// log writes what the pool does by itself.
func (p *Pool) log(level slog.Level, msg string, attrs ...slog.Attr) {
	if l := p.set.Logger; l != nil && l.Enabled(p.ctx, level) {
		l.LogAttrs(p.ctx, level, "pool: "+msg, attrs...)
	}
}

// background runs f on a goroutine of the pool, for which Close waits.
func (p *Pool) background(f func()) { p.work.Go(func() { ownGoroutine(f) }) }

// requestCheck makes the keeper look at once: a connection has failed. If the next
// idle one that it looks at fails as well, the server was away, and all others
// are looked at too.
func (p *Pool) requestCheck() {
	select {
	case p.checkNow <- struct{}{}:
	default:
	}
}

// refuses reports whether the pool is closed, or drains.
func (p *Pool) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state >= draining
}

// failingLocked reports whether the last dial has failed: the next one waits for the
// end of a pause, and may fail again.
func (p *Pool) failingLocked() bool { return p.backoff.failures > 0 }

// pausedAloneLocked reports whether reads had better go elsewhere: where all are paused
// they wait here.
func (p *Pool) pausedAloneLocked() bool { return p.pauses&alone != 0 }

// entries lists all connections.
func (p *Pool) entries() []*entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*entry, 0, len(p.all))
	for e := range p.all {
		list = append(list, e)
	}
	return list
}

// holdLocked counts a connection that a caller gets.
func (p *Pool) holdLocked() {
	p.held++
	p.need.note(p.held)
	p.recordPeaksLocked()
}

// unholdLocked counts one that a caller has no more.
func (p *Pool) unholdLocked() {
	p.held--
	if p.held == 0 && p.returned != nil {
		close(p.returned)
		p.returned = nil
	}
}

// pickLocked takes an idle connection out of the list, or returns nil if there is none.
func (p *Pool) pickLocked() *entry {
	n := p.idle.Back()
	if p.set.Order == FIFO {
		n = p.idle.Front()
	}
	if n == nil {
		return nil
	}
	p.idle.Remove(n)
	return n.Of
}

// recordPeaksLocked notes the most that there ever was.
func (p *Pool) recordPeaksLocked() {
	s := &p.stats
	s.PeakTotal = max(s.PeakTotal, p.open)
	s.PeakHeld = max(s.PeakHeld, p.held)
	s.PeakConnecting = max(s.PeakConnecting, p.dials.Len())
	s.PeakWaiters = max(s.PeakWaiters, p.waiters.Len())
}
