package main

import (
	"context"
	"errors"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of one row: in memory, over loopback, on one CPU and on the engine.

// oneRowMemory is target 1: what the smallest query costs the client.
func oneRowMemory(e *env) (*measure.Group, error) {
	reply := e.set[record.One.Key].Reply(1)
	db, err := e.memory(reply)
	if err != nil {
		return nil, err
	}
	ready, err := e.floor(record.One, 1)
	if err != nil {
		return nil, err
	}
	client, err := e.handMemory(reply)
	if err != nil {
		return nil, err
	}
	prepared, err := db.Prepare(record.One.Text)
	if err != nil {
		return nil, err
	}
	e.atEnd(prepared.Close)
	request := hand.Query(record.One.Wire, record.One.Vars())
	payload := reply.Payload([]byte{1})
	bg, cancellable, again := context.Background(), e.cancellable(), new(one)
	return &measure.Group{
		Key:   "one-row",
		Title: "One row, two columns, one argument: in memory",
		About: "QueryRow and Scan through sql.DB over a connection that answers in memory, so " +
			"that only the client's work is timed. " +
			"The floor is the same code over a driver whose values lie ready.",
		Reference: theFloor,
		Cases: []measure.Case{
			{Name: theFloor, Role: measure.Floor, Op: asking(bg, ready)},
			{Name: theDriver, Role: measure.Subject, Op: asking(bg, db)},
			{Name: "driver, prepared", Role: measure.Subject, Op: op(func() error { return again.askPrepared(bg, prepared) })},
			{Name: cancellableFloor, Role: measure.Floor, Op: asking(cancellable, ready)},
			{Name: cancellableDriver, Role: measure.Subject, Against: cancellableFloor, Op: asking(cancellable, db)},
			{Name: theHand, Role: measure.Limit, Op: op(func() error { return exchange(client, request) })},
			{Name: "well-formedness walk of the reply", Role: measure.Limit, Op: op(walk(payload))},
			{Name: "well-formedness walk by fxamacker/cbor", Role: measure.Limit, Op: op(wellformed(payload))},
		},
	}, nil
}

// oneRowOver is the same over TCP: to a replay server, or to the real engine.
func oneRowOver(e *env, cfg *surrealsql.Config, g *measure.Group) (*measure.Group, error) {
	db, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	request := hand.Query(record.One.Wire, record.One.Vars())
	bg, cancellable := context.Background(), e.cancellable()
	g.Reference = theHand
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Op: op(func() error { return exchange(client, request) })},
		{Name: thePeek, Role: measure.Limit, Op: op(func() error {
			return errors.Join(client.Peek(), exchange(client, request))
		})},
		{Name: theDriver, Role: measure.Subject, Op: asking(bg, db)},
		{Name: cancellableDriver, Role: measure.Subject, Op: asking(cancellable, db)},
		{Name: sdkMaps, Role: measure.SDK, Op: op(func() error { return sdkQuery[map[string]any](sdk, record.One, 1) })},
		{Name: sdkStructs, Role: measure.SDK, Op: op(func() error { return sdkQuery[row2](sdk, record.One, 1) })},
	}
	return g, nil
}

// oneRowOneCPU is oneRowLoopback for figures that do not move from run to run.
func oneRowOneCPU(e *env) (*measure.Group, error) {
	undo, err := measure.OneCPU()
	if err != nil {
		return nil, err
	}
	e.atEnd(undo)
	g, err := oneRowLoopback(e)
	if err != nil {
		return nil, err
	}
	g.Key = "one-row-one-cpu"
	g.Title = "One row, two columns, one argument: over loopback, on one CPU"
	g.About = "The same, client and server taking turns on one CPU: no idle one has to be woken " +
		"for each message, which above takes half of the time and moves the ratios."
	return g, nil
}

func oneRowLoopback(e *env) (*measure.Group, error) {
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	return oneRowOver(e, cfg, &measure.Group{
		Key:   "one-row-loopback",
		Title: "One row, two columns, one argument: over loopback",
		About: "The same against a server in another process that answers with the recorded " +
			"bytes. CPU is this process's alone. " +
			"A pool must not hand out a connection that died idle, so the driver looks into the " +
			"socket before it writes: one system call, which the second case has too.",
	})
}

func oneRowEngine(e *env) (*measure.Group, error) {
	return oneRowOver(e, e.engineConfig(), &measure.Group{
		Key:   "one-row-engine",
		Title: "One row, two columns, one argument: on the real engine",
		About: "The same on SurrealDB, which looks the record up by its id: what a user feels.",
	})
}
