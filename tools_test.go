package surrealsql_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// hostOf is the host:port that a DSN names.
func hostOf(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	return cfg.Hosts[0]
}

// proxied opens an empty database through a proxy of the test's own.
func proxied(t testing.TB, change ...func(*surrealsql.Config)) (*sql.DB, *surrealtest.Proxy) {
	t.Helper()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
	return openDB(t, proxy.DSN(dsn), change...), proxy
}

// requireNothingSent asserts that no request went through the proxy since it had
// counted before. Answers to the pings of the server, of 6 bytes each, may have gone;
// a request has 40 or more.
func requireNothingSent(t testing.TB, proxy *surrealtest.Proxy, before int64, what ...any) {
	t.Helper()
	const pongs = 24
	require.LessOrEqual(t, proxy.Stats().BytesToServer, before+pongs, what...)
}

// solo limits a pool to one connection, so that whatever a failure left behind
// would be met by the next caller.
func solo(db *sql.DB) *sql.DB {
	db.SetMaxOpenConns(1)
	return db
}

// requireGood asserts that the pool, a leased connection or a transaction still
// serves right answers.
func requireGood(t testing.TB, db queryer) {
	t.Helper()
	require.Equal(t, 42, queryOne[int](t, db, "RETURN $1 + 1", 41))
}

// requireUnbroken asserts that f costs no connection: the one that served before
// serves afterwards.
func requireUnbroken(t testing.TB, db *sql.DB, f func()) {
	t.Helper()
	solo(db)
	before := connID(t, db)
	f()
	requireGood(t, db)
	require.Equal(t, before, connID(t, db), "the connection was given up")
	require.Equal(t, 1, openConns(db))
	require.Zero(t, db.Stats().InUse)
}

// connID identifies the session that serves a call.
func connID(t testing.TB, db *sql.DB) *surrealsql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	var id *surrealsql.Conn
	require.NoError(t, conn.Raw(func(c any) error { id = c.(*surrealsql.Conn); return nil }))
	return id
}

// exec is ExecContext's error.
func exec(ctx context.Context, db execer, text string, args ...any) error {
	_, err := db.ExecContext(ctx, text, args...)
	return err
}

// scan is the error of scanning a text's first row into one value.
func scan(ctx context.Context, db queryer, text string, args ...any) error {
	var v any
	return db.QueryRowContext(ctx, text, args...).Scan(&v)
}
