package pool

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/surrealsql/surrealsql"
)

// dial is one connection that is being made, on a goroutine of its own.
type dial struct {
	place   link[*dial]
	begun   time.Time
	cancel  context.CancelFunc
	dropped bool        // nobody needs it any more
	ending  bool        // it was dropped just now: see balance
	late    *time.Timer // see pace
}

// spareDials is how many dials go on although nobody waits for them any more, if
// there is room within Burst. So a pool grows under a load that is a little too much
// for it, where each waiter is served by a connection that is given back before
// the new one is there, and does not dial again for each of them (78,000 times in a
// minute of short leases); and a spike leaves no more behind than these.
const spareDials = 2

// balance starts the dials that are needed and drops those that are not. It is
// called, with the mutex held, after everything that may change their number.
//
// A dial that is dropped ends at once, but not in no time. Until then the caller who
// comes next waits for its place, also where there is room: a *sql.DB above the pool
// may have a maximum of its own, counts no dial whose caller has given up, and 9
// sockets were seen where 8 should have been the most. A dialer that does not end
// with its context is not waited for longer than leastPatience.
func (p *Pool) balance() {
	if p.state == closed {
		return
	}
	room := -p.open - p.closing - p.dropped // to be added to a limit
	wanted := p.wanted()
	need := p.demand(room, wanted)
	active := p.dials.len - p.dropped
	if active < need {
		p.start(min(p.demand(room, wanted-p.ending), p.set.MaxDials) - active)
	} else if keep := max(need, min(spareDials, p.set.Burst+room)); p.state == draining {
		p.trim(active)
	} else if active > keep {
		p.trim(active - keep)
	}
	if p.warm != nil && (p.open >= p.set.Min || p.dials.len == p.dropped) {
		close(p.warm)
		p.warm = nil
	}
}

// demand is how many dials should be under way: one for each waiter, or for a probe,
// or what the minimum needs.
func (p *Pool) demand(room, wanted int) int {
	if p.state != serving {
		return 0
	}
	forWaiters := min(wanted, p.set.Burst+room)
	forMin := max(p.set.Min-p.open, p.set.MinIdle-(p.open-p.held))
	return max(0, forWaiters, min(forMin, p.set.Max+room))
}

// wanted is how many connections callers wait for.
func (p *Pool) wanted() int {
	if p.probing {
		return max(p.waiters.len, 1)
	}
	return p.waiters.len
}

// start begins n dials, if any; while dials fail it is one at a time, after a pause.
func (p *Pool) start(n int) {
	if n <= 0 {
		return
	}
	if p.backoff.failures > 0 {
		if p.dials.len > p.dropped {
			return
		}
		if wait := time.Until(p.backoff.until); wait > 0 {
			p.backoff.wake(wait, p.retry)
			return
		}
		n = min(n, 1)
	}
	for range n {
		ctx, cancel := context.WithCancel(p.values())
		d := &dial{begun: time.Now(), cancel: cancel}
		d.place.of = d
		d.late = time.AfterFunc(p.pace.patience(), func() { p.lateDial(d) })
		p.dials.pushBack(&d.place)
		p.stats.Dials++
		p.background(func() { p.run(ctx, d) })
	}
	p.peak()
}

// values is what a dial knows of the one it is made for: what it logs and traces
// belongs to that call, although the dial does not end with it.
func (p *Pool) values() context.Context {
	if last := p.waiters.tail; last != nil {
		return context.WithoutCancel(last.of.ctx)
	}
	return p.ctx
}

// retry is balance after a pause.
func (p *Pool) retry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.balance()
}

// trim drops the n youngest dials.
func (p *Pool) trim(n int) {
	for l := p.dials.tail; l != nil && n > 0; l = l.prev {
		if !l.of.dropped {
			p.dropDial(l.of)
			n--
		}
	}
}

func (p *Pool) dropDial(d *dial) {
	d.dropped, d.ending = true, true
	p.dropped++
	p.ending++
	d.late.Reset(leastPatience)
	d.cancel()
}

// ended counts a dial as ending no more.
func (p *Pool) ended(d *dial) {
	if d.ending {
		d.ending = false
		p.ending--
	}
}

// run makes a connection and brings it into the pool.
func (p *Pool) run(ctx context.Context, d *dial) {
	conn, err := p.connect(ctx)
	d.cancel()
	d.late.Stop()
	var away error
	if err != nil { // its text is anybody's code, which does not run under the mutex
		away = fmt.Errorf("%w: %w", errUnwell, err)
	}
	p.mu.Lock()
	p.dials.remove(&d.place)
	p.ended(d)
	if d.dropped {
		p.dropped--
	}
	if err != nil {
		failures, pause := p.dialFailed(d, err, away)
		p.mu.Unlock()
		if failures > 0 {
			p.log(slog.LevelWarn, "a dial failed", slog.String("error", err.Error()),
				slog.Int("failures", failures), slog.Duration("pause", pause))
		}
		return
	}
	p.probing = false
	p.backoff.reset()
	p.pace.succeeded(d.begun)
	e := p.newEntry(conn)
	p.all[e] = struct{}{}
	p.open++
	p.stats.Created++
	p.peak()
	p.settle(e)
}

// dialFailed wakes those who wait with the error if there is nothing else that
// they could wait for, and in any case those who can be served elsewhere, with away.
// It returns how many dials in a row have failed, or zero where nobody needed this
// one, and the pause before the next. The caller holds the mutex.
func (p *Pool) dialFailed(d *dial, err, away error) (failures int, pause time.Duration) {
	if d.dropped || p.state == closed {
		p.stats.DialsDropped++
		p.balance()
		return 0, 0
	}
	p.probing = false
	p.stats.DialErrors++
	pause = p.backoff.fail(err, &p.set)
	p.wakeMobile(away)
	if p.held == 0 && p.dials.len == p.dropped { // one that is being checked is as doubtful as the server
		p.wakeAll(err)
	}
	p.balance()
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

// hooked returns the Config with the hook behind its own: so the driver knows what
// the hook makes of the session, and resets go back to that.
func hooked(cfg *surrealsql.Config, hook func(context.Context, *surrealsql.Conn) error) *surrealsql.Config {
	if hook == nil {
		return cfg
	}
	first := cfg.AfterConnect
	cfg = cfg.Clone()
	cfg.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
		if first != nil {
			if err := first(ctx, c); err != nil {
				return err
			}
		}
		return hook(ctx, c)
	}
	return cfg
}
