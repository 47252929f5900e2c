package surrealsql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/files"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// schemaOnce runs schema_file, or Config.Schema, once per connector and database,
// before the database is used: by a new connection, by Use, or by a SignIn or SignUp that
// selects another one. It goes by the content: a file that changed is run again by the
// next new connection or change of the database.
type schemaOnce struct {
	running chan struct{} // held while a schema runs; others wait for its outcome
	done    map[schemaKey]struct{}
}

type schemaKey struct {
	ns, db  string
	content [sha256.Size]byte
}

func newSchemaOnce() schemaOnce {
	return schemaOnce{running: make(chan struct{}, 1), done: make(map[schemaKey]struct{})}
}

// ensure runs the schema where the session stands, unless it has been run there. A
// failure fails this connection, or the change of its database, only: the next one
// tries again.
func (s schemaOnce) ensure(ctx context.Context, c *Conn) error {
	name, text, err := c.cfg.schema()
	if err != nil || text == "" {
		return err
	}
	free, err := s.lock(ctx, name)
	if err != nil {
		return err
	}
	defer free()
	ns, db := c.session.selected()
	key := schemaKey{ns, db, sha256.Sum256([]byte(text))}
	if _, ok := s.done[key]; ok {
		return nil
	}
	was := c.session.settingUp
	c.session.settingUp = true
	defer func() { c.session.settingUp = was }()
	if _, err := c.ExecContext(ctx, text, nil); err != nil {
		return inPart(name, err)
	}
	s.done[key] = struct{}{}
	return nil
}

// pending reports whether a schema has still to be run in a database, and its name.
func (s schemaOnce) pending(ctx context.Context, c *Conn, ns, db string) (string, bool, error) {
	if db == "" || c.readOnly { // who only reads needs none
		return "", false, nil
	}
	name, text, err := c.cfg.schema()
	if err != nil || text == "" {
		return name, false, err
	}
	free, err := s.lock(ctx, name)
	if err != nil {
		return name, false, err
	}
	defer free()
	_, done := s.done[schemaKey{ns, db, sha256.Sum256([]byte(text))}]
	return name, !done, nil
}

// lock waits until no other connection runs a schema; free lets the next one.
func (s schemaOnce) lock(ctx context.Context, name string) (free func(), err error) {
	select {
	case s.running <- struct{}{}:
		return func() { <-s.running }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: waiting for another connection to run it: %w", name, ctxerr.Of(ctx))
	}
}

// schema reads the schema's text, "" if there is none, and names it for errors.
func (c *Config) schema() (name, text string, err error) {
	if c.SchemaFile == "" {
		return "Config.Schema", c.Schema, nil
	}
	content, err := files.Whole(c.SchemaFile)
	if err != nil {
		return "", "", fmt.Errorf("schema_file: %w", err)
	}
	return "schema_file " + c.SchemaFile, string(content), nil
}

// admit returns an error for a text that writes where the schema has not run. A USE in a
// text lasts for that text, so a write after it goes to a database that the session is not
// on, and that the schema may not have run in. To run the schema in between would be the
// half of a text.
func (s schemaOnce) admit(ctx context.Context, c *Conn, q *analysis) error {
	if c.cfg.SchemaFile == "" && c.cfg.Schema == "" {
		return nil
	}
	ns, db := c.session.selected()
	for i := q.elsewhere; i < len(q.Statements); i++ {
		if q.Statements[i].Kind != surrealql.Use {
			continue
		}
		text := q.Text[q.Statements[i].Pos:q.Statements[i].End]
		m := usePattern.FindStringSubmatch(text)
		if m == nil {
			return fmt.Errorf("surrealsql: statement %d (%s): cannot tell whether the schema has run there: select the database with Use of the Conn", i+1, text)
		}
		if m[1] != "" {
			ns = bareName(m[1])
		}
		if m[2] != "" {
			db = bareName(m[2])
		}
		name, pending, err := s.pending(ctx, c, ns, db)
		if err != nil {
			return fmt.Errorf("surrealsql: %w", err)
		}
		if pending {
			return fmt.Errorf("surrealsql: statement %d (%s): %s has not run in namespace %q, database %q: select it with Use of the Conn, which runs it", i+1, text, name, ns, db)
		}
	}
	return nil
}

const useName = "([\\pL\\pN_]+|`[^`\\\\]*`|⟨[^⟩\\\\]*⟩)"

// usePattern is a USE whose names stand in the text, with the namespace and the
// database.
var usePattern = regexp.MustCompile(`(?i)^use(?:\s+(?:ns|namespace)\s+` + useName + `)?(?:\s+(?:db|database)\s+` + useName + `)?\s*$`)

func bareName(name string) string { return strings.Trim(name, "`⟨⟩") }
