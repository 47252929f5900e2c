package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/report"
)

// The storm: callers that ask for a row on a few connections, some of whom give up
// what they asked for. It shows what a call that was given up costs the others.

const (
	stormKey     = "server-storm"
	stormCallers = 32
	stormConns   = 8

	// stormPatience is after how long a caller gives up, and stormCall what it waited
	// for: a call that would take forty times as long.
	stormPatience = 5 * time.Millisecond
	stormCall     = "SLEEP 200ms"
	// stormGuard bounds what no client should need: the calls that are left when the
	// storm is over, and closing.
	stormGuard = 10 * time.Second
)

// stormShares are the parts of the calls that are given up.
var stormShares = []float64{0, 0.1, 0.5}

// stormed is what the useful calls of one client had of it.
type stormed struct {
	Client string
	Role   measure.Role
	Share  float64

	PerSecond float64       // useful calls
	P99       time.Duration // of useful calls
	Worst     time.Duration // useful call
	Longest   time.Duration // useful call, in all rounds
	Late      time.Duration // the longest that a caller waited who had given up, in all rounds
	Sockets   float64       // dialled meanwhile, for each 100 calls given up
	Failed    int           // useful calls, in all rounds
	Left      int           // goroutines after it was closed, the most of all rounds
}

// storms measures each client at each share, in turns. Figures are medians over the
// rounds where they are not the worst.
func storms(ctx context.Context, e *env, rounds int, log io.Writer) ([]stormed, error) {
	n := len(stormShares)
	runs := make([][]stormed, len(stormClients)*n)
	for round := range rounds {
		for i := range runs {
			i := (i + round) % len(runs)
			s, err := storm(ctx, e, stormClients[i/n], stormShares[i%n])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", stormClients[i/n].name, err)
			}
			runs[i] = append(runs[i], s)
		}
		fmt.Fprintf(log, "%s: round %d of %d\n", stormKey, round+1, rounds)
	}
	all := make([]stormed, len(runs))
	for i, of := range runs {
		all[i] = medianStorm(of)
	}
	return all, nil
}

func medianStorm(of []stormed) stormed {
	s := of[0]
	for _, o := range of[1:] {
		s.Longest, s.Late = max(s.Longest, o.Longest), max(s.Late, o.Late)
		s.Failed, s.Left = s.Failed+o.Failed, max(s.Left, o.Left)
	}
	s.PerSecond = medianOf(of, func(s stormed) float64 { return s.PerSecond })
	s.P99 = medianOf(of, func(s stormed) time.Duration { return s.P99 })
	s.Worst = medianOf(of, func(s stormed) time.Duration { return s.Worst })
	s.Sockets = medianOf(of, func(s stormed) float64 { return s.Sockets })
	return s
}

func medianOf[T cmp.Ordered](of []stormed, f func(stormed) T) T {
	values := make([]T, len(of))
	for i, s := range of {
		values[i] = f(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// storm is one client at one share, on connections of its own.
func storm(ctx context.Context, e *env, c stormClient, share float64) (s stormed, err error) {
	s = stormed{Client: c.name, Role: c.role, Share: share}
	before, own := runtime.NumGoroutine(), new(env)
	defer func() {
		err = errors.Join(err, within(stormGuard, own.end))
		s.Left = goroutinesAbove(before)
	}()
	var dials atomic.Int64
	calls, err := c.open(own, e.engineConfig(), &dials)
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.storm+stormGuard)
	defer cancel()
	if err := warm(ctx, calls); err != nil {
		return s, err
	}
	dialled := dials.Load()
	callers := make([]caller, stormCallers)
	err = within(e.storm+2*stormGuard, func() error {
		var done sync.WaitGroup
		end := time.Now().Add(e.storm)
		for i := range callers {
			done.Go(func() { callers[i].run(ctx, i, calls, share, end) })
		}
		done.Wait()
		return nil
	})
	if err != nil {
		return s, err
	}
	s.sum(callers, e.storm)
	if share > 0 {
		s.Sockets = 100 * float64(dials.Load()-dialled) / float64(givenUp(callers))
	}
	return s, nil
}

// warm has all connections be made before the time is taken.
func warm(ctx context.Context, calls *stormCalls) error {
	errs := make([]error, stormCallers)
	var done sync.WaitGroup
	for i := range errs {
		done.Go(func() {
			for n := 0; n < 4 && errs[i] == nil; n++ {
				errs[i] = calls.useful(ctx, i)
			}
		})
	}
	done.Wait()
	return errors.Join(errs...)
}

// caller is what one of the callers saw.
type caller struct {
	useful, late []time.Duration
	failed       int
}

// run asks until the end, one call after the other. The callers are the same in each
// storm: what they do is drawn from their number.
func (c *caller) run(ctx context.Context, number int, calls *stormCalls, share float64, end time.Time) {
	random := rand.New(rand.NewPCG(uint64(number), 1))
	for time.Now().Before(end) {
		start := time.Now()
		if random.Float64() >= share {
			if err := calls.useful(ctx, number); err != nil {
				c.failed++
			}
			c.useful = append(c.useful, time.Since(start))
			continue
		}
		short, cancel := context.WithTimeout(ctx, stormPatience)
		_ = calls.giveUp(short) // that it ended with its context is what was asked for
		cancel()
		c.late = append(c.late, time.Since(start)-stormPatience)
	}
}

func (s *stormed) sum(callers []caller, took time.Duration) {
	var useful []time.Duration
	for _, c := range callers {
		useful = append(useful, c.useful...)
		s.Failed += c.failed
		if len(c.late) > 0 {
			s.Late = max(s.Late, slices.Max(c.late))
		}
	}
	slices.Sort(useful)
	s.PerSecond = float64(len(useful)-s.Failed) / took.Seconds()
	s.P99, s.Worst = useful[len(useful)*99/100], useful[len(useful)-1]
	s.Longest = s.Worst
}

func givenUp(callers []caller) (n int) {
	for _, c := range callers {
		n += len(c.late)
	}
	return max(n, 1)
}

// within bounds what may hang.
func within(limit time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return fmt.Errorf("not done after %v", limit)
	}
}

// goroutinesAbove is how many there are more than before, once those that are about
// to end have ended.
func goroutinesAbove(before int) int {
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return 0
		}
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine() - before
}

// storms is the table of them.
func (f *findings) storms(lasts time.Duration) report.Table {
	t := report.Table{
		Title: fmt.Sprintf("The storm: %d callers on %d connections, some of whom give up", stormCallers, stormConns),
		About: fmt.Sprintf("Each caller asks for a row by its id (a useful call), or with the probability given asks for `%s` "+
			"and gives up after %v. Waiting for a connection is in the figures. The SDK sends nothing when a caller gives up: "+
			"what was asked for runs to its end on the server, and its reply is thrown away. "+
			"The pool of sql.DB serves a caller at random, package pool the one who has waited longest. "+
			"The worst is that of a storm, which lasts %v; the last four columns are of all rounds together.",
			stormCall, stormPatience, lasts),
		Header: []string{
			"", "given up", "useful calls/s", "×", "p99", "worst", "sockets for 100 given up",
			"longest", "give-up returned after", "failed", "goroutines left",
		},
	}
	var calm float64
	for _, s := range f.stormed {
		if s.Share == 0 {
			calm = s.PerSecond
		}
		t.Rows = append(t.Rows, []string{
			s.Client, fmt.Sprintf("%.0f %%", 100*s.Share), thousands(int(s.PerSecond)), fmt.Sprintf("%.2f×", s.PerSecond/calm),
			report.Duration(float64(s.P99)), report.Duration(float64(s.Worst)), report.Number(s.Sockets),
			report.Duration(float64(s.Longest)), report.Duration(float64(s.Late)), report.Number(float64(s.Failed)),
			report.Number(float64(s.Left)),
		})
	}
	t.Notes = []string{"Ratios are to the same client's calls where none is given up."}
	return t
}

func stormBars(path string, f *findings) error {
	var bars []report.Bar
	for i := range stormShares {
		for j := i; j < len(f.stormed); j += len(stormShares) {
			s := f.stormed[j]
			bars = append(bars, report.Bar{
				Label: fmt.Sprintf("%s: %.0f %%", s.Client, 100*s.Share), Value: s.PerSecond, Role: s.Role,
				Text: fmt.Sprintf("%s, worst %s", thousands(int(s.PerSecond)), report.Duration(float64(s.Worst))),
			})
		}
	}
	return report.Bars(path, "Useful calls of 32 callers on 8 connections, by the part of calls given up", "calls per second", bars)
}
