package surrealsql

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// schemaOnce runs schema_file, or Config.Schema, once per connector and database,
// before the database is used: by a new connection, by Use, or by a SignIn that
// selects another one. It goes by the content: a file that changed is run again by the
// next new connection or change of the database.
type schemaOnce struct {
	turn chan struct{} // held while a schema runs; others wait for its outcome
	done map[schemaKey]struct{}
}

type schemaKey struct {
	ns, db  string
	content [sha256.Size]byte
}

func newSchemaOnce() schemaOnce {
	return schemaOnce{turn: make(chan struct{}, 1), done: make(map[schemaKey]struct{})}
}

// ensure runs the schema where the session stands, unless it has been run there. A
// failure fails this connection, or the change of its database, only: the next one
// tries again.
func (s schemaOnce) ensure(ctx context.Context, c *Conn) error {
	name, text, err := c.cfg.schema()
	if err != nil || text == "" {
		return err
	}
	free, err := s.take(ctx, name)
	if err != nil {
		return err
	}
	defer free()
	ns, db := c.stands()
	key := schemaKey{ns, db, sha256.Sum256([]byte(text))}
	if _, ok := s.done[key]; ok {
		return nil
	}
	was := c.settingUp
	c.settingUp = true
	defer func() { c.settingUp = was }()
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
	free, err := s.take(ctx, name)
	if err != nil {
		return name, false, err
	}
	defer free()
	_, done := s.done[schemaKey{ns, db, sha256.Sum256([]byte(text))}]
	return name, !done, nil
}

// take waits for the turn; free ends it.
func (s schemaOnce) take(ctx context.Context, name string) (free func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: waiting for another connection to run it: %w", name, context.Cause(ctx))
	}
}

// stands returns the namespace and the database that the session is on. Where neither
// the Config nor a call has said it, those of its token are.
func (c *Conn) stands() (ns, db string) {
	if c.now.ns == "" {
		return tokenPlace(c.signedWith)
	}
	return c.now.ns, c.now.db
}

// enter brings the session to a database and runs its schema there, as the user that
// is signed in. When that fails the session goes back to where it was.
func (c *Conn) enter(ctx context.Context, ns, db string) error {
	name, pending, err := c.connector.schema.pending(ctx, c, ns, db)
	if err != nil {
		return fmt.Errorf("surrealsql: %w", err)
	}
	if pending && c.tx != nil {
		return fmt.Errorf("surrealsql: %s has not run in namespace %q, database %q, and would be a part of the open transaction: select the database before BeginTx", name, ns, db)
	}
	before := c.now
	err = c.changeRenewed(ctx, useStep(ns, db), func(s *session) { s.ns, s.db = ns, db })
	if err != nil || !pending {
		return err
	}
	if err := c.connector.schema.ensure(ctx, c); err != nil {
		c.comeBack(before)
		return fmt.Errorf("surrealsql: namespace %q, database %q is not selected: %w", ns, db, err)
	}
	return nil
}

// comeBack selects again what was selected before, or gives the connection up: it must
// not stay on a database without its schema.
func (c *Conn) comeBack(before session) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.cfg.CloseTimeout, errCloseTimeout)
	defer cancel()
	if before.ns == "" || c.change(ctx, useStep(before.ns, before.db), func(s *session) { s.ns, s.db = before.ns, before.db }) != nil {
		c.rpc.Abort()
	}
}

// schema reads the schema's text, "" if there is none, and names it for errors.
func (c *Config) schema() (name, text string, err error) {
	if c.SchemaFile == "" {
		return "Config.Schema", c.Schema, nil
	}
	content, err := os.ReadFile(c.SchemaFile)
	if err != nil {
		return "", "", fmt.Errorf("schema_file: %w", err)
	}
	return "schema_file " + c.SchemaFile, string(content), nil
}

// tokenPlace reads the namespace and the database that a JWT is for, as far as it says
// so. The server checks it.
func tokenPlace(token string) (ns, db string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", ""
	}
	var place struct{ NS, DB string } // or in lower case: encoding/json does not mind
	if json.Unmarshal(claims, &place) != nil {
		return "", ""
	}
	return place.NS, place.DB
}
