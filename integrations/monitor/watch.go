package surrealmonitor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/pool"
)

// The watcher, which looks at the pool and gives what it saw to every open page.

const (
	history = 240 // points that a page gets at its beginning
	unread  = 8   // samples that a page may leave unread before it has to begin again
)

// source is what a watcher needs of a pool.
type source interface {
	Stats() pool.Stats
	Leaks() []pool.Leak
}

// watcher looks at a pool again and again, once for all pages, and keeps what
// the chart needs.
type watcher struct {
	pool  source
	every time.Duration

	mu     sync.Mutex
	last   sample
	points []point
	pages  map[chan sample]struct{}
	closed bool
}

func newWatcher(p source, every time.Duration) *watcher {
	return &watcher{
		pool: p, every: every, pages: make(map[chan sample]struct{}),
		last: sampleOf(time.Now(), p.Stats(), pool.Stats{}, 0, p.Leaks()),
	}
}

// run looks until ctx ends.
func (w *watcher) run(ctx context.Context) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	before, at := w.pool.Stats(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, stats := time.Now(), w.pool.Stats()
		w.publish(sampleOf(now, stats, before, now.Sub(at), w.pool.Leaks()))
		before, at = stats, now
	}
}

// publish gives the sample to all pages. One that does not read is dropped: its
// browser connects again, and gets the history.
func (w *watcher) publish(s sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = s
	w.points = append(w.points, s.point)
	if extra := len(w.points) - history; extra > 0 {
		w.points = slices.Delete(w.points, 0, extra)
	}
	for page := range w.pages {
		select {
		case page <- s:
		default:
			delete(w.pages, page)
			close(page)
		}
	}
}

// close ends all streams, and those that would begin.
func (w *watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for page := range w.pages {
		delete(w.pages, page)
		close(page)
	}
}

// subscribe returns what was, and a channel of what comes, until unsubscribe or close.
func (w *watcher) subscribe() (points []point, last sample, page chan sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	page = make(chan sample, unread)
	if w.closed {
		close(page)
	} else {
		w.pages[page] = struct{}{}
	}
	return slices.Clone(w.points), w.last, page
}

func (w *watcher) unsubscribe(page chan sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.pages, page)
}

func (w *watcher) now() sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}
