// Command benchmarks measures surrealsql beside its limits and beside the
// official SDK, on recorded replies and on the real engine, and writes what it
// found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// options are the command line.
type options struct {
	quick   bool
	rounds  int
	slice   time.Duration
	run     *regexp.Regexp
	out     string
	profile string
	store   string
}

func main() {
	replay.ServeIfChild()
	streamIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parse(args []string, log io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.BoolVar(&o.quick, "quick", false, "small data and few rounds: to see that it runs, and rough figures")
	flags.IntVar(&o.rounds, "rounds", 7, "rounds, of which medians are taken")
	flags.DurationVar(&o.slice, "slice", 200*time.Millisecond, "about how long each case runs in a round")
	run := flags.String("run", "", "measure only the groups whose key matches this regular expression")
	flags.StringVar(&o.out, "out", "", "the directory that gets benchmarks.md and its plots; with neither -quick nor -run it is ../docs by default")
	flags.StringVar(&o.profile, "profile", "", "a directory that gets a CPU and an allocation profile of each case of the driver")
	flags.StringVar(&o.store, "store", "", "record small replies into this directory, for the tests, and measure nothing")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.run, err = regexp.Compile(*run); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	if o.quick {
		o.rounds, o.slice = min(o.rounds, 3), min(o.slice, 30*time.Millisecond)
	}
	if o.out == "" && !o.quick && *run == "" {
		o.out = "../docs"
	}
	return o, nil
}

func command(ctx context.Context, args []string, out, log io.Writer) (err error) {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	size := fullSizes
	if o.quick {
		size.stream, size.million, size.inserts = 10_000, 100_000, 100
	}
	people := size.rows
	if o.store != "" {
		people = storedRows
	}
	engine, err := startEngine(ctx, people, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close()) }()
	if o.store != "" {
		return engine.set.Store(o.store)
	}
	e := &env{sizes: size, set: engine.set, dsn: engine.dsn, serve: elsewhere}
	f, err := run(ctx, e, o, log)
	if err != nil {
		return err
	}
	r := newReport(f, e, o, engine.version)
	if err := r.text(out); err != nil || o.out == "" {
		return err
	}
	return r.write(o.out)
}

// run measures the groups, one after the other.
func run(ctx context.Context, e *env, o options, log io.Writer) (*findings, error) {
	f := &findings{firstRow: make(map[string]float64)}
	for _, b := range builders(e.sizes) {
		if !o.run.MatchString(b.key) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := f.measure(e, b, o, log); err != nil {
			return nil, fmt.Errorf("%s: %w", b.key, err)
		}
	}
	if !o.run.MatchString("million") {
		return f, nil
	}
	fmt.Fprintln(log, "million")
	return f, errors.Join(f.million(e, o.rounds), e.end())
}

// profiled is how long each case runs for its profiles.
const profiled = 3 * time.Second

func (f *findings) measure(e *env, b builder, o options, log io.Writer) (err error) {
	defer func() { err = errors.Join(err, e.end()) }()
	g, err := b.build(e)
	if errors.Is(err, errors.ErrUnsupported) {
		fmt.Fprintf(log, "%s: left out: %v\n", b.key, err)
		return nil
	}
	if err != nil {
		return err
	}
	results, err := measure.Run(g, measure.Options{Rounds: o.rounds, Slice: o.slice, Log: log})
	if err != nil {
		return err
	}
	f.groups = append(f.groups, results)
	if o.profile == "" {
		return nil
	}
	return measure.Profile(g, o.profile, profiled)
}

// million measures the longest result.
func (f *findings) million(e *env, rounds int) (err error) {
	if f.streamed, err = stream(e, rounds); err != nil {
		return err
	}
	f.firstRow[theDriver], f.firstRow[sdkStructs], err = firstRow(e, e.million)
	return err
}
