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

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/hand"
	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// Query is a query whose reply is recorded.
type Query struct {
	Key      string
	Text     string // as the driver takes it: `$1`
	Wire     string // as the server takes it: `$_1`
	Args     []any  // its arguments
	Protocol string // the subprotocol it is asked by
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
	One    = one("one", "person")
	Page4  = plain("page4", "SELECT age, name, score, created FROM person")
	Page8  = plain("page8", "SELECT age, name, score, created, city, visits, height, updated FROM person")
	Nested = plain("nested", "SELECT VALUE doc FROM customer")
	Page   = plain("document", "SELECT VALUE people FROM ONLY page:1")

	// Of a table with a schema, by each subprotocol.
	Member        = one("member", "member")
	MemberShaped  = shaped(Member)
	Members       = plain("members", "SELECT "+MemberColumns+" FROM member")
	MembersShaped = shaped(Members)

	Queries = []Query{One, Page4, Page8, Nested, Page, Member, MemberShaped, Members, MembersShaped}
)

func plain(key, text string) Query {
	return Query{Key: key, Text: text, Wire: text, Protocol: replay.CBOR}
}

// one looks a record up by its id.
func one(key, table string) Query {
	text := "SELECT name, age FROM type::record('" + table + "', "
	return Query{Key: key, Text: text + "$1)", Wire: text + "$_1)", Args: []any{41}, Protocol: replay.CBOR}
}

// shaped is a query by the subprotocol of 4.0.
func shaped(q Query) Query {
	q.Key, q.Protocol = q.Key+"-shaped", replay.Shaped
	return q
}

// Set is recordings by the keys of their queries.
type Set map[string]*replay.Recording

// Seed fills an empty database with so many people and members, half as many customers
// (at most 100) and a page that holds all the people.
func Seed(ctx context.Context, db *sql.DB, people int) error {
	rows, members := make([]Person, people), make([]NewMember, people)
	for i := range rows {
		rows[i], members[i] = NewPerson(i+1), MakeMember(i+1)
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
		{DefineMembers("member"), nil},
		{"INSERT INTO member $1", members},
		{"CREATE page:1 SET people = (SELECT age, name, score, created FROM $1)", surrealsql.Table("person")},
	} {
		var args []any
		if step.arg != nil {
			args = []any{step.arg}
		}
		if _, err := db.ExecContext(ctx, step.text, args...); err != nil {
			return fmt.Errorf("%s: %w", step.text, err)
		}
	}
	return nil
}

// FromEngine records the replies of a seeded database, as a root user. It uses
// the wire itself, so that no byte depends on a client. Replies by a subprotocol that the
// engine does not take are the stored ones.
func FromEngine(ctx context.Context, dsn string) (Set, error) {
	cfg, err := surrealsql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	set := make(Set, len(Queries))
	if err := set.record(ctx, cfg, replay.CBOR); err != nil {
		return nil, err
	}
	err = set.record(ctx, cfg, replay.Shaped)
	if errors.Is(err, hand.ErrProtocol) {
		err = set.takeStored(replay.Shaped)
	}
	return set, err
}

// record puts the replies by a subprotocol into the set.
func (s Set) record(ctx context.Context, cfg *surrealsql.Config, protocol string) error {
	c, err := hand.Dial(ctx, cfg.Hosts[0], protocol)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Begin(cfg.User, cfg.Password, cfg.Namespace, cfg.Database); err != nil {
		return err
	}
	for _, q := range Queries {
		if q.Protocol != protocol {
			continue
		}
		payload, err := c.Call(hand.Query(q.Wire, q.Vars()))
		if err != nil {
			return fmt.Errorf("%s: %w", q.Key, err)
		}
		if s[q.Key], err = replay.Parse(payload); err != nil {
			return fmt.Errorf("%s: %w", q.Key, err)
		}
	}
	return nil
}

//go:embed testdata/*.cbor
var stored embed.FS

// Stored are the recordings that lie beside this file.
func Stored() (Set, error) {
	set := make(Set, len(Queries))
	return set, errors.Join(set.takeStored(replay.CBOR), set.takeStored(replay.Shaped))
}

// takeStored takes those of a subprotocol.
func (s Set) takeStored(protocol string) error {
	for _, q := range Queries {
		if q.Protocol != protocol {
			continue
		}
		payload, err := stored.ReadFile("testdata/" + q.Key + ".cbor")
		if err != nil {
			return err
		}
		if s[q.Key], err = replay.Parse(payload); err != nil {
			return fmt.Errorf("%s: %w", q.Key, err)
		}
	}
	return nil
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
