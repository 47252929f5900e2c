package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A trial: the workers of one scenario on one pool, and what they measure.

// maxErrors is how many different errors a trial keeps.
const maxErrors = 5

// trial is one scenario on one pool.
type trial struct {
	scenario scenario
	subject  subject
	began    time.Time
	planned  int64 // operations in all, or 0 where time decides

	// What the progress line reads while it runs.
	done, failed, waiting atomic.Int64

	number  atomic.Int64 // of the operation begun last
	mu      sync.Mutex
	samples []sample
	errors  []string
}

// sample is one operation that succeeded.
type sample struct {
	at      time.Duration // since the beginning, when it got its connection
	acquire time.Duration
	query   time.Duration
}

func newTrial(s scenario, f subject) *trial {
	t := &trial{scenario: s, subject: f, began: time.Now()}
	for _, p := range s.phases {
		if p.lasts == 0 {
			t.planned += int64(p.workers) * int64(p.each)
		}
	}
	return t
}

// run goes through the phases, or returns when ctx ends and its workers have.
func (t *trial) run(ctx context.Context) {
	for _, p := range t.scenario.phases {
		var workers sync.WaitGroup
		for range p.workers {
			workers.Go(func() { t.keep(t.worker(ctx, p)) })
		}
		workers.Wait()
	}
}

func (t *trial) worker(ctx context.Context, p phase) (samples []sample) {
	until := time.Now().Add(p.lasts)
	for i := 0; ctx.Err() == nil; i++ {
		if p.lasts == 0 && i == p.each || p.lasts > 0 && !time.Now().Before(until) {
			break
		}
		s, err := t.once(ctx)
		switch {
		case err == nil:
			samples = append(samples, s)
			t.done.Add(1)
		case ctx.Err() == nil: // what was interrupted is no failure
			t.fail(err)
		}
	}
	return samples
}

// once takes a connection, holds it, works with it and gives it back.
func (t *trial) once(ctx context.Context) (s sample, err error) {
	asked := time.Now()
	t.waiting.Add(1)
	conn, err := t.subject.acquire(ctx)
	t.waiting.Add(-1)
	if err != nil {
		return s, err
	}
	s.acquire, s.at = time.Since(asked), time.Since(t.began)
	defer func() {
		if closing := conn.Close(); err == nil {
			err = closing
		}
	}()
	if err := t.hold(ctx); err != nil {
		return s, err
	}
	asked = time.Now()
	err = t.scenario.work.do(ctx, conn, t.number.Add(1))
	s.query = time.Since(asked)
	return s, err
}

// hold keeps the connection for a random time of the scenario's range.
func (t *trial) hold(ctx context.Context) error {
	h := t.scenario.hold
	if h.to <= 0 {
		return nil
	}
	timer := time.NewTimer(h.from + rand.N(h.to-h.from+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *trial) keep(samples []sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.samples = append(t.samples, samples...)
}

// fail counts a failure, and keeps its text if there are not many yet.
func (t *trial) fail(err error) {
	t.failed.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.errors) < maxErrors {
		t.errors = append(t.errors, err.Error())
	}
}

// progress is how much of the trial is done, from 0 to 1.
func (t *trial) progress() float64 {
	if t.planned > 0 {
		return float64(t.done.Load()+t.failed.Load()) / float64(t.planned)
	}
	var lasts time.Duration
	for _, p := range t.scenario.phases {
		lasts += p.lasts
	}
	return min(time.Since(t.began).Seconds()/lasts.Seconds(), 1)
}
