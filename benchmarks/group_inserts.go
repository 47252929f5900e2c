package main

import (
	"context"
	"database/sql"

	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

const (
	insertDriver = "INSERT INTO item $1"
	insertWire   = "INSERT INTO item $_1"
	insertBulk   = "driver, one INSERT of all"
)

// inserts writes records on the real engine in the ways a program may.
func inserts(e *env) (*measure.Group, error) {
	db, err := e.engine(1)
	if err != nil {
		return nil, err
	}
	sdk, err := e.sdk(e.engineConfig())
	if err != nil {
		return nil, err
	}
	client, err := e.hand(e.engineConfig())
	if err != nil {
		return nil, err
	}
	people := newItems(e.inserts)
	single := make([]*hand.Request, len(people))
	for i, p := range people {
		single[i] = hand.Query(insertWire, map[string]any{"_1": p})
	}
	bulk := hand.Query(insertWire, map[string]any{"_1": people})
	empty := func() error { return emptyItems(db) }
	c := func(name string, role measure.Role, f func() error) measure.Case {
		return measure.Case{Name: name, Role: role, Rows: len(people), Before: empty, Op: op(f)}
	}
	return &measure.Group{
		Key:   "inserts",
		Title: thousands(len(people)) + " records inserted: on the real engine",
		About: "Records of nine fields into an empty table, in memory. Figures are per record. SurrealDB commits each statement by itself, except in a transaction. " +
			"The hand-framed ways send what the SDK sends and ignore the answers.",
		Reference: insertBulk, PerRow: true,
		Cases: []measure.Case{
			c(insertBulk, measure.Subject, func() error { return execute(db, insertDriver, people) }),
			c("driver, one by one", measure.Subject, func() error { return insertEach(db, people) }),
			c("driver, one by one, prepared", measure.Subject, func() error { return insertPrepared(db, people) }),
			c("driver, one by one in a transaction", measure.Subject, func() error { return insertTx(db, people) }),
			c("SDK, one INSERT of all", measure.SDK, func() error { return sdkExec(sdk, insertWire, people) }),
			c("SDK, one by one", measure.SDK, func() error { return sdkInsertEach(sdk, people) }),
			c("SDK, one by one in a transaction", measure.SDK, func() error { return sdkInsertTx(sdk, people) }),
			c("hand-framed, one INSERT of all", measure.Limit, func() error { return exchange(client, bulk) }),
			c("hand-framed, one by one", measure.Limit, func() error {
				for _, r := range single {
					if err := exchange(client, r); err != nil {
						return err
					}
				}
				return nil
			}),
		},
	}, nil
}

// newItems are people without ids: the server makes these.
func newItems(n int) []map[string]any {
	items := make([]map[string]any, n)
	for i := range items {
		p := record.NewPerson(i + 1)
		items[i] = map[string]any{
			"age": p.Age, "name": p.Name, "score": p.Score, "created": p.Created, "city": p.City,
			"visits": p.Visits, "height": p.Height, "updated": p.Updated,
		}
	}
	return items
}

func emptyItems(db *sql.DB) error {
	_, err := db.Exec("REMOVE TABLE IF EXISTS item; DEFINE TABLE item SCHEMALESS")
	return err
}

// execer is a *sql.DB or a *sql.Tx.
type execer interface {
	Exec(query string, args ...any) (sql.Result, error)
}

func execute(db execer, text string, args ...any) error {
	_, err := db.Exec(text, args...)
	return err
}

func insertEach(db execer, items []map[string]any) error {
	for _, item := range items {
		if err := execute(db, insertDriver, item); err != nil {
			return err
		}
	}
	return nil
}

func insertPrepared(db *sql.DB, items []map[string]any) error {
	stmt, err := db.Prepare(insertDriver)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, item := range items {
		if _, err := stmt.Exec(item); err != nil {
			return err
		}
	}
	return nil
}

func insertTx(db *sql.DB, items []map[string]any) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := insertEach(tx, items); err != nil {
		return err
	}
	return tx.Commit()
}

func sdkExec[S *surrealdb.DB | *surrealdb.Transaction](s S, text string, arg any) error {
	ctx, vars := context.Background(), map[string]any{"_1": arg}
	var err error
	switch s := any(s).(type) {
	case *surrealdb.DB:
		_, err = surrealdb.Query[any](ctx, s, text, vars)
	case *surrealdb.Transaction:
		_, err = surrealdb.Query[any](ctx, s, text, vars)
	}
	return err
}

func sdkInsertEach(db *surrealdb.DB, items []map[string]any) error {
	for _, item := range items {
		if err := sdkExec(db, insertWire, item); err != nil {
			return err
		}
	}
	return nil
}

func sdkInsertTx(db *surrealdb.DB, items []map[string]any) error {
	tx, err := db.Begin(context.Background())
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := sdkExec(tx, insertWire, item); err != nil {
			return err
		}
	}
	return tx.Commit(context.Background())
}
