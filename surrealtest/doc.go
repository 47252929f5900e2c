// Package surrealtest gives tests a real SurrealDB, and connections their faults.
//
//	func TestOrders(t *testing.T) {
//		db, err := sql.Open("surrealdb", surrealtest.DSN(t))
//		…
//	}
//
// DSN gives each test an empty database of its own on an engine that is started
// once per test binary and ends with it, also when the binary is killed. Nothing
// is to be set up, no TestMain is needed, and no goroutine is left for goleak to
// find. Tests may run in parallel.
//
// The engine is the first of these that can be had; where there is none, tests
// fail and say what to do:
//
//   - the server that the environment variable SURREALDB_URL names, in any form
//     that surrealsql.ParseDSN takes, as the user root with the password root
//     unless it or SURREALDB_USER and SURREALDB_PASS say otherwise;
//   - the program surreal on PATH, in memory on a free loopback port;
//   - SurrealDB's embedded engine, version 3.0.2, on Node 20 or newer: it is
//     fetched from npm once, 155 MB, into the user's cache directory;
//   - the image surrealdb/surrealdb, where a Docker daemon answers.
//
// New starts an engine for one test alone, on one port or several, which can be
// stopped, killed and restarted. Start does the same for a program.
//
// A Proxy stands before a server and misbehaves on demand: it delays, throttles,
// cuts connections after n bytes or at once, holds data as a network does that
// has lost the way, stops reading, refuses.
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
