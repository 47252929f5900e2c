package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The scenarios, each a load and the pool it is put on.

// scenario is a load, and the pool it is put on.
type scenario struct {
	name   string
	phases []phase
	hold   span // how long a connection is held before its query
	pool   limits
	work   work
}

// phase is a number of workers that begin together. Each works so often, or for
// so long.
type phase struct {
	workers int
	each    int
	lasts   time.Duration
}

// limits are the settings of a pool.
type limits struct {
	min, max, burst int
	acquireTimeout  time.Duration
}

// acquireTimeout is how long a caller waits, where the scenario does not say it.
const acquireTimeout = 10 * time.Second

// scenarios are the published stress cases of the Python poolers that package
// pool replaces, and before them the one that shows best what it is for.
var scenarios = []scenario{
	{name: "fairness", phases: []phase{{workers: 500, each: 20}}, hold: span{ms, ms}, pool: limits{min: 10, max: 10}},
	{name: "workers", phases: []phase{{workers: 500, each: 10}}, pool: limits{min: 50, max: 600}},
	{name: "progressive", phases: steps(100, 1000, 100, 10), pool: limits{min: 50, max: 600}},
	{name: "sustained", phases: []phase{{workers: 50, lasts: 10 * time.Second}}, pool: limits{min: 10, max: 50}},
	{name: "burst-100", phases: []phase{{workers: 100, each: 5}}, pool: limits{min: 50, max: 50}},
	{name: "burst-5000", phases: []phase{{workers: 5000, each: 1}}, pool: limits{min: 50, max: 50}},
	{name: "churn", phases: []phase{{workers: 200, each: 50}}, hold: span{ms, 50 * ms}, pool: limits{min: 50, max: 50}},
	{name: "transactions", phases: []phase{{workers: 500, each: 4}}, pool: limits{min: 10, max: 50}, work: transactions{}},
	{name: "jobs", phases: []phase{{workers: 50, each: 20}}, hold: span{100 * ms, 500 * ms}, pool: limits{min: 5, max: 30}},
}

const ms = time.Millisecond

func steps(from, to, by, each int) (phases []phase) {
	for n := from; n <= to; n += by {
		phases = append(phases, phase{workers: n, each: each})
	}
	return phases
}

// find returns the scenarios of these names, completed.
func find(names string) (found []scenario, err error) {
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		switch {
		case name == "all":
			found = append(found, scenarios...)
		case i >= 0:
			found = append(found, scenarios[i])
		default:
			return nil, fmt.Errorf("unknown scenario %q: -scenario list shows them", name)
		}
	}
	for i := range found {
		s := &found[i]
		s.phases = slices.Clone(s.phases)
		if s.work == nil {
			s.work = queries{}
		}
		if s.pool.acquireTimeout == 0 {
			s.pool.acquireTimeout = acquireTimeout
		}
	}
	return found, nil
}

// shortened is the scenario at a tenth of its size, and less than a hundredth of
// its length.
func (s scenario) shortened() scenario {
	tenth := func(n int) int { return (n + 9) / 10 }
	for i := range s.phases {
		p := &s.phases[i]
		p.workers, p.each, p.lasts = tenth(p.workers), min(p.each, 4), p.lasts/20
	}
	s.pool.min, s.pool.max, s.pool.burst = tenth(s.pool.min), tenth(s.pool.max), tenth(s.pool.burst)
	return s
}

// String says in words what the scenario does.
func (s scenario) String() string {
	var b strings.Builder
	p, last := s.phases[0], s.phases[len(s.phases)-1]
	fmt.Fprintf(&b, "%d", p.workers)
	if len(s.phases) > 1 {
		fmt.Fprintf(&b, ", %d … %d", s.phases[1].workers, last.workers)
	}
	b.WriteString(" workers")
	if p.lasts > 0 {
		fmt.Fprintf(&b, " for %s", p.lasts)
	} else {
		fmt.Fprintf(&b, " × %d %s", p.each, s.work.called(p.each))
	}
	if s.hold.to > 0 {
		fmt.Fprintf(&b, ", holding for %s", strings.Replace(s.hold.String(), "-", " to ", 1))
	}
	fmt.Fprintf(&b, ", on %d connection", s.pool.max)
	if s.pool.max > 1 {
		b.WriteString("s")
	}
	if s.pool.min < s.pool.max {
		fmt.Fprintf(&b, " (at least %d)", s.pool.min)
	}
	if s.pool.burst > s.pool.max {
		fmt.Fprintf(&b, " (%d in a burst)", s.pool.burst)
	}
	return b.String()
}

func list(out io.Writer) {
	all, _ := find("all") // all of them are known
	for _, s := range all {
		fmt.Fprintf(out, "%-13s %s\n", s.name, s)
	}
}
