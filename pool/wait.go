package pool

import (
	"context"
	"time"
)

// caller is one who waits in the queue. Whoever takes it out of the queue decides how
// it ends: with a connection, or an error, and signals that. One that leaves the
// queue by itself is not signalled.
type caller struct {
	place  link[*caller]
	ctx    context.Context // its values go with a dial that is made for it
	mobile bool            // it can be served elsewhere: see wakeMobile
	ready  chan struct{}   // buffered, so that nobody waits for the waiter
	timer  *time.Timer
	e      *entry
	err    error
}

// join puts a waiter into the queue, at its end or, for one who had his turn
// already, at its front.
func (p *Pool) join(t *turn, front bool) *caller {
	var w *caller
	if n := len(p.spare); n > 0 {
		w, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		w = &caller{ready: make(chan struct{}, 1)}
		w.place.of = w
	}
	w.ctx, w.mobile = t.ctx, t.mobile
	if front {
		p.waiters.pushFront(&w.place)
	} else {
		p.waiters.pushBack(&w.place)
	}
	p.need.note(p.held + p.waiters.len)
	p.peak()
	p.balance()
	return w
}

// maxSpare bounds how many waiters are kept for use again.
const maxSpare = 64

// leave ends the use of a waiter that is in the queue no more.
func (p *Pool) leave(w *caller) {
	w.e, w.err, w.ctx = nil, nil, nil
	if len(p.spare) < maxSpare {
		p.spare = append(p.spare, w)
	}
}

// wait waits for a connection, an error, the time to be over, or the context.
func (t *turn) wait(w *caller) (*entry, error) {
	var over <-chan time.Time
	if limit := t.pool.set.AcquireTimeout; limit > 0 {
		left := time.Until(t.begun.Add(limit))
		if w.timer == nil {
			w.timer = time.NewTimer(left)
		} else {
			w.timer.Reset(left)
		}
		over = w.timer.C
	}
	isReady := false
	select {
	case <-w.ready:
		isReady = true
	case <-over:
	case <-t.ctx.Done():
	}
	t.waited = time.Since(t.begun)
	if over != nil {
		w.timer.Stop() // before anybody else may use w
	}
	if isReady {
		return t.served(w)
	}
	t.giveUp(w)
	if t.ctx.Err() != nil {
		return nil, t.ended(t.waited)
	}
	return nil, t.timeout(t.waited)
}

// served takes what the waiter was given.
func (t *turn) served(w *caller) (*entry, error) {
	p := t.pool
	e, err := w.e, w.err
	p.mu.Lock()
	p.leave(w)
	p.mu.Unlock()
	return e, err
}

// giveUp takes the waiter out of the queue. A connection that it was given in
// this very moment goes to the next one.
func (t *turn) giveUp(w *caller) {
	p := t.pool
	p.mu.Lock()
	if w.place.in {
		p.waiters.remove(&w.place)
		p.leave(w)
		p.balance()
		p.mu.Unlock()
		return
	}
	<-w.ready // signalled under the mutex: it does not block
	e := w.e
	p.leave(w)
	if e == nil {
		p.mu.Unlock()
		return
	}
	p.unhold()
	p.settle(e)
}

// wake ends the wait of the first in the queue. The caller holds the mutex.
func (p *Pool) wake(e *entry, err error) { p.end(p.waiters.head.of, e, err) }

// end ends the wait of one in the queue. The caller holds the mutex.
func (p *Pool) end(w *caller, e *entry, err error) {
	p.waiters.remove(&w.place)
	w.e, w.err = e, err
	w.ready <- struct{}{}
}

// wakeAll ends the wait of all with an error. The caller holds the mutex.
func (p *Pool) wakeAll(err error) {
	for p.waiters.len > 0 {
		p.wake(nil, err)
	}
}
