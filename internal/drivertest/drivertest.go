// Package drivertest is what the tests of the driver have in common: databases
// that end with their test, calls that must succeed, and what must hold after a
// failure. Its tests and those in the folders below are users of the driver, who
// see what a program sees:
//
//   - connections: how a connection is made, kept, checked and given up;
//   - queries: texts and arguments, results, writes, errors and the query log;
//   - values: what goes into Go's values and comes out of them;
//   - sessions: the sessions that calls name in their contexts, as those of many tenants;
//   - records: rows that are read whole, into values of a type;
//   - transactions: how they end, whatever happens to them;
//   - failures: servers, networks and programs that misbehave.
//
// What needs SurrealDB runs on a real engine (package surrealtest), each test in a
// database of its own; what needs a server that misbehaves scripts one
// (internal/scripted). No test leaves a goroutine behind.
//
// With SURREALSQL_TEST_POOL=1 all of them run above package pool instead of the
// pool of sql.DB, with SURREALSQL_TEST_STREAM=always on answers that are streamed, by servers
// that can (3.3), with SURREALSQL_TEST_PROTOCOL=cbor on connections that speak no more than
// that subprotocol, whatever the server has.
package drivertest

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// Main is what TestMain of these packages does: it runs the tests on a server whose
// experimental capabilities are allowed, and fails if one hangs or they leave a goroutine.
func Main(m *testing.M) {
	// Files are experimental still (4.0.0-beta.1), eval::* runs nothing unless it is
	// allowed (3.2), and a server that a test starts has its environment.
	for key, value := range map[string]string{"SURREAL_CAPS_ALLOW_EXPERIMENTAL": "files", "SURREAL_CAPS_ALLOW_EVAL_QUERY": "system"} {
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(watchedTests{m})
}

// FromEnv is the number that a variable says, for tests with a long form, or else that of
// their short form.
func FromEnv(t testing.TB, variable string, short int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return short
	}
	longForm.Store(true)
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "%s: expected a number", variable)
	return n
}
