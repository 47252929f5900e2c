package surrealmonitor

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/pool"
)

// The monitor: a watcher, which runs until it is closed, and the page.

// Settings are those of a [Monitor].
type Settings struct {
	Name  string        // of the pool or its server, for the heading; may be empty
	Every time.Duration // the time between two looks at the pool; 0 is half a second
}

const defaultEvery = 500 * time.Millisecond

// Monitor is an [http.Handler] of the page, its two files and its stream of events, at /,
// /style.css, /monitor.js and /events. It is safe for concurrent use.
type Monitor struct {
	http.Handler
	watcher *watcher
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// New makes a Monitor, which looks at the pool until it is closed: in a goroutine, whether
// somebody has the page open or not. Replicas are pools of their own ([pool.Pool.Replicas]).
func New(p *pool.Pool, s Settings) *Monitor {
	ctx, stop := context.WithCancel(context.Background())
	w := newWatcher(p, cmp.Or(max(s.Every, 0), defaultEvery))
	m := &Monitor{Handler: routes(w, s.Name), watcher: w, stop: stop}
	m.work.Go(func() { w.run(ctx) })
	return m
}

// Close ends the looking, and the streams of the pages that are open, which
// [http.Server.Shutdown] would wait for: so call it before that. Closing twice is no error.
func (m *Monitor) Close() error {
	m.stop()
	m.work.Wait()
	m.watcher.close()
	return nil
}
