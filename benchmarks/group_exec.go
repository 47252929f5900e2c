package main

import (
	"database/sql"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// The group of Exec, which asks for no records back.

const (
	execInsert  = "Exec of INSERT"
	plainInsert = "Exec of INSERT … RETURN AFTER"
	execUpdate  = "Exec of UPDATE"
	plainUpdate = "Exec of UPDATE … RETURN AFTER"
)

// execRewriting compares Exec, which asks for no records back, with the same
// statement as it would be without: a text that says RETURN is left alone, and
// RETURN AFTER is what the server does by default.
func execRewriting(e *env) (*measure.Group, error) {
	db, err := e.engine(1)
	if err != nil {
		return nil, err
	}
	items := newItems(e.inserts, goTime)
	fill := func(db *sql.DB) error {
		if err := emptyItems(db); err != nil {
			return err
		}
		return execute(db, insertDriver, items)
	}
	c := func(name, against, text string, prepare func(*sql.DB) error, args ...any) measure.Case {
		run := func(db *sql.DB) error { return execute(db, text, args...) }
		return measure.Case{
			Name: name, Against: against, Role: measure.Subject, Rows: len(items),
			Before: func() error { return prepare(db) },
			Op:     op(func() error { return run(db) }),
			Extras: func() ([]measure.Extra, error) { return counting(e.engineConfig(), prepare, run) },
		}
	}
	const update = "UPDATE item SET visits += 1"
	return &measure.Group{
		Key:   "exec",
		Title: "Exec of a write of " + thousands(len(items)) + " records: on the real engine",
		About: "Exec has the server answer a null for each record, which is enough to count " +
			"them, instead of the record. The other figures are those of a text that it leaves " +
			"alone. Time and memory are per record; bytes are per statement.",
		Reference: plainInsert, PerRow: true,
		Cases: []measure.Case{
			c(plainInsert, plainInsert, insertDriver+" RETURN AFTER", emptyItems, items),
			c(execInsert, plainInsert, insertDriver, emptyItems, items),
			c(plainUpdate, plainUpdate, update+" RETURN AFTER", fill),
			c(execUpdate, plainUpdate, update, fill),
		},
	}, nil
}
