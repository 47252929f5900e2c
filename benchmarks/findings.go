package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// A run: the groups are measured one after the other, and what is no group at the
// end.

// findings is all that a run measured.
type findings struct {
	groups   []*measure.Results
	stormed  []stormed
	streamed []streamed
	firstRow map[string]float64 // part of the reply sent, by client

	streamedByServer []streamed
	streamedMembers  []streamed
	insertedMany     []inserted
}

// find returns the result of a case, or nil.
func (f *findings) find(group, name string) *measure.Result {
	for _, g := range f.groups {
		if g.Key == group {
			return g.Find(name)
		}
	}
	return nil
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
	for _, m := range []struct {
		key     string
		measure func() error
	}{
		{stormKey, func() (err error) { f.stormed, err = storms(ctx, e, o.rounds, log); return err }},
		{"server-million", func() error { return f.serverMillion(e, o.rounds) }},
		{membersMillionKey, func() error { return f.membersMillion(e, o.rounds) }},
		{insertsManyKey, func() error { return f.insertsMany(e) }},
		{"million", func() error { return f.million(e, o.rounds) }},
	} {
		if !o.run.MatchString(m.key) {
			continue
		}
		fmt.Fprintln(log, m.key)
		if err := errors.Join(m.measure(), e.end()); err != nil {
			return nil, fmt.Errorf("%s: %w", m.key, err)
		}
	}
	return f, nil
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
func (f *findings) million(e *env, rounds int) error {
	cfg, err := e.loopback(record.Page4, e.million)
	if err != nil {
		return err
	}
	spec := streamSpec{DSN: cfg.FormatDSN(), Text: record.Page4.Wire, Rows: e.million}
	if f.streamed, err = stream(allOf(streamClients, spec), rounds); err != nil {
		return err
	}
	f.firstRow[theDriver], f.firstRow[sdkStructs], err = firstRow(e, e.million)
	return err
}

// serverMillion measures it on a server, which has to find the rows.
func (f *findings) serverMillion(e *env, rounds int) error {
	table, err := e.people(e.million)
	if err != nil {
		return err
	}
	spec := streamSpec{DSN: e.dsn, Text: "SELECT age, name, score, created FROM " + table, Rows: e.million}
	f.streamedByServer, err = stream(allOf(serverStreamClients(), spec), rounds)
	return err
}
