package pool

import (
	"context"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql"
)

// The keeper is the one goroutine that looks after a pool: it closes idle
// connections that are too old, checks the others, and looks for leaks.

const (
	// shortestRound bounds what looking costs: 200 rounds a second, of which each takes
	// the mutex a few times.
	shortestRound = 5 * time.Millisecond
	// longestRound is how late, at most, it is seen that the driver has given an idle
	// connection up.
	longestRound = 5 * time.Second
	// checkTimeout is how long an idle connection may take to answer a ping. The server
	// answers those beside running queries, so it is that of a round trip with room.
	checkTimeout = 2 * time.Second
)

// round is the time between two rounds of the keeper: an eighth of the shortest time
// that it has to keep, so that whatever is due is late by an eighth at most.
func (s *Settings) round() time.Duration {
	d := longestRound
	for _, limit := range []time.Duration{
		s.MaxLifetime, s.MaxIdleTime, s.HealthCheckInterval, s.LeakAfter,
	} {
		if limit > 0 {
			d = min(d, limit/8)
		}
	}
	if s.Burst > s.Max {
		d = min(d, surplusStay/8)
	}
	return max(d, shortestRound)
}

// roundFor is round for connections that have a max_lifetime of the driver's too: it
// leaves to the pool to close those.
func (s *Settings) roundFor(cfg *surrealsql.Config) time.Duration {
	if cfg.MaxLifetime <= 0 {
		return s.round()
	}
	return max(min(s.round(), cfg.MaxLifetime/8), shortestRound)
}

// keep is the keeper; every is the time between two of its rounds.
func (p *Pool) keep(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
			p.sweep(time.Now())
			p.checkDue()
			p.findLeaks(time.Now())
		case <-p.checkNow:
			p.sweep(time.Now())
			if !p.checkBatch(p.oldest(1, time.Now())) {
				p.checkAll()
			}
		}
	}
}

// sweep closes the idle connections whose time is over, those the driver has given
// up, and of those that are above Max and not needed the ones idle longest.
func (p *Pool) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == closed {
		return
	}
	surplus := p.need.surplus(now, p.open, p.set.Max, p.held+p.waiters.Len())
	for e := range p.idle.All() {
		why := p.overdueLocked(e, now)
		if why == "" && surplus > 0 {
			why = ReasonSurplus
		}
		if why != "" {
			surplus--
			p.idle.Remove(&e.node)
			p.removeLocked(e, why)
			p.background(func() { p.shut(e) })
		}
	}
	p.balanceLocked()
}

func (p *Pool) overdueLocked(e *entry, now time.Time) Reason {
	limit, unfit := p.set.MaxIdleTime, reasonOf(e.lent.Unfit())
	switch {
	case unfit != "":
		return unfit
	case e.expired(now):
		return ReasonLifetime
	case limit > 0 && now.Sub(e.since) >= limit && p.open > p.set.Min && p.open-p.held > p.set.MinIdle:
		return ReasonIdleTime
	}
	return ""
}

// checkDue checks the idle connections that were not checked for health_check_interval.
// Those that become due meanwhile have to wait for the next round, or there would be none
// where checking all takes longer than that.
func (p *Pool) checkDue() {
	every := p.set.HealthCheckInterval
	if every <= 0 {
		return
	}
	due := time.Now().Add(-every)
	for {
		batch := p.oldest(p.set.HealthCheckBatch, due)
		if len(batch) == 0 {
			return
		}
		if !p.checkBatch(batch) {
			p.checkAll()
			return
		}
	}
}

// checkAll checks all idle connections at a time, and so finds within one timeout
// those that the server's end has left.
func (p *Pool) checkAll() { p.checkBatch(p.oldest(p.set.Burst, time.Now())) }

// oldest takes up to n idle connections that were not checked since then.
func (p *Pool) oldest(n int, since time.Time) (batch []*entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.idle.All() {
		if len(batch) == n {
			break
		}
		if !e.checked.After(since) {
			p.idle.Remove(&e.node)
			batch = append(batch, e)
		}
	}
	return batch
}

// checkBatch checks connections that were taken out of the idle ones, and reports
// whether all are alive.
func (p *Pool) checkBatch(batch []*entry) bool {
	alive := make([]bool, len(batch))
	var wg sync.WaitGroup
	for i, e := range batch {
		wg.Go(func() { ownGoroutine(func() { alive[i] = p.check(e) }) })
	}
	wg.Wait()
	for _, ok := range alive {
		if !ok {
			return false
		}
	}
	return true
}

func (p *Pool) check(e *entry) (alive bool) {
	ctx, cancel := context.WithTimeout(p.ctx, checkTimeout)
	defer cancel()
	err := e.lent.Check(ctx)
	alive, doomed := p.checked(e, err)
	p.shut(doomed)
	return alive
}

// checked puts a connection back that a check found alive, or discards it. The caller
// shuts what it returns.
func (p *Pool) checked(e *entry, err error) (alive bool, doomed *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil || p.state == closed {
		e.checked = time.Now()
		return true, p.putBackLocked(e)
	}
	why := reasonOf(e.lent.Unfit())
	if why == ReasonUses || why == ReasonLifetime || why == ReasonMoved { // too old for the driver, and not dead
		return true, p.discardLocked(e, why)
	}
	p.stats.CheckFailures++
	return false, p.discardLocked(e, ReasonCheck)
}
