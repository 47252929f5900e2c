package main

import (
	"context"
	"database/sql"
	"fmt"

	surrealdb "github.com/surrealdb/surrealdb.go"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of 4.0's shaped rows on a server, which makes them.

// selection is a way to ask for members.
type selection struct {
	key, text string // of the projection
	columns   string // that come of it
	about     string
}

var (
	wholeMembers = selection{"all", "*", record.WholeMember,
		"Whole records of a table with a schema, which 4.0 by shaped sends as they lie there."}
	namedMembers = selection{"named", record.MemberColumns, record.MemberColumns,
		"The same columns by their names: 4.0 makes an object of each record before it makes rows of them."}
)

// from is the text of the query.
func (s selection) from(table string) string { return "SELECT " + s.text + " FROM " + table }

// serverShapedPage reads members by each subprotocol.
func serverShapedPage(e *env, s selection, rows int) (*measure.Group, error) {
	speakers, err := e.speakers()
	if err != nil {
		return nil, err
	}
	table, err := e.membersFor(speakers, rows)
	if err != nil {
		return nil, err
	}
	text := s.from(table)
	return e.speaking(&measure.Group{
		Key:    shapedPageKey(s, rows),
		Title:  fmt.Sprintf("SELECT %s: %s rows × 8 columns by each subprotocol, on a server", s.text, thousands(rows)),
		About:  s.about + " Query, Next and Scan of every row through sql.DB. Figures are per row.",
		PerRow: true,
	}, speakers, asked{
		rows: rows,
		db:   func(db *sql.DB) error { return readMembers(db, text, s.columns, rows) },
		sdk:  func(db *surrealdb.DB) error { return sdkQuery[sdkMember](db, record.Query{Wire: text}, rows) },
	})
}

// shapedPageKey is the key of a page of so many rows.
func shapedPageKey(s selection, rows any) string {
	return fmt.Sprint("server-shaped-", s.key, "-", rows)
}

// membersFor makes the table on each server of the speakers.
func (e *env) membersFor(speakers []speaker, rows int) (table string, err error) {
	made := make(map[string]bool)
	for _, s := range speakers {
		dsn := e.server(s)
		if made[dsn] {
			continue
		}
		made[dsn] = true
		if table, err = e.members(dsn, rows); err != nil {
			return "", err
		}
	}
	return table, nil
}

// serverShapedPoint asks for one member by each subprotocol.
func serverShapedPoint(e *env) (*measure.Group, error) {
	speakers, err := e.speakers()
	if err != nil {
		return nil, err
	}
	o := new(one)
	return e.speaking(&measure.Group{
		Key:   "server-shaped-point",
		Title: "One row by each subprotocol: on a server",
		About: "QueryRow and Scan of two columns of a record by its id.",
	}, speakers, asked{
		rows: 1,
		db:   func(db *sql.DB) error { return o.askFor(context.Background(), db, record.Member) },
		sdk:  func(db *surrealdb.DB) error { return sdkQuery[row2](db, record.Member, 1) },
	})
}
