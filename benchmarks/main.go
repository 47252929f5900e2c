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

	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// options are the command line.
type options struct {
	args    []string // the command line itself
	quick   bool
	rounds  int
	slice   time.Duration
	run     *regexp.Regexp
	out     string
	profile string
	store   string
	beside  string
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
	o.args = args
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.BoolVar(&o.quick, "quick", false, "small data and few rounds: to see that it runs, and rough figures")
	flags.IntVar(&o.rounds, "rounds", 7, "rounds, of which medians are taken")
	flags.DurationVar(&o.slice, "slice", 200*time.Millisecond, "about how long each case runs in a round")
	run := flags.String("run", "", "measure only the groups whose key matches this regular expression")
	flags.StringVar(&o.out, "out", "",
		"the directory that gets benchmarks.md and its plots; with neither -quick nor -run it is ../docs by default")
	flags.StringVar(&o.profile, "profile", "",
		"a directory that gets a CPU and an allocation profile of each case of the driver")
	flags.StringVar(&o.store, "store", "", "record small replies into this directory, for the tests, and measure nothing")
	flags.StringVar(&o.beside, "beside", "",
		"another program surreal, an older one: the groups of 4.0's rows measure the driver and the SDK on it too")
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
		size.storm = 500 * time.Millisecond
	}
	people := size.rows
	if o.store != "" {
		people = storedRows
	}
	engine, err := startEngine(ctx, surrealtest.Options{Output: log}, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close()) }()
	if o.store != "" {
		return engine.set.Store(o.store)
	}
	e := &env{sizes: size, set: engine.set, dsn: engine.dsn, serve: inItsOwnProcess}
	if o.beside != "" {
		older := surrealtest.Options{Output: log, Engine: surrealtest.EngineBinary, Program: o.beside}
		if e.beside, err = startEngine(ctx, older, people); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.beside.close()) }()
	}
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
