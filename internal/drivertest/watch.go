package drivertest

import (
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A test that hangs is told of after some minutes, by its name and with what every goroutine
// waits for, and does not use up the time that go test gives to all tests of its package. Their
// contexts have no deadline mostly, so a call that never returns is a test that never ends.

// hangs is how long no test may open its first database or end, while some have one open. The
// longest take a third of it on a busy machine with the race detector. What counts is not how
// long one test lasts: one whose subtests wait for their turn lasts as long as all others.
const hangs = 5 * time.Minute

// tests are the tests that have a database open.
var tests watched

// longForm is whether a test has its long form, which lasts as long as it is told to.
var longForm atomic.Bool

// watched are tests that have begun something and not yet ended.
type watched struct {
	open  sync.Map     // of *testing.T
	moves atomic.Int64 // one for each that came or went
}

// watch has the test watched until its end. It reads no clock, since the time of the test may
// be fake.
func (w *watched) watch(t testing.TB) {
	if _, ok := t.(*testing.T); !ok {
		return // a benchmark lasts as long as it is told to
	}
	if _, known := w.open.LoadOrStore(t, nil); known {
		return
	}
	w.moves.Add(1)
	t.Cleanup(func() {
		w.open.Delete(t)
		w.moves.Add(1)
	})
}

// names are those of the tests that are watched.
func (w *watched) names() (names []string) {
	w.open.Range(func(t, _ any) bool {
		names = append(names, t.(*testing.T).Name())
		return true
	})
	slices.Sort(names)
	return names
}

// look looks every now and then, until stop is closed, and returns the tests of which none has
// come or gone for so long.
func (w *watched) look(stop <-chan struct{}, every, limit time.Duration) (hung []string) {
	again := time.NewTicker(every)
	defer again.Stop()
	moves, since := w.moves.Load(), time.Now()
	for {
		select {
		case <-stop:
			return nil
		case now := <-again.C:
			if m := w.moves.Load(); m != moves {
				moves, since = m, now
			}
			if names := w.names(); now.Sub(since) >= limit && len(names) > 0 && !longForm.Load() {
				return names
			}
		}
	}
}

// watchedTests runs tests that are watched. The watch has ended before leaks are looked for.
// With -timeout 0, as debuggers set it, there is none.
type watchedTests struct{ goleak.TestingM }

func (m watchedTests) Run() int {
	if !flag.Parsed() {
		flag.Parse()
	}
	if limit := flag.Lookup("test.timeout"); limit.Value.String() == "0s" {
		return m.TestingM.Run()
	}
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		if hung := tests.look(stop, hangs/100, hangs); hung != nil {
			debug.SetTraceback("all")
			panic(fmt.Sprintf("for %v no test has ended; these hang, or wait for one that does: %s", hangs, strings.Join(hung, ", ")))
		}
	})
	defer watch.Wait()
	defer close(stop)
	return m.TestingM.Run()
}
