package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// The command line.

// options is what the command line says.
type options struct {
	dsn       string
	list      bool
	scenarios []scenario
	subjects  []opener
	plot      string
}

// flags are the command line as it is written.
type flags struct {
	scenario, pool   string
	short            bool
	workers, queries int
	duration         time.Duration
	hold             span
	limits           limits
}

// parse reads the command line. Flags that are given go before what a scenario
// says of the same.
func parse(args []string, diag io.Writer) (*options, error) {
	opts := new(options)
	var f flags
	set := flag.NewFlagSet("stress", flag.ContinueOnError)
	set.SetOutput(diag)
	set.StringVar(&opts.dsn, "dsn", "", "the `DSN` of the server; else SURREALDB_URL, else an embedded engine")
	set.StringVar(&opts.plot, "plot", "", "write the waiting time over time into this SVG `file`; "+
		"with several scenarios each gets its own, file-NAME.svg")
	set.StringVar(&f.scenario, "scenario", "fairness",
		"the `name` of a scenario, several with commas, all, or list to see them")
	set.StringVar(&f.pool, "pool", "both", "fair (package pool), sql (plain sql.DB) or `both`")
	set.BoolVar(&f.short, "short", false, "about a tenth of each scenario, for CI")
	set.IntVar(&f.workers, "workers", 0, "how many goroutines")
	set.IntVar(&f.queries, "queries", 0, "how many queries each of them makes")
	set.DurationVar(&f.duration, "duration", 0, "go on for so long, instead of counting queries")
	set.Var(&f.hold, "hold",
		"how long a connection is held before its query: 5ms, or a `range` such as 1ms-50ms")
	set.IntVar(&f.limits.min, "min", 0, "connections kept open")
	set.IntVar(&f.limits.max, "max", 0, "connections kept open at most")
	set.IntVar(&f.limits.burst, "burst", 0,
		"connections at most while callers wait (package pool only)")
	set.DurationVar(&f.limits.acquireTimeout, "acquire-timeout", 0,
		"how long a caller waits for a connection (default 10s)")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: everything is a flag, see -help", set.Arg(0))
	}
	if f.scenario == "list" {
		opts.list = true
		return opts, nil
	}
	given := make(map[string]bool)
	set.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	return opts, opts.complete(f, given)
}

func (o *options) complete(f flags, given map[string]bool) (err error) {
	if o.subjects, err = openers(f.pool); err != nil {
		return err
	}
	if o.scenarios, err = find(f.scenario); err != nil {
		return err
	}
	for i := range o.scenarios {
		if f.short {
			o.scenarios[i] = o.scenarios[i].shortened()
		}
		if err := o.scenarios[i].override(f, given); err != nil {
			return err
		}
	}
	return nil
}

// override puts the flags that were given over what the scenario says.
func (s *scenario) override(f flags, given map[string]bool) error {
	if given["workers"] || given["queries"] || given["duration"] {
		p := s.phases[len(s.phases)-1]
		if given["workers"] {
			p.workers = f.workers
		}
		if given["queries"] {
			p.each, p.lasts = f.queries, 0
		}
		if given["duration"] {
			p.lasts = f.duration
		}
		s.phases = []phase{p}
	}
	if given["hold"] {
		s.hold = f.hold
	}
	for name, set := range map[string]func(){
		"min":             func() { s.pool.min = f.limits.min },
		"max":             func() { s.pool.max = f.limits.max },
		"burst":           func() { s.pool.burst = f.limits.burst },
		"acquire-timeout": func() { s.pool.acquireTimeout = f.limits.acquireTimeout },
	} {
		if given[name] {
			set()
		}
	}
	return s.valid()
}

func (s *scenario) valid() error {
	p := s.phases[0]
	switch {
	case p.workers < 1 || p.each < 1 && p.lasts <= 0:
		return errors.New("there must be at least 1 worker, and 1 query each or a duration")
	case s.pool.max < 1 || s.pool.min < 0:
		return errors.New("-max must be at least 1, -min at least 0")
	case s.pool.min > s.pool.max:
		return fmt.Errorf("-min %d is more than -max %d", s.pool.min, s.pool.max)
	case s.pool.burst != 0 && s.pool.burst < s.pool.max:
		return fmt.Errorf("-burst %d is less than -max %d", s.pool.burst, s.pool.max)
	case s.pool.acquireTimeout <= 0:
		return errors.New("-acquire-timeout must be above 0")
	}
	return nil
}

// span is a range of durations, a flag.Value.
type span struct{ from, to time.Duration }

func (s *span) String() string {
	if s == nil || s.from == s.to {
		return fmt.Sprint(s.least())
	}
	return fmt.Sprintf("%s-%s", s.from, s.to)
}

func (s *span) least() time.Duration {
	if s == nil {
		return 0
	}
	return s.from
}

func (s *span) Set(text string) (err error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	if s.from, err = time.ParseDuration(from); err == nil {
		s.to, err = time.ParseDuration(to)
	}
	if err == nil && (s.from < 0 || s.to < s.from) {
		err = errors.New("expected a duration, or a range from a shorter to a longer one")
	}
	return err
}
