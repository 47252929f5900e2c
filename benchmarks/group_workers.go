package main

import (
	"context"
	"fmt"

	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of several goroutines that ask at once.

const sdkShared = "SDK, all on one connection"

// workersLoopback has several goroutines ask for one row at once.
func workersLoopback(e *env, workers int) (*measure.Group, error) {
	cfg, err := e.loopback(record.One, 1)
	if err != nil {
		return nil, err
	}
	return workersOver(e, workers, cfg, &measure.Group{
		Key:   fmt.Sprintf("workers-%d", workers),
		Title: fmt.Sprintf("One row, %s at once: over loopback", plural(workers, "worker")),
		About: "As many connections as workers, against a server in another process. Time is the " +
			"time of all divided by the queries of all, " +
			"so its inverse is the throughput; p50 and p99 are what one worker waits. CPU is this " +
			"process's alone, so its inverse is the throughput per CPU second.",
	})
}

// workersEngine is the same on the real engine.
func workersEngine(e *env, workers int) (*measure.Group, error) {
	return workersOver(e, workers, e.engineConfig(), &measure.Group{
		Key:   fmt.Sprintf("workers-%d-engine", workers),
		Title: fmt.Sprintf("One row, %s at once: on the real engine", plural(workers, "worker")),
		About: "The same on SurrealDB. The engine is busy long before the client is.",
	})
}

func workersOver(e *env, workers int, cfg *surrealsql.Config, g *measure.Group) (*measure.Group, error) {
	db, err := e.open(cfg, workers)
	if err != nil {
		return nil, err
	}
	clients, err := many(workers, func() (*hand.Client, error) { return e.hand(cfg) })
	if err != nil {
		return nil, err
	}
	sdks, err := many(workers, func() (*surrealdb.DB, error) { return e.sdk(cfg) })
	if err != nil {
		return nil, err
	}
	requests, err := many(workers, func() (*hand.Request, error) {
		return hand.Query(record.One.Wire, record.One.Vars()), nil // each worker patches its own
	})
	if err != nil {
		return nil, err
	}
	bg, rows := context.Background(), make([]one, workers)
	g.Reference = theHand
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Workers: workers,
			Op: func(w int) error { return exchange(clients[w], requests[w]) }},
		{Name: theDriver, Role: measure.Subject, Workers: workers,
			Op: func(w int) error { return rows[w].ask(bg, db) }},
		{Name: sdkStructs, Role: measure.SDK, Workers: workers,
			Op: func(w int) error { return sdkQuery[row2](sdks[w], record.One, 1) }},
	}
	if workers > 1 {
		g.Cases = append(g.Cases, measure.Case{Name: sdkShared, Role: measure.SDK, Workers: workers,
			Op: op(func() error { return sdkQuery[row2](sdks[0], record.One, 1) })})
	}
	return g, nil
}
