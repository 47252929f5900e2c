// Stress puts a load on package pool and on plain sql.DB, one after the other,
// and shows side by side what their callers had to wait.
//
//	go run . -scenario fairness -plot fairness.svg
//
// It uses the SurrealDB of -dsn or SURREALDB_URL, or one that it starts by itself
// and ends when it is done. It exits with 1 if anything failed, and with 130
// after Ctrl-C, which prints what was measured so far.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells write SIGINT
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(program(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// program is main with all that it touches given to it.
func program(ctx context.Context, args []string, out, diag io.Writer) int {
	opts, err := parse(args, diag)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(diag, "stress:", err)
		return exitUsage
	case opts.list:
		list(out)
		return exitOK
	}
	results, err := stress(ctx, opts, out)
	for _, r := range results {
		r.table(out)
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(diag, "\nstress: interrupted; everything is closed")
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(diag, "stress:", err)
		return exitFailed
	}
	return verdict(results, diag)
}

func verdict(results []result, diag io.Writer) int {
	failures := 0
	for _, r := range results {
		for _, s := range r.summaries {
			failures += s.failures
		}
	}
	if failures > 0 {
		fmt.Fprintf(diag, "stress: %d failures\n", failures)
		return exitFailed
	}
	return exitOK
}

// result is one scenario on the pools that were asked for.
type result struct {
	scenario  scenario
	summaries []summary
}

// stress runs the scenarios. What was measured before an error or the end of ctx
// is returned with it.
func stress(ctx context.Context, opts *options, out io.Writer) (results []result, err error) {
	srv, err := findServer(ctx, opts.dsn, out)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, srv.close()) }()
	for _, s := range opts.scenarios {
		r := result{scenario: s}
		for _, open := range opts.subjects {
			var sum summary
			if sum, err = one(ctx, s, open, srv, out); sum.ops > 0 || sum.failures > 0 {
				r.summaries = append(r.summaries, sum)
			}
			if err != nil || ctx.Err() != nil {
				break
			}
		}
		results = append(results, r)
		if err == nil && opts.plot != "" {
			err = plotTo(plotName(opts, s), r)
		}
		if err != nil || ctx.Err() != nil {
			return results, err
		}
	}
	return results, nil
}

// one runs one scenario on one pool, and shows how it goes.
func one(ctx context.Context, s scenario, open opener, srv *server, out io.Writer) (summary, error) {
	f, err := open(ctx, srv.cfg, s.pool)
	if err != nil {
		return summary{}, err
	}
	defer f.close()
	if err := s.work.prepare(ctx, f.db()); err != nil {
		return summary{}, fmt.Errorf("%s: prepare: %w", s.name, err)
	}
	t := newTrial(s, f)
	done := watch(t, out)
	t.run(ctx)
	done()
	if ctx.Err() == nil && t.failed.Load() == 0 {
		if err := s.work.check(ctx, f.db(), t.done.Load()); err != nil {
			t.fail(fmt.Errorf("afterwards: %w", err))
		}
	}
	return t.summary(time.Since(t.began)), nil
}
