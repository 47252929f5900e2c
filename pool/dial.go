package pool

// How connections are made: as many as are needed, and no more.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
)

// spareDials is how many dials go on although nobody waits for them any more, if
// there is room within Burst. So a pool grows under a load that is a little too much
// for it, where each waiter is served by a connection that is given back before
// the new one is there, and does not dial again for each of them (78,000 times in a
// minute of short leases); and a spike leaves no more of them than these.
const spareDials = 2

// balanceLocked starts the dials that are needed and drops those that are not. It is
// called after everything that may change their number.
//
// A dial that is dropped ends at once, but not in no time. Until then the caller who
// comes next waits, also where there is room: a *sql.DB above the pool
// may have a maximum of its own, counts no dial whose caller has given up, and 9
// sockets were seen where 8 should have been the most. A dialer that does not end
// with its context is not waited for longer than leastLateAfter.
func (p *Pool) balanceLocked() {
	if p.state == closed {
		return
	}
	room := -p.open - p.closing - p.dials.dropped // to be added to a limit
	wanted := p.wantedLocked()
	need := p.demandLocked(room, wanted)
	active := p.dials.active()
	if active < need {
		p.startLocked(min(p.demandLocked(room, wanted-p.dials.ending), p.set.MaxConnecting) - active)
	} else if keep := max(need, min(spareDials, p.set.Burst+room)); p.state != serving {
		p.dials.dropYoungest(active) // one that fails would fail those who wait for Resume
	} else if active > keep {
		p.dials.dropYoungest(active - keep)
	}
	if p.warm != nil && (p.open >= p.set.Min || p.dials.active() == 0) {
		close(p.warm)
		p.warm = nil
	}
}

// demandLocked is how many dials should be under way: one for each waiter, or for a
// probe, or what the minimum needs.
func (p *Pool) demandLocked(room, wanted int) int {
	if p.state != serving {
		return 0
	}
	forWaiters := min(wanted, p.set.Burst+room)
	forMin := max(p.set.Min-p.open, p.set.MinIdle-(p.open-p.held))
	return max(0, forWaiters, min(forMin, p.set.Max+room))
}

// wantedLocked is how many connections callers wait for.
func (p *Pool) wantedLocked() int {
	if p.probing {
		return max(p.waiters.Len(), 1)
	}
	return p.waiters.Len()
}

// startLocked begins n dials, if any; while dials fail it is one at a time, after a
// pause.
func (p *Pool) startLocked(n int) {
	if n <= 0 {
		return
	}
	if p.failingLocked() {
		if p.dials.active() > 0 {
			return
		}
		if wait := time.Until(p.backoff.until); wait > 0 {
			p.backoff.wake(wait, p.retry)
			return
		}
		n = min(n, 1)
	}
	for range n {
		ctx, cancel := context.WithCancel(p.dialContextLocked())
		d := p.dials.add(time.Now(), cancel)
		d.late = time.AfterFunc(p.times.lateAfter(), func() { p.lateDial(d) })
		p.stats.Connects++
		p.background(func() { p.run(ctx, d) })
	}
	p.recordPeaksLocked()
}

// dialContextLocked has what a dial knows of the caller it is made for: what it logs
// and traces belongs to that call, although the dial does not end with it.
func (p *Pool) dialContextLocked() context.Context {
	if last := p.waiters.Back(); last != nil {
		return context.WithoutCancel(last.Of.ctx)
	}
	return p.ctx
}

// retry is balanceLocked after a pause.
func (p *Pool) retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.balanceLocked()
}

// lateDial replaces a dial that takes long while others that began no earlier have
// succeeded. Where none has, the server is slow, and dialling again would make
// that worse.
func (p *Pool) lateDial(d *dial) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !d.node.In() || p.state == closed:
	case d.dropped:
		p.dials.ended(d)
		p.balanceLocked()
	case p.waiters.Len() > 0 && !p.times.lastGood.Before(d.begun):
		p.dials.drop(d)
		p.balanceLocked()
	default:
		d.late.Reset(nextLook(time.Since(d.begun)))
	}
}

// nextLook is how long a dial of this age is left alone. It is bounded because a
// dialer that does not end with its context may hang for ever: in the fake time of a
// test the double of its age overflowed, and there was no pause at all any more.
func nextLook(age time.Duration) time.Duration { return 2 * min(age, time.Hour) }

// run makes a connection and brings it into the pool.
func (p *Pool) run(ctx context.Context, d *dial) {
	var conn *surrealsql.Conn
	err := errHookEnded // where connect does not return
	defer func() {
		if err != nil {
			p.dialFailed(d, err)
		}
	}()
	defer d.late.Stop()
	defer d.cancel()
	if conn, err = p.connect(ctx); err != nil {
		return
	}
	e := newEntry(conn, &p.set)
	e.lent.OnRelease(func(kept bool) { p.release(e, kept) })
	p.shut(p.dialSucceeded(d, e))
}

var errHookEnded = errors.New("pool: a hook ended its goroutine while connecting")

// dialSucceeded brings a new connection into the pool. The caller shuts what it returns.
func (p *Pool) dialSucceeded(d *dial, e *entry) (doomed *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dials.finish(d)
	p.probing = false
	p.backoff.reset()
	p.times.succeeded(d.begun)
	p.all[e] = struct{}{}
	p.open++
	p.stats.Created++
	p.recordPeaksLocked()
	return p.handOverLocked(e)
}

func (p *Pool) dialFailed(d *dial, err error) {
	// The text of an error is anybody's code, which does not run under the mutex.
	degraded := fmt.Errorf("%w: %w", errDegraded, err)
	p.mu.Lock()
	failures, pause := p.dialFailedLocked(d, err, degraded)
	p.mu.Unlock()
	if failures > 0 {
		p.log(slog.LevelWarn, "a dial failed", slog.String("error", err.Error()),
			slog.Int("failures", failures), slog.Duration("pause", pause))
	}
}

// dialFailedLocked ends the wait of all with the error if there is nothing else that
// they could wait for, and in any case of those who can be served elsewhere, with
// degraded. It returns how many dials in a row have failed, or zero where nobody needed
// this one, and the pause before the next.
func (p *Pool) dialFailedLocked(d *dial, err, degraded error) (failures int, pause time.Duration) {
	p.dials.finish(d)
	if d.dropped || p.state == closed {
		p.stats.ConnectsDropped++
		p.balanceLocked()
		return 0, 0
	}
	p.probing = false
	p.stats.ConnectErrors++
	pause = p.backoff.fail(err, &p.set)
	p.waiters.failOver(degraded)
	if p.held == 0 && p.dials.active() == 0 { // one that is being checked is as doubtful as the server
		p.waiters.failAll(err)
	}
	p.balanceLocked()
	return p.backoff.failures, pause
}

// connect makes a connection. A hook that panics makes it fail: nobody else could
// catch that on this goroutine.
func (p *Pool) connect(ctx context.Context) (conn *surrealsql.Conn, err error) {
	defer func() {
		if r := recover(); r != nil {
			conn, err = nil, fmt.Errorf("pool: a hook panicked while connecting: %v", r)
		}
	}()
	c, err := p.source.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.(*surrealsql.Conn), nil
}
