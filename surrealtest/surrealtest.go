package surrealtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds the start of an engine for a test; a first fetch from npm
// over a slow line is the longest part of it.
const startTimeout = 5 * time.Minute

// shared is this test binary's engine. It ends with the binary: nothing closes
// it, and nothing must.
var shared = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return Start(ctx, Options{installing: os.Stderr})
})

// DSN gives a test an empty namespace and database of its own, as the user root,
// on an engine that all tests of the binary share. They are removed when the test
// ends.
//
// The engine is the server that SURREALDB_URL names or else the first of these
// that the machine has, started once per test binary and ended with it: `surreal`
// on PATH, SurrealDB's embedded engine from npm, Docker. Where there is none the
// test fails and says what to do.
func DSN(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	dsn, drop, err := provision(s.Addr(0), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Log(err)
		}
	})
	return dsn
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
			t.Log(err)
		}
	})
	return s
}


// slug makes a test's name a database's.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, name)
}

func randomName() string { return strings.ToLower(rand.Text()[:12]) }

var _ = io.Discard
var _ = fmt.Sprint
