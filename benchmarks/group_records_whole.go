package main

import (
	"fmt"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of typed reading beside the SDK's Query into the same structs: both whole, as a
// program calls them, over the same server.

// wholeQueries reads n records into Ts by both clients.
func wholeQueries[T any](e *env, cfg *surrealsql.Config, q record.Query, n int, g *measure.Group) (*measure.Group, error) {
	db, client, sdk, err := e.clients(cfg)
	if err != nil {
		return nil, err
	}
	request := hand.Query(q.Wire, nil)
	g.Reference, g.PerRow = readByAll, true
	g.Cases = []measure.Case{
		{Name: theHand, Role: measure.Limit, Rows: n, Op: op(func() error { return exchange(client, request) })},
		{Name: readByAll, Role: measure.Subject, Rows: n, Op: op(func() error { return readAll[T](db, q.Text, n) })},
		{Name: sdkStructs, Role: measure.SDK, Rows: n, Op: op(func() error { return sdkQuery[T](sdk, q, n) })},
	}
	return g, nil
}

// replayed is a group of wholeQueries over loopback.
func replayed[T any](e *env, q record.Query, n int, g *measure.Group) (*measure.Group, error) {
	cfg, err := e.loopback(q, n)
	if err != nil {
		return nil, err
	}
	g.Title += ": over loopback"
	g.About = "All and the SDK's Query, each whole, against a server in another process that sends the same bytes to both. " + g.About
	return wholeQueries[T](e, cfg, q, n, g)
}

// served is a group of wholeQueries on a server.
func served[T any](e *env, q record.Query, n int, g *measure.Group) (*measure.Group, error) {
	limit := fmt.Sprintf(" LIMIT %d", n)
	q.Text, q.Wire = q.Text+limit, q.Wire+limit
	g.Title += ": on a server"
	g.About = "All and the SDK's Query, each whole. SurrealDB finds and encodes the records for both, by the subprotocol that each " +
		"speaks; CPU is that of the clients alone. " + g.About
	return wholeQueries[T](e, e.engineConfig(), q, n, g)
}

func rowsIntoStructs(key string, n int) *measure.Group {
	return &measure.Group{Key: key, Title: thousands(n) + " rows × 8 columns into structs", About: "Figures are per row."}
}

func documentsIntoStructs(key string, n int) *measure.Group {
	return &measure.Group{Key: key, Title: thousands(n) + " nested documents into structs as records", About: "Figures are per document."}
}

func recordsLoopback(e *env) (*measure.Group, error) {
	return replayed[row8](e, record.Page8, e.rows, rowsIntoStructs("records-loopback", e.rows))
}

func recordsNestedLoopback(e *env) (*measure.Group, error) {
	return replayed[record.Document](e, record.Nested, e.nested, documentsIntoStructs("records-nested-loopback", e.nested))
}

func serverRecords(e *env) (*measure.Group, error) {
	return served[row8](e, record.Page8, e.rows, rowsIntoStructs("server-records", e.rows))
}

func serverRecordsNested(e *env) (*measure.Group, error) {
	return served[record.Document](e, record.Nested, e.nested, documentsIntoStructs("server-records-nested", e.nested))
}
