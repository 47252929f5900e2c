package main

import (
	"context"
	"database/sql"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of nested documents, which go into structs.

const (
	intoStructs = "driver, Into(&document)"
	valueOf     = "driver, Value[Document]"
)

// documents reads nested documents into structs over the given destination.
func documents(db *sql.DB, want int, dest func(*record.Document) any) error {
	rows, err := db.QueryContext(context.Background(), record.Nested.Text)
	if err != nil {
		return err
	}
	defer rows.Close()
	got := 0
	for rows.Next() {
		var d record.Document
		if err := rows.Scan(dest(&d)); err != nil {
			return err
		}
		got++
	}
	return finish(rows, got, want)
}

func into(d *record.Document) any { return surrealsql.Into(d) }

func documentValues(db *sql.DB, want int) error {
	return documents(db, want, func(*record.Document) any { return new(surrealsql.Value[record.Document]) })
}

func nestedMemory(e *env) (*measure.Group, error) {
	n := e.nested
	reply := e.set[record.Nested.Key].Reply(n)
	db, err := e.memory(reply)
	if err != nil {
		return nil, err
	}
	client, err := e.handMemory(reply)
	if err != nil {
		return nil, err
	}
	request := hand.Query(record.Nested.Wire, nil)
	payload := reply.Payload([]byte{1})
	g := &measure.Group{
		Key:   "nested",
		Title: thousands(n) + " nested documents into structs: in memory",
		About: "Documents with an address in an address, arrays of texts and of objects, and a " +
			"map of labels. Figures are per document.",
		// There is no floor: database/sql has no structs.
		Reference: "well-formedness walk of the reply", PerRow: true,
		Cases: []measure.Case{
			{Name: "well-formedness walk of the reply", Role: measure.Limit, Rows: n, Op: op(walk(payload))},
			{Name: theHand, Role: measure.Limit, Rows: n, Op: op(func() error { return exchange(client, request) })},
			{Name: intoStructs, Role: measure.Subject, Rows: n, Op: op(func() error { return documents(db, n, into) })},
			{Name: valueOf, Role: measure.Subject, Rows: n, Op: op(func() error { return documentValues(db, n) })},
		},
	}
	g.Cases = append(g.Cases, directCases(db, n)...)
	return g, nil
}

func nestedLoopback(e *env) (*measure.Group, error) {
	n := e.nested
	cfg, err := e.loopback(record.Nested, n)
	if err != nil {
		return nil, err
	}
	db, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	request := hand.Query(record.Nested.Wire, nil)
	g := &measure.Group{
		Key:       "nested-loopback",
		Title:     thousands(n) + " nested documents into structs: over loopback",
		About:     "The same against a server in another process.",
		Reference: theHand, PerRow: true,
		Cases: []measure.Case{
			{Name: theHand, Role: measure.Limit, Rows: n, Op: op(func() error { return exchange(client, request) })},
			{Name: intoStructs, Role: measure.Subject, Rows: n, Op: op(func() error { return documents(db, n, into) })},
			{Name: sdkMaps, Role: measure.SDK, Rows: n, Op: op(func() error {
				return sdkQuery[map[string]any](sdk, record.Nested, n)
			})},
			{Name: sdkStructs, Role: measure.SDK, Rows: n, Op: op(func() error {
				return sdkQuery[record.Document](sdk, record.Nested, n)
			})},
		},
	}
	g.Cases = append(g.Cases, directCases(db, n)...)
	return g, nil
}
