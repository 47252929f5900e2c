package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The SurrealDB that is used.

// cleanUp bounds the removal of the program's database.
const cleanUp = 5 * time.Second

// server is the SurrealDB that is used, with a database of the program's own.
type server struct {
	cfg    *surrealsql.Config
	engine *surrealtest.Server // nil for somebody else's
}

// findServer takes the server of the DSN, of SURREALDB_URL, or starts one.
func findServer(ctx context.Context, dsn string, out io.Writer) (*server, error) {
	s := new(server)
	var err error
	switch {
	case dsn != "":
		s.cfg, err = surrealsql.ParseDSN(dsn)
	case os.Getenv("SURREALDB_URL") != "":
		s.cfg, err = surrealsql.ConfigFromEnv()
	default:
		if s.engine, err = surrealtest.Start(ctx, surrealtest.Options{Output: out}); err != nil {
			return nil, err
		}
		s.cfg, err = surrealsql.ParseDSN(s.engine.DSN())
	}
	if err != nil {
		return nil, err
	}
	if s.cfg.Namespace == "" {
		s.cfg.Namespace = "stress"
	}
	// A database that does not exist is created by using it.
	s.cfg.Database = fmt.Sprintf("stress_%d", time.Now().UnixNano())
	return s, nil
}

// close leaves nothing on the server, also after Ctrl-C.
func (s *server) close() error {
	if s.engine != nil {
		return s.engine.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanUp)
	defer cancel()
	connector, err := surrealsql.NewConnector(s.cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(ctx, "REMOVE DATABASE IF EXISTS "+s.cfg.Database); err != nil {
		return fmt.Errorf("remove the database %s: %w", s.cfg.Database, err)
	}
	return nil
}
