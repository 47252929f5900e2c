package surrealtest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
)

// startTimeout bounds the start of an engine for a test; a first fetch from npm
// over a slow line is the longest part of it.
const startTimeout = 5 * time.Minute

// urlVariable names the server that is used instead of one of our own.
const urlVariable = "SURREALDB_URL"

// shared is the configuration for the engine of this test binary, which ends
// with the binary: nothing closes it, and nothing must.
var shared = sync.OnceValues(func() (*surrealsql.Config, error) {
	if os.Getenv(urlVariable) != "" {
		return fromEnv()
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s, err := Start(ctx, Options{installing: os.Stderr})
	if err != nil {
		return nil, err
	}
	return surrealsql.ParseDSN(s.DSN())
})

// fromEnv is the server that the environment names; without credentials there,
// they are those of every trial server.
func fromEnv() (*surrealsql.Config, error) {
	cfg, err := surrealsql.ConfigFromEnv()
	if err != nil {
		return nil, err
	}
	if cfg.Auth == surrealsql.AuthAuto && cfg.User == "" && cfg.Token == "" && cfg.Access == "" {
		cfg.User, cfg.Password = "root", "root"
	}
	return cfg, nil
}

// DSN gives a test an empty namespace and database of its own, as the user root,
// on an engine that all tests of the binary share. They are removed when the test
// ends.
//
// The engine is the server that SURREALDB_URL names (with the other variables of
// surrealsql.ConfigFromEnv; its user must be one who may define namespaces) or
// else the first of these that can be had, started once per test binary and ended
// with it, also when that is killed: `surreal` on PATH, SurrealDB's embedded
// engine from npm, Docker. Where there is none the test fails and says what to do.
func DSN(t testing.TB) string {
	t.Helper()
	cfg, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return ownDatabase(t, cfg)
}

// TestDSN is DSN on this server.
func (s *Server) TestDSN(t testing.TB) string {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	return ownDatabase(t, cfg)
}

// New starts an engine for one test alone, which may stop, kill and restart it.
// It is closed when the test ends.
func New(t testing.TB, opts Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if opts.Output == nil {
		opts.installing = os.Stderr
	}
	s, err := Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
