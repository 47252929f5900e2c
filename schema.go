package surrealsql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
)

// schemaOnce runs schema_file, or Config.Schema, once per connector and database. It goes by the
// content: a file that changed is run again by the next new connection.
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

// ensure runs the schema unless it has been run. A failure fails this
// connection only: the next one tries again.
func (s schemaOnce) ensure(ctx context.Context, c *Conn) error {
	name, text, err := c.cfg.schema()
	if err != nil || text == "" {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%s: waiting for another connection to run it: %w", name, context.Cause(ctx))
	}
	defer func() { <-s.turn }()
	key := schemaKey{c.now.ns, c.now.db, sha256.Sum256([]byte(text))}
	if _, ok := s.done[key]; ok {
		return nil
	}
	if _, err := c.ExecContext(ctx, text, nil); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.done[key] = struct{}{}
	return nil
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
