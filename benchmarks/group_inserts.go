package main

import (
	"context"
	"database/sql"
	"slices"
	"time"

	surrealdb "github.com/surrealdb/surrealdb.go"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The group of inserts, in the ways a program may write many records.

const (
	insertDriver = "INSERT INTO item $1"
	insertWire   = "INSERT INTO item $_1"
	insertBulk   = "driver, one INSERT of all"

	insertCall     = "driver, Insert"
	insertPrepares = "driver, one by one, prepared"
)

// inserts writes records on the real engine in the ways a program may.
func inserts(e *env) (*measure.Group, error) {
	db, err := e.engine(1)
	if err != nil {
		return nil, err
	}
	two, err := e.engine(2)
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
	people := newItems(e.inserts, goTime)
	ofSDK := newItems(e.inserts, sdkTime)
	single := make([]*hand.Request, len(people))
	for i, p := range ofSDK {
		single[i] = hand.Query(insertWire, map[string]any{"_1": p})
	}
	bulk := hand.Query(insertWire, map[string]any{"_1": ofSDK})
	empty := func() error { return emptyItems(db) }
	c := func(name string, role measure.Role, f func() error) measure.Case {
		return measure.Case{Name: name, Role: role, Rows: len(people), Before: empty, Op: op(f)}
	}
	return &measure.Group{
		Key:   "inserts",
		Title: thousands(len(people)) + " records inserted: on the real engine",
		About: "Records of nine fields into an empty table, in memory. Figures are per record. " +
			"SurrealDB commits each statement by itself, except in a transaction. " +
			"The hand-framed ways send what the SDK sends and ignore the answers.",
		Reference: insertCall, PerRow: true,
		Cases: []measure.Case{
			c(insertCall, measure.Subject, func() error { return insertAll(surrealsql.Bulk{}, db, people) }),
			c("driver, Insert of an iterator", measure.Subject, func() error { return insertAll(surrealsql.Bulk{}, db, slices.Values(people)) }),
			c("driver, Insert that returns ids", measure.Subject, func() error { return insertAll(surrealsql.Bulk{IDs: func([]surrealsql.RecordID) {}}, db, people) }),
			c("driver, Insert on two connections", measure.Subject, func() error { return insertAll(surrealsql.Bulk{Connections: 2}, two, people) }),
			c("driver, Insert in a transaction", measure.Subject, func() error { return insertAllTx(db, people) }),
			c(insertBulk, measure.Subject, func() error { return execute(db, insertDriver, people) }),
			c("driver, one by one", measure.Subject, func() error { return insertEach(db, people) }),
			c(insertPrepares, measure.Subject, func() error { return insertPrepared(db, people) }),
			c("driver, one by one in a transaction", measure.Subject, func() error { return insertTx(db, people) }),
			c("SDK, Insert", measure.SDK, func() error { return sdkInsert(sdk, ofSDK) }),
			c("SDK, one INSERT of all", measure.SDK, func() error { return sdkExec(sdk, insertWire, ofSDK) }),
			c("SDK, one by one", measure.SDK, func() error { return sdkInsertEach(sdk, ofSDK) }),
			c("SDK, one by one in a transaction", measure.SDK, func() error { return sdkInsertTx(sdk, ofSDK) }),
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

// What a datetime is for the driver, and for the SDK: a time.Time it sends as text, which
// 4.0.0-beta.1 refuses.
func goTime(t time.Time) any  { return t }
func sdkTime(t time.Time) any { return &models.CustomDateTime{Time: t} }

// newItems are people without ids: the server makes these.
func newItems(n int, when func(time.Time) any) []map[string]any {
	items := make([]map[string]any, n)
	for i := range items {
		p := record.NewPerson(i + 1)
		items[i] = map[string]any{
			"age": p.Age, "name": p.Name, "score": p.Score, "created": when(p.Created), "city": p.City,
			"visits": p.Visits, "height": p.Height, "updated": when(p.Updated),
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

func insertAll(b surrealsql.Bulk, db surrealsql.ExecQuerier, items any) error {
	_, err := b.Insert(context.Background(), db, "item", items)
	return err
}

func insertAllTx(db *sql.DB, items any) error {
	return surrealsql.Retry{}.RunTx(context.Background(), db, nil, func(_ context.Context, tx *sql.Tx) error {
		return insertAll(surrealsql.Bulk{}, tx, items)
	})
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

func sdkInsert(db *surrealdb.DB, items []map[string]any) error {
	_, err := surrealdb.Insert[any](context.Background(), db, "item", items)
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
