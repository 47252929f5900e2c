package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/surrealdb/surrealdb.go/surrealcbor"

	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
)

// The groups of 4.0's shaped rows in memory: what decoding them costs beside the same rows
// as CBOR.

const (
	shapedByHand = "loop by hand over the shaped rows"
	shapedAlone  = "driver by shaped, without sql.DB"
	cborAlone    = "driver by cbor, without sql.DB"
)

// shapedDecode decodes a page of members in each way.
func shapedDecode(e *env) (*measure.Group, error) {
	n := e.rows
	plain, shaped := e.set[record.Members.Key], e.set[record.MembersShaped.Key]
	ready, err := e.floor(record.Members, n)
	if err != nil {
		return nil, err
	}
	byEach, err := many(2, func() (*sql.DB, error) { return e.memory(shaped.Reply(n)) })
	if err != nil {
		return nil, err
	}
	byCBOREach, err := many(2, func() (*sql.DB, error) { return e.memory(plain.Reply(n)) })
	if err != nil {
		return nil, err
	}
	alone := func(name string, db *sql.DB) (measure.Case, error) {
		conn, err := db.Conn(context.Background())
		if err != nil {
			return measure.Case{}, err
		}
		e.atEnd(conn.Close)
		return measure.Case{Name: name, Role: measure.Subject, Rows: n, Op: op(func() error {
			return conn.Raw(func(c any) error { return membersAlone(c, n) })
		})}, nil
	}
	intoVariables := func(name string, role measure.Role, db *sql.DB) measure.Case {
		return measure.Case{Name: name, Role: role, Rows: n, Op: op(func() error {
			return readMembers(db, record.Members.Text, record.MemberColumns, n)
		})}
	}
	aloneByShaped, err := alone(shapedAlone, byEach[1])
	if err != nil {
		return nil, err
	}
	aloneByCBOR, err := alone(cborAlone, byCBOREach[1])
	if err != nil {
		return nil, err
	}
	value, block, m := plain.Value(n), shaped.Block(n), new(hand.Member)
	return &measure.Group{
		Key:   "shaped-decode",
		Title: fmt.Sprintf("Decoding %s rows × 8 columns of a table with a schema, by shaped and by cbor", thousands(n)),
		About: fmt.Sprintf("An id, an integer, a float, a bool, a datetime, a UUID and two strings, of which id, UUID and strings "+
			"go into strings: %s bytes of shaped rows as SurrealDB 4.0 sends them, %s of CBOR. The driver's figures are those of "+
			"whole queries in memory, through sql.DB or without it: "+aloneInto+". The SDK decodes bytes that lie "+
			"ready, and so does the loop by hand, which is written for this shape alone and checks nothing. Figures are per row.",
			thousands(len(block)), thousands(len(value))),
		Reference: byCBOR, PerRow: true,
		Cases: []measure.Case{
			{Name: shapedByHand, Role: measure.Limit, Rows: n, Op: op(func() error {
				got, err := hand.DecodeMembers(block, m)
				if err != nil {
					return err
				}
				return counted(got, n)
			})},
			intoVariables(theFloor, measure.Floor, ready),
			intoVariables(byShaped, measure.Subject, byEach[0]),
			intoVariables(byCBOR, measure.Subject, byCBOREach[0]),
			aloneByShaped,
			aloneByCBOR,
			{Name: sdkStructs, Role: measure.SDK, Rows: n, Op: op(unmarshal[sdkMember](surrealcbor.Unmarshal, value, n))},
		},
	}, nil
}

// shapedOneRow asks for one member.
func shapedOneRow(e *env) (*measure.Group, error) {
	ready, err := e.floor(record.Member, 1)
	if err != nil {
		return nil, err
	}
	g := &measure.Group{
		Key:       "shaped-one-row",
		Title:     "One row, two columns, one argument, by shaped and by cbor: in memory",
		About:     "QueryRow and Scan through sql.DB. Each answer by shaped announces its shape, which takes more bytes than the row.",
		Reference: byCBOR,
		Cases:     []measure.Case{{Name: theFloor, Role: measure.Floor, Op: askingMember(ready)}},
	}
	for _, by := range []struct {
		name  string
		query record.Query
	}{{byShaped, record.MemberShaped}, {byCBOR, record.Member}} {
		db, err := e.memory(e.set[by.query.Key].Reply(1))
		if err != nil {
			return nil, err
		}
		g.Cases = append(g.Cases, measure.Case{Name: by.name, Role: measure.Subject, Op: askingMember(db)})
	}
	return g, nil
}

// askingMember is an operation that asks for one member.
func askingMember(db *sql.DB) func(int) error {
	o := new(one)
	return op(func() error { return o.askFor(context.Background(), db, record.Member) })
}
