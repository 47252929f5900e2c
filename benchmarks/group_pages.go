package main

import (
	"context"
	"database/sql"
	"fmt"

	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of many rows: in memory, over loopback and on the engine.

// page is a query of many rows and the ways to read it.
type page struct {
	key, title string
	query      record.Query
	rows       int
	scan       func(ctx context.Context, db *sql.DB, want int) error
	maps       func(*surrealdb.DB) error
	structs    func(*surrealdb.DB) error
}

func fourColumns(key string, rows int) page {
	return page{
		key: key, title: fmt.Sprintf("%s rows × 4 columns (int, string, float, datetime)", thousands(rows)),
		query: record.Page4, rows: rows, scan: page4,
		maps:    func(db *surrealdb.DB) error { return sdkQuery[map[string]any](db, record.Page4, rows) },
		structs: func(db *surrealdb.DB) error { return sdkQuery[row4](db, record.Page4, rows) },
	}
}

func eightColumns(key string, rows int) page {
	return page{
		key: key, title: fmt.Sprintf("%s rows × 8 columns", thousands(rows)),
		query: record.Page8, rows: rows, scan: page8,
		maps:    func(db *surrealdb.DB) error { return sdkQuery[map[string]any](db, record.Page8, rows) },
		structs: func(db *surrealdb.DB) error { return sdkQuery[row8](db, record.Page8, rows) },
	}
}

// pageMemory is target 2.
func pageMemory(e *env, p page) (*measure.Group, error) {
	reply := e.set[p.query.Key].Reply(p.rows)
	db, err := e.memory(reply)
	if err != nil {
		return nil, err
	}
	ready, err := e.floor(p.query, p.rows)
	if err != nil {
		return nil, err
	}
	client, err := e.handMemory(reply)
	if err != nil {
		return nil, err
	}
	request := hand.Query(p.query.Wire, nil)
	payload := reply.Payload([]byte{1})
	bg := context.Background()
	return &measure.Group{
		Key:   p.key,
		Title: p.title + ": in memory",
		About: fmt.Sprintf("Query, Next and Scan of every row through sql.DB; the reply has %s "+
			"bytes and comes from memory. Figures are per row.",
			thousands(len(payload))),
		Reference: theFloor, PerRow: true,
		Cases: []measure.Case{
			{Name: theFloor, Role: measure.Floor, Rows: p.rows, Op: op(func() error { return p.scan(bg, ready, p.rows) })},
			{Name: theDriver, Role: measure.Subject, Rows: p.rows, Op: op(func() error { return p.scan(bg, db, p.rows) })},
			{Name: theHand, Role: measure.Limit, Rows: p.rows, Op: op(func() error { return exchange(client, request) })},
			{Name: "well-formedness walk of the reply", Role: measure.Limit, Rows: p.rows, Op: op(walk(payload))},
			{Name: "well-formedness walk by fxamacker/cbor", Role: measure.Limit, Rows: p.rows, Op: op(wellformed(payload))},
		},
	}, nil
}

// pageOver reads a page over TCP.
func pageOver(e *env, p page, cfg *surrealsql.Config, g *measure.Group) (*measure.Group, error) {
	db, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	request := hand.Query(p.query.Wire, nil)
	bg := context.Background()
	g.Reference, g.PerRow = theHand, true
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Rows: p.rows, Op: op(func() error { return exchange(client, request) })},
		{Name: theDriver, Role: measure.Subject, Rows: p.rows, Op: op(func() error { return p.scan(bg, db, p.rows) })},
		{Name: sdkMaps, Role: measure.SDK, Rows: p.rows, Op: op(func() error { return p.maps(sdk) })},
		{Name: sdkStructs, Role: measure.SDK, Rows: p.rows, Op: op(func() error { return p.structs(sdk) })},
	}
	return g, nil
}

func pageLoopback(e *env, p page) (*measure.Group, error) {
	cfg, err := e.loopback(p.query, p.rows)
	if err != nil {
		return nil, err
	}
	return pageOver(e, p, cfg, &measure.Group{
		Key:   p.key + "-loopback",
		Title: p.title + ": over loopback",
		About: "The same against a server in another process. Figures are per row; CPU is this process's alone.",
	})
}

func pageEngine(e *env, p page) (*measure.Group, error) {
	return pageOver(e, p, e.engineConfig(), &measure.Group{
		Key:   p.key + "-engine",
		Title: p.title + ": on the real engine",
		About: "The same on SurrealDB, which has to find and encode the rows. Figures are per row.",
	})
}
