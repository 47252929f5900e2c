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
	shortestRound = 5 * time.Millisecond
	longestRound  = 5 * time.Second
	checkTimeout  = 2 * time.Second
)

// round is the time between two looks of the keeper: a part of the shortest time
// that it has to keep.
func (s *Settings) round() time.Duration {
	d := longestRound
	for _, limit := range []time.Duration{s.MaxLifetime, s.MaxIdleTime, s.CheckInterval, s.LeakAfter} {
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

func (p *Pool) keep() {
	tick := time.NewTicker(p.round)
	defer tick.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
			p.sweep(time.Now())
			p.checkDue()
			p.findLeaks(time.Now())
		case <-p.kick:
			p.sweep(time.Now())
			if !p.checkBatch(p.oldest(1, 0)) {
				p.checkAll()
			}
		}
	}
}

// suspect makes the keeper look at once: a connection has failed. If the next
// idle one that it looks at fails as well, the server was away, and all others
// are looked at too.
func (p *Pool) suspect() {
	select {
	case p.kick <- struct{}{}:
	default:
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
	surplus := p.surplus(now)
	for l := p.idle.head; l != nil; {
		e := l.of
		l = l.next
		why := p.overdue(e, now)
		if why == "" && surplus > 0 {
			why = BySurplus
		}
		if why != "" {
			surplus--
			p.idle.remove(&e.place)
			p.expel(e, why)
			p.background(func() { p.shut(e) })
		}
	}
	p.balance()
}

func (p *Pool) overdue(e *entry, now time.Time) Reason {
	limit := p.set.MaxIdleTime
	switch {
	case !e.conn.Usable():
		return worn(e.conn)
	case e.expired(now):
		return ByLifetime
	case limit > 0 && now.Sub(e.since) >= limit && p.open > p.set.Min && p.open-p.held > p.set.MinIdle:
		return ByIdleTime
	}
	return ""
}

// checkDue checks the idle connections that were not checked for check_interval.
func (p *Pool) checkDue() {
	every := p.set.CheckInterval
	if every <= 0 {
		return
	}
	for {
		batch := p.oldest(p.set.CheckBatch, every)
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
func (p *Pool) checkAll() { p.checkBatch(p.oldest(p.set.Burst, 0)) }

// oldest takes up to n idle connections that were not checked for so long.
func (p *Pool) oldest(n int, unchecked time.Duration) (batch []*entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for l := p.idle.head; l != nil && len(batch) < n; {
		e := l.of
		l = l.next
		if now.Sub(e.checked) >= unchecked {
			p.idle.remove(&e.place)
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

func (p *Pool) check(e *entry) bool {
	ctx, cancel := context.WithTimeout(p.ctx, checkTimeout)
	defer cancel()
	err := e.conn.Check(ctx)
	p.mu.Lock()
	if err == nil || p.state == closed {
		e.checked = time.Now()
		p.putBack(e)
		return true
	}
	if why := worn(e.conn); why != ByBroken { // too old for the driver, and not dead
		p.discard(e, why)
		return true
	}
	p.stats.CheckFailures++
	p.discard(e, ByCheck)
	return false
}
