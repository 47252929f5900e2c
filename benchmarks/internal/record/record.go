// Package record gets the replies that are replayed from the real engine.
package record

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// Query is a query whose reply is recorded.
type Query struct {
	Key  string
	Text string // as the driver takes it: `$1`
	Wire string // as the server takes it: `$_1`
	Args []any  // its arguments
}

// Vars are the arguments as the server takes them.
func (q Query) Vars() map[string]any {
	vars := make(map[string]any, len(q.Args))
	for i, arg := range q.Args {
		vars[fmt.Sprintf("_%d", i+1)] = arg
	}
	return vars
}

// The queries, over what Seed makes.
var (
	One    = Query{"one", "SELECT name, age FROM type::record('person', $1)", "SELECT name, age FROM type::record('person', $_1)", []any{41}}
	Page4  = plain("page4", "SELECT age, name, score, created FROM person")
	Page8  = plain("page8", "SELECT age, name, score, created, city, visits, height, updated FROM person")
	Nested = plain("nested", "SELECT VALUE doc FROM customer")
	Page   = plain("document", "SELECT VALUE people FROM ONLY page:1")

	Queries = []Query{One, Page4, Page8, Nested, Page}
)

func plain(key, text string) Query { return Query{Key: key, Text: text, Wire: text} }

// Set is recordings by the keys of their queries.
type Set map[string]*replay.Recording

// Seed fills an empty database with so many people, half as many customers (at
// most 100) and a page that holds all the people.
func Seed(ctx context.Context, db *sql.DB, people int) error {
	rows := make([]Person, people)
	for i := range rows {
		rows[i] = NewPerson(i + 1)
	}
	customers := make([]map[string]any, min(max(people/2, 1), 100))
	for i := range customers {
		customers[i] = map[string]any{"id": i + 1, "doc": NewDocument(i + 1)}
	}
	for _, step := range []struct {
		text string
		arg  any
	}{
		{"INSERT INTO person $1", rows},
		{"INSERT INTO customer $1", customers},
		{"CREATE page:1 SET people = (SELECT age, name, score, created FROM $1)", surrealsql.Table("person")},
	} {
		if _, err := db.ExecContext(ctx, step.text, step.arg); err != nil {
			return fmt.Errorf("%s: %w", step.text, err)
		}
	}
	return nil
}

// FromEngine records the replies of a seeded database, as a root user. It uses
// the wire itself, so that no byte depends on a client.
func FromEngine(ctx context.Context, dsn string) (Set, error) {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	c, err := hand.Dial(ctx, cfg.Hosts[0])
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Exchange(hand.SignIn(cfg.User, cfg.Password)); err != nil {
		return nil, err
	}
	if _, err := c.Exchange(hand.NewRequest("use", hand.Text(cfg.Namespace), hand.Text(cfg.Database))); err != nil {
		return nil, err
	}
	set := make(Set, len(Queries))
	for _, q := range Queries {
		payload, err := c.Call(hand.Query(q.Wire, q.Vars()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.Key, err)
		}
		if set[q.Key], err = replay.Parse(payload); err != nil {
			return nil, fmt.Errorf("%s: %w", q.Key, err)
		}
	}
	return set, nil
}

//go:embed testdata/*.cbor
var stored embed.FS

// Stored are the recordings that lie beside this file.
func Stored() (Set, error) {
	set := make(Set, len(Queries))
	for _, q := range Queries {
		payload, err := stored.ReadFile("testdata/" + q.Key + ".cbor")
		if err != nil {
			return nil, err
		}
		if set[q.Key], err = replay.Parse(payload); err != nil {
			return nil, fmt.Errorf("%s: %w", q.Key, err)
		}
	}
	return set, nil
}

// Store writes the recordings into a directory.
func (s Set) Store(dir string) error {
	for key, r := range s {
		reply := r.Reply(r.Rows())
		if err := os.WriteFile(filepath.Join(dir, key+".cbor"), reply.Payload([]byte{1}), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// errEmpty answers a recording without rows where rows are needed.
var errEmpty = errors.New("record: the engine answered no rows")

// Check reports what is wrong with a set.
func (s Set) Check() error {
	for _, q := range Queries {
		if r := s[q.Key]; r == nil || r.Rows() == 0 {
			return fmt.Errorf("%s: %w", q.Key, errEmpty)
		}
	}
	return nil
}

var epoch = time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.UTC)
