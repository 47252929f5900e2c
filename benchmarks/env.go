package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/floor"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// What the workloads run on: databases, servers and clients, closed when a group is
// over.

// sizes say how much data the workloads have.
type sizes struct {
	rows    int // of a page, and people on the engine
	stream  int // of a long result
	million int // of the longest
	nested  int // documents
	inserts int // records that are inserted or updated at once
	workers []int
	pages   []int         // rows of results that are read in each way
	shaped  []int         // rows of results that are read by each subprotocol
	storm   time.Duration // how long a storm lasts
}

var (
	fullSizes = sizes{
		rows: 1_000, stream: 100_000, million: 1_000_000, nested: 100, inserts: 1_000,
		workers: []int{1, 4, 16, 64},
		pages:   []int{100, 1_000, 20_000}, shaped: []int{1_000, 20_000}, storm: 2 * time.Second,
	}
	smallSizes = sizes{
		rows: 50, stream: 1_000, million: 20_000, nested: 10, inserts: 25,
		workers: []int{1, 16},
		pages:   []int{100}, shaped: []int{100}, storm: 200 * time.Millisecond,
	}
)

// env is what the workloads run on.
type env struct {
	sizes
	set record.Set
	// dsn is the seeded database on the real engine, as a root user.
	dsn string
	// beside is the same on another engine, for those groups that have both, or nil.
	beside *engine
	// serve starts a replay server.
	serve func(*replay.Reply) (server, error)

	ends []func() error
}

// server is a replay server, in this process or in another.
type server interface {
	Addr() string
	Close() error
}

// atEnd has f called when the group that is being built is over.
func (e *env) atEnd(f func() error) { e.ends = append(e.ends, f) }

// end closes what a group opened, the last first.
func (e *env) end() error {
	var errs []error
	for _, f := range slices.Backward(e.ends) {
		errs = append(errs, f())
	}
	e.ends = nil
	return errors.Join(errs...)
}

// loopback starts a replay server for the group, which answers with so many rows,
// and returns the driver's configuration for it.
func (e *env) loopback(q record.Query, rows int) (*surrealsql.Config, error) {
	s, err := e.serve(e.set[q.Key].Reply(rows))
	if err != nil {
		return nil, err
	}
	e.atEnd(s.Close)
	return config(s.Addr()), nil
}

// inThisProcess serves in this process.
func inThisProcess(r *replay.Reply) (server, error) { return replay.Listen(r) }

// inItsOwnProcess serves in a process of its own, so that the CPU time of this one
// is the client's.
func inItsOwnProcess(r *replay.Reply) (server, error) { return replay.Start(r) }

// config is the driver's, for a replay server.
func config(hosts ...string) *surrealsql.Config {
	return &surrealsql.Config{Hosts: hosts, User: "root", Password: "root", Namespace: "bench", Database: "main"}
}

// open opens a database with that many connections, which stay.
func (e *env) open(cfg *surrealsql.Config, conns int) (*sql.DB, error) {
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	e.atEnd(db.Close)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// memory opens a database over the in-memory replay of a reply.
func (e *env) memory(r *replay.Reply) (*sql.DB, error) {
	cfg := config("replay:8000")
	cfg.DialContext, cfg.Protocol = replay.Dialer(r), surrealsql.Protocol(r.Protocol)
	return e.open(cfg, 1)
}

// engine opens the database on the real engine.
func (e *env) engine(conns int) (*sql.DB, error) {
	cfg, err := surrealsql.ParseDSN(e.dsn)
	if err != nil {
		return nil, err
	}
	return e.open(cfg, conns)
}

// engineConfig is the same for other clients.
func (e *env) engineConfig() *surrealsql.Config {
	cfg, err := surrealsql.ParseDSN(e.dsn)
	if err != nil {
		panic(err) // it was used to seed
	}
	return cfg
}

// table is the values of a query's reply, for the floor.
func (e *env) table(q record.Query, rows int) (*floor.Table, error) {
	db, err := e.memory(e.set[q.Key].Reply(min(rows, e.set[q.Key].Rows())))
	if err != nil {
		return nil, err
	}
	result, err := db.Query(q.Text, q.Args...)
	if err != nil {
		return nil, err
	}
	defer result.Close()
	t, err := floor.Read(result)
	if err != nil {
		return nil, err
	}
	return t.Repeat(rows), nil
}

// floor opens a database whose values lie ready.
func (e *env) floor(q record.Query, rows int) (*sql.DB, error) {
	t, err := e.table(q, rows)
	if err != nil {
		return nil, err
	}
	db := floor.Open(t)
	e.atEnd(db.Close)
	return db, nil
}

// handMemory is a hand-framed client over the in-memory replay of a reply.
func (e *env) handMemory(r *replay.Reply) (*hand.Client, error) {
	c, err := hand.New(replay.NewConn(r), r.Protocol)
	if err != nil {
		return nil, err
	}
	e.atEnd(c.Close)
	return c, nil
}

// hand is a hand-framed client over TCP, with its session prepared.
func (e *env) hand(cfg *surrealsql.Config) (*hand.Client, error) {
	c, err := hand.Dial(context.Background(), cfg.Hosts[0], replay.CBOR)
	if err != nil {
		return nil, err
	}
	e.atEnd(c.Close)
	return c, c.Begin(cfg.User, cfg.Password, cfg.Namespace, cfg.Database)
}

// many makes n of something.
func many[T any](n int, make func() (T, error)) ([]T, error) {
	all := []T{}
	for i := range n {
		v, err := make()
		if err != nil {
			return nil, fmt.Errorf("number %d of %d: %w", i+1, n, err)
		}
		all = append(all, v)
	}
	return all, nil
}
