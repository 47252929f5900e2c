package main

import (
	"database/sql"
	"fmt"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// What the groups on a server need besides the engine's seed: the driver in each of
// its ways to ask, and tables of other sizes.

// way is a way in which the driver asks.
type way struct {
	name string
	set  func(*surrealsql.Config)
}

const (
	neverStreaming  = "driver, stream=never"
	alwaysStreaming = "driver, stream=always"
)

// ways are all of them, the default first.
var ways = []way{
	{theDriver, func(*surrealsql.Config) {}},
	{neverStreaming, func(c *surrealsql.Config) { c.Stream = surrealsql.StreamNever }},
	{alwaysStreaming, func(c *surrealsql.Config) { c.Stream = surrealsql.StreamAlways }},
}

// wayDBs opens a database for each way, with one connection each that is ready.
func (e *env) wayDBs(cfg *surrealsql.Config) ([]*sql.DB, error) {
	var all []*sql.DB
	for _, w := range ways {
		cfg := cfg.Clone()
		w.set(cfg)
		db, err := e.open(cfg, 1)
		if err == nil {
			err = db.Ping() // its sign-in would be taken for what an operation takes
		}
		if err != nil {
			return nil, err
		}
		all = append(all, db)
	}
	return all, nil
}

// insertBatch is how many records one statement inserts. 20,000 records in batches of
// 5,000 took the embedded engine 13 s instead of 4.
const insertBatch = 1_000

// people makes a table of so many people on the engine, for the group that is being
// built.
func (e *env) people(n int) (table string, err error) {
	table = fmt.Sprintf("people_%d", n)
	return table, makeTable(e, e.dsn, table, "DEFINE TABLE "+table, n, record.NewPerson)
}

// members makes a table with a schema, of so many members, on the engine or on the one
// beside it.
func (e *env) members(dsn string, n int) (table string, err error) {
	table = fmt.Sprintf("member_%d", n)
	return table, makeTable(e, dsn, table, record.DefineMembers(table), n, record.MakeMember)
}

// makeTable makes a table for the group that is being built.
func makeTable[T any](e *env, dsn, table, define string, n int, row func(int) T) error {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	db, err := e.open(cfg, 1)
	if err != nil {
		return err
	}
	remove := "REMOVE TABLE IF EXISTS " + table
	if err := execute(db, remove+"; "+define); err != nil {
		return err
	}
	e.atEnd(func() error { return execute(db, remove) })
	for from := 0; from < n; from += insertBatch {
		batch := make([]T, min(insertBatch, n-from))
		for i := range batch {
			batch[i] = row(from + i + 1)
		}
		if err := execute(db, "INSERT INTO "+table+" $1", batch); err != nil {
			return err
		}
	}
	return nil
}
