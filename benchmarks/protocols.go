package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	surrealdb "github.com/surrealdb/surrealdb.go"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/benchmarks/internal/record"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// What the groups of the subprotocols have in common: the driver by each of them, on the
// engine and on the one beside it, and the members that are read.

const (
	byShaped = "driver by shaped"
	byCBOR2  = "driver by cbor.2"
	byCBOR   = "driver by cbor"
)

// speaker is a client of a server.
type speaker struct {
	name     string
	role     measure.Role
	protocol surrealsql.Protocol // of the driver
	beside   bool                // on the server beside
}

// speakers are all clients that the run has servers for. An engine that has no shaped rows
// has nothing to compare.
func (e *env) speakers() ([]speaker, error) {
	c, err := hand.Dial(context.Background(), e.engineConfig().Hosts[0], replay.Shaped)
	if errors.Is(err, hand.ErrProtocol) {
		return nil, fmt.Errorf("%w: shaped rows are for SurrealDB 4.0", errors.ErrUnsupported)
	}
	if err != nil {
		return nil, err
	}
	all := []speaker{
		{name: byShaped, protocol: surrealsql.ProtocolShaped},
		{name: byCBOR2, protocol: surrealsql.ProtocolCBOR2},
		{name: byCBOR, protocol: surrealsql.ProtocolCBOR},
		{name: sdkStructs, role: measure.SDK},
	}
	if e.beside != nil {
		on := ", on " + e.beside.version
		all = append(all,
			speaker{name: byCBOR + on, protocol: surrealsql.ProtocolCBOR, beside: true},
			speaker{name: sdkStructs + on, role: measure.SDK, beside: true})
	}
	return all, c.Close()
}

// server is the DSN of the server of a speaker.
func (e *env) server(s speaker) string {
	if s.beside {
		return e.beside.dsn
	}
	return e.dsn
}

// asked is what each client does: the same, in its own way.
type asked struct {
	rows int
	db   func(*sql.DB) error
	sdk  func(*surrealdb.DB) error
}

// speaking has each client ask.
func (e *env) speaking(g *measure.Group, speakers []speaker, a asked) (*measure.Group, error) {
	g.Reference = byCBOR
	for _, s := range speakers {
		do, err := e.operation(s, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		g.Cases = append(g.Cases, measure.Case{Name: s.name, Role: s.role, Rows: a.rows, Op: op(do)})
	}
	return g, nil
}

// operation connects a client to its server.
func (e *env) operation(s speaker, a asked) (func() error, error) {
	cfg, err := surrealsql.ParseDSN(e.server(s))
	if err != nil {
		return nil, err
	}
	if s.role == measure.SDK {
		sdk, err := e.sdk(cfg)
		return func() error { return a.sdk(sdk) }, err
	}
	cfg.Protocol = s.protocol
	db, err := e.open(cfg, 1)
	if err == nil {
		err = db.Ping() // its sign-in would be taken for what an operation takes
	}
	return func() error { return a.db(db) }, err
}

// readMembers reads members into variables.
func readMembers(db *sql.DB, text, columns string, want int) error {
	rows, err := db.QueryContext(context.Background(), text)
	if err != nil {
		return err
	}
	defer rows.Close()
	dest, got := memberDest(new(hand.Member), columns), 0
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		got++
	}
	return finish(rows, got, want)
}

// memberDest is where columns of a member go.
func memberDest(m *hand.Member, columns string) []any {
	switch columns {
	case record.MemberColumns:
		return []any{&m.ID, &m.Age, &m.Name, &m.Score, &m.Active, &m.City, &m.Created, &m.Token}
	case record.WholeMember:
		return []any{&m.ID, &m.Active, &m.Age, &m.City, &m.Created, &m.Name, &m.Score, &m.Token}
	}
	panic("columns that no query has: " + columns)
}

// sdkMember is what the SDK decodes into.
type sdkMember struct {
	ID      models.RecordID `json:"id"`
	Age     int64           `json:"age"`
	Name    string          `json:"name"`
	Score   float64         `json:"score"`
	Active  bool            `json:"active"`
	City    string          `json:"city"`
	Created time.Time       `json:"created"`
	Token   models.UUID     `json:"token"`
}
