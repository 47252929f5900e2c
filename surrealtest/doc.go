// Package surrealtest gives tests a real SurrealDB, and connections their faults.
//
//	func TestOrders(t *testing.T) {
//		db, err := sql.Open("surrealdb", surrealtest.DSN(t))
//		…
//	}
//
// DSN gives each test an empty database in a namespace of its own, on an engine that is
// started once per test binary and ends with it, also when the binary is killed. Nothing
// is to be set up, no TestMain is needed, and no goroutine is left for goleak to
// find. Tests may run in parallel.
//
// The engine is the first of these that can be had; where there is none, tests
// fail and say what to do:
//
//   - the servers that the environment variable SURREALTEST_SERVERS lists: see below;
//   - the server that the environment variable SURREALDB_URL names, in any form
//     that surrealsql.ParseDSN takes, as the user root with the password root
//     unless it or SURREALDB_USER and SURREALDB_PASS say otherwise;
//   - the program surreal on PATH, in memory on a free loopback port;
//   - SurrealDB's embedded engine, version 3.0.2, on Node 20 or newer: it is
//     fetched from npm once, 155 MB, into the user's cache directory;
//   - the image surrealdb/surrealdb, where a Docker daemon answers.
//
// With -v, and where a package fails, the tests' output says which server it was, its
// version, and why none of those before it was taken. Version gives it to a test, and
// Needs skips a test on older servers.
//
// An engine that is started has the environment of the test binary, so SURREAL_…
// variables set its limits, and Options.Env sets those of one engine. go test repeats a
// cached result although such a variable has been set since, or another program stands at
// the same path: it does not know that they matter. -count=1 runs the tests.
//
// New starts an engine for one test alone, on one port or several, which can be
// stopped, killed and restarted. Start does the same for a program.
//
// A Proxy stands before a server and misbehaves on demand: it delays, throttles,
// cuts connections after n bytes or at once, holds data as a network does that
// has lost the way, stops reading, refuses.
//
// # Tests on several servers
//
// SURREALTEST_SERVERS lists servers, separated as the folders of PATH are: programs
// surreal, or the folders that hold one, by absolute paths, or "surreal" (the one on PATH),
// "npm" or "docker". On each of them the tests run, one server after the other:
//
//	SURREALTEST_SERVERS=/opt/3.2/surreal:/opt/3.3/surreal:npm go test ./...
//
// Where one cannot be had no other is taken in its place: its tests fail. A line before the
// tests of each says which it is. The tests of a package pass where they pass on each, and
// fail by the exit code of the first that fails; a failure does not keep them from the
// other servers, but with -failfast. -timeout is for all servers together. go test caches
// no result of several servers. A profile, as of -coverprofile, is that of the last. A
// package that does not import this one runs once.
//
// # What importing this package does
//
// The program surreal and a container would outlive a test binary that is killed.
// So each has a guard, which ends it: the importing executable itself, started once
// more with the environment variable SURREALTEST_GUARD set. Where that is set, an
// init function of this package acts as the guard and calls os.Exit, and main does
// not run. Where SURREALTEST_SERVERS lists several servers, the init function of a test
// binary starts it once for each of them, and calls os.Exit. This package is made for tests and trials; a program that serves others
// has no use for it.
//
// # What is different about the embedded engine
//
// It is SurrealDB itself, without its own front. A small WebSocket server, which
// is part of this package, stands in for that, and is held by tests to what
// SurrealDB's does: handshake headers, one session a connection, replies out of
// order, live notifications, pings, refusals of anonymous clients. Where it
// cannot follow:
//
//   - a query whose client has gone runs to its end, where a server drops it;
//   - handshake headers that name a namespace or database create it;
//   - only CBOR is spoken, and only on /rpc, /health and /version.
package surrealtest
