package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// What one sees while a trial runs: a line of a terminal, or lines in a file.

// How often the progress is shown, on a terminal and in a file or pipe.
const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 2 * time.Second
)

// watch shows how a trial goes until done is called.
func watch(t *trial, out io.Writer) (done func()) {
	every, show, end := plainEvery, plainLines(t, out), func() {}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every = liveEvery
		show, end = liveLine(t, f)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(every)
		defer tick.Stop()
		var last reading
		for {
			select {
			case <-tick.C:
				last = t.read(last)
				show(last)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		show(t.read(reading{at: t.began})) // the rate over all of it
		end()
	}
}

// plainLines writes a line each time.
func plainLines(t *trial, out io.Writer) func(reading) {
	return func(r reading) {
		fmt.Fprintf(out, "%s, %s: %3.0f%%, %s\n", t.scenario.name, t.subject.name(), 100*t.progress(), r)
	}
}

// liveLine keeps one line of a terminal up to date.
func liveLine(t *trial, out io.Writer) (show func(reading), end func()) {
	const whole = 1000
	fmt.Fprintf(out, "%s, %s\n", t.scenario.name, t.subject.name())
	bar := progressbar.NewOptions(whole,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetWidth(12),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
	)
	show = func(r reading) {
		bar.Describe(r.String())
		_ = bar.Set(int(whole * t.progress())) // it fails beyond the end only
	}
	return show, func() { fmt.Fprintln(out) }
}

// reading is what the progress shows.
type reading struct {
	at                   time.Time
	done, failed         int64
	rate                 float64 // per second, since the reading before
	inUse, idle, waiting int
}

// read looks at the trial, without stopping it.
func (t *trial) read(last reading) reading {
	if last.at.IsZero() {
		last.at = t.began
	}
	r := reading{
		at:      time.Now(),
		done:    t.done.Load(),
		failed:  t.failed.Load(),
		waiting: int(t.waiting.Load()),
	}
	r.inUse, r.idle = t.subject.now()
	r.rate = float64(r.done-last.done) / max(r.at.Sub(last.at).Seconds(), 1e-9)
	return r
}

func (r reading) String() string {
	return fmt.Sprintf("%.0f/s, %d in use, %d idle, %d waiting, %d errors",
		r.rate, r.inUse, r.idle, r.waiting, r.failed)
}
