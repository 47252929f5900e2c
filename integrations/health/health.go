package surrealhealth

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"expvar"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// Checks: what is asked, how often, and what is said of it.

// Settings are those of a [Health]. The zero value is right for most programs.
type Settings struct {
	// Timeout bounds a check; 0 is two seconds. An answer takes at most a tenth longer. Who
	// asks must wait for that, as Kubernetes does not by itself (its timeoutSeconds is 1).
	Timeout time.Duration
	// Keep is how long the outcome of a check is given to others who ask; 0 is one second,
	// and a negative one is not at all.
	Keep time.Duration
	// Check, if set, is asked in place of a ping, which takes a connection and makes a round
	// trip. It has to end with its context.
	Check func(ctx context.Context) error
	// Changed, if set, is told when the outcome of checks changes, and of the first one: nil
	// for ready, else the whole error, which the answers do not have. One call at a time.
	Changed func(err error)
}

const (
	defaultTimeout = 2 * time.Second
	defaultKeep    = time.Second
)

// Health knows whether a database can be reached. It is safe for concurrent use.
type Health struct {
	set   Settings
	look  func() Pool
	check func(ctx context.Context) error

	mu      sync.Mutex
	stopped bool
	last    Report
	ended   time.Time // when the last check ended; zero before the first
	running *run      // the check that is under way, or nil
}

var _ expvar.Var = (*Health)(nil)

// run is a check that is under way.
type run struct {
	begun time.Time
	done  chan struct{}
}

// Report is what is said of the database.
type Report struct {
	Status string `json:"status"` // ok or unavailable; unknown before the first check
	// Reason is why it is not ok: timeout, busy (no connection of package pool came free in
	// time; a *sql.DB says timeout), connection, unauthorized, closed, stopping, error.
	Reason  string    `json:"reason,omitempty"`
	Checked time.Time `json:"checked,omitzero"` // when the check ended
	Millis  float64   `json:"millis"`           // how long it took
	Pool    Pool      `json:"pool"`
}

// Pool is what a pool holds.
type Pool struct {
	Open    int `json:"open"`
	InUse   int `json:"in_use"`
	Idle    int `json:"idle"`
	Waiting int `json:"waiting"` // callers; always 0 for a *sql.DB, which does not tell it
}

// What a Report says.
const (
	ok          = "ok"
	unavailable = "unavailable"
	unknown     = "unknown"
)

// ForDB makes a Health of a *sql.DB.
func ForDB(db *sql.DB, s Settings) *Health {
	return newHealth(s, db.PingContext, func() Pool {
		now := db.Stats()
		return Pool{Open: now.OpenConnections, InUse: now.InUse, Idle: now.Idle}
	})
}

// ForPool makes a Health of a pool of package pool. Replicas are not asked: reads go to the
// writer where they fail.
func ForPool(p *pool.Pool, s Settings) *Health {
	return newHealth(s, p.DB().PingContext, func() Pool {
		now := p.Stats()
		return Pool{Open: now.Total, InUse: now.Held, Idle: now.Idle, Waiting: now.Waiters}
	})
}

func newHealth(s Settings, ping func(context.Context) error, look func() Pool) *Health {
	s.Timeout = cmp.Or(s.Timeout, defaultTimeout)
	s.Keep = cmp.Or(s.Keep, defaultKeep)
	if s.Check == nil {
		s.Check = ping
	}
	return &Health{set: s, look: look, check: s.Check, last: Report{Status: unknown}}
}

// Stop makes the program unready from now on, for the time in which it ends: requests that
// are under way go on, and whoever balances the load sends no further ones.
func (h *Health) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
}

// Check returns what is known of the database, and asks it where that is too old. It returns
// when Settings.Timeout and a tenth are over, or ctx, also where the check does not.
func (h *Health) Check(ctx context.Context) Report {
	r, report := h.join()
	if r == nil {
		return report
	}
	limit := time.NewTimer(time.Until(r.begun.Add(h.set.Timeout + h.set.Timeout/10))) // so that a check can say why
	defer limit.Stop()
	select {
	case <-r.done:
		return h.report()
	case <-limit.C:
	case <-ctx.Done():
	}
	return Report{
		Status: unavailable, Reason: "timeout", Checked: time.Now(),
		Millis: millis(time.Since(r.begun)), Pool: h.look(),
	}
}

// join returns the check to wait for, which it begins where none is under way; or nil, and
// what is known.
func (h *Health) join() (*run, Report) {
	h.mu.Lock()
	if h.stopped || !h.ended.IsZero() && time.Since(h.ended) < h.set.Keep {
		h.mu.Unlock()
		return nil, h.report()
	}
	defer h.mu.Unlock()
	if h.running == nil {
		h.running = &run{begun: time.Now(), done: make(chan struct{})}
		go h.run(h.running)
	}
	return h.running, Report{}
}

// run makes a check. It does not end with the one who asked first: others wait for it.
func (h *Health) run(r *run) {
	ctx, cancel := context.WithTimeout(context.Background(), h.set.Timeout)
	defer cancel()
	err := errors.New("the check has panicked, or ended its goroutine")
	defer func() { h.finish(r, err) }()
	err = h.check(ctx)
}

func (h *Health) finish(r *run, err error) {
	now := time.Now()
	report := Report{Status: ok, Checked: now, Millis: millis(now.Sub(r.begun))}
	if err != nil {
		report.Status, report.Reason = unavailable, h.reason(err)
	}
	h.mu.Lock()
	changed := h.last.Status != report.Status || h.last.Reason != report.Reason
	h.last, h.ended = report, now
	h.mu.Unlock()
	if changed && h.set.Changed != nil {
		h.set.Changed(err)
	}
	h.mu.Lock()
	h.running = nil // only now: so Changed is called by one goroutine at a time
	h.mu.Unlock()
	close(r.done)
}

// report is what is known, with what the pool holds now.
func (h *Health) report() Report {
	now := h.look()
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.last
	r.Pool = now
	if h.stopped {
		r.Status, r.Reason = unavailable, "stopping"
	}
	return r
}

// reason is a word for an error.
func (h *Health) reason(err error) string {
	_, queued := errors.AsType[*pool.AcquireTimeoutError](err)
	switch {
	case queued, errors.Is(err, pool.ErrTooManyWaiters):
		return "busy"
	case errors.Is(err, pool.ErrClosed), errors.Is(err, surrealsql.ErrClosed):
		return "closed"
	case surrealsql.IsAuth(err):
		return "unauthorized"
	case surrealsql.IsTimeout(err):
		return "timeout"
	case surrealsql.IsConnectivity(err):
		return "connection"
	}
	return "error"
}

// String is the last report as JSON, which makes a Health an [expvar.Var]. It asks nothing.
func (h *Health) String() string {
	text, _ := json.Marshal(h.report()) // strings, numbers and a time: there is no error
	return string(text)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
