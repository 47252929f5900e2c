package surrealtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/surrealsql/surrealsql"
)

// What a test asks for: a DSN of its own on a shared engine, or an engine of its own.

// startTimeout bounds the start of an engine for a test; a first fetch from npm
// over a slow line is the longest part of it.
const startTimeout = 5 * time.Minute

// urlVariable names the server that is used instead of one of our own.
const urlVariable = "SURREALDB_URL"

// sharedServer is the server that the tests of this binary share.
type sharedServer struct {
	*surrealsql.Config
	version string // as Server.Version gives it
}

// shared starts or finds the shared server and tells which one it is. One that is
// started ends with the binary: nothing closes it, and nothing must.
var shared = sync.OnceValues(func() (sharedServer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s, what, err := startShared(ctx)
	if err == nil {
		announce(s.version, what)
	}
	return s, err
})

// startShared returns with the server what it is, in words.
func startShared(ctx context.Context) (s sharedServer, what string, err error) {
	if os.Getenv(serversVariable) == "" && os.Getenv(urlVariable) != "" {
		if s.Config, err = fromEnv(); err != nil {
			return s, "", err
		}
		if s.version, err = versionOf(ctx, s.Config); err != nil {
			// Who has set it long ago looks for an engine of the tests' own.
			err = fmt.Errorf("surrealtest: the server in %s: %w", urlVariable, err)
		}
		return s, "the server in " + urlVariable, err
	}
	started, err := Start(ctx, Options{installing: os.Stderr})
	if err != nil {
		return s, "", err
	}
	s.Config, err = surrealsql.ParseDSN(started.DSN())
	s.version = started.Version()
	return s, started.engine, err
}

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
// The engine is the one that SURREALTEST_SERVERS names, or else the server that
// SURREALDB_URL names (with the other variables of surrealsql.ConfigFromEnv; its
// user must be one who may define namespaces), or else the first of these that can
// be had, started once per test binary and ended with it, also when that is killed:
// `surreal` on PATH, SurrealDB's embedded engine from npm, Docker. Where there is
// none the test fails and says what to do.
func DSN(t testing.TB) string {
	t.Helper()
	return ownDatabase(t, mustShare(t).Config)
}

// mustShare is the shared server, without which the test fails.
func mustShare(t testing.TB) sharedServer {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
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
