package drivertest

import (
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Databases and connections that are closed when their test ends.

// streamMode is in which way answers are sent, where a test does not say it: so all of them
// can be shown to hold for streamed answers too.
var streamMode = surrealsql.StreamMode(os.Getenv("SURREALSQL_TEST_STREAM"))

// protocol is the subprotocol that is spoken, where a test does not say it; likewise.
var protocol = surrealsql.Protocol(os.Getenv("SURREALSQL_TEST_PROTOCOL"))

// NewDB opens an empty database for the test.
func NewDB(t testing.TB, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return OpenDB(t, surrealtest.DSN(t), change...)
}

// OpenDB opens a DSN, with changes to its Config, and closes it with the test.
func OpenDB(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	if ThroughPool {
		return PooledDB(t, dsn, change...)
	}
	return PlainDB(t, dsn, change...)
}

// PlainDB is OpenDB for tests of what the pool of sql.DB does: what it keeps, what it
// counts, which settings it has.
func PlainDB(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	db := sql.OpenDB(connector(t, dsn, change))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// PooledDB is OpenDB above package pool, for tests that compare the two.
func PooledDB(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return pooledDB(t, config(t, dsn, change))
}

// Connect makes one connection of the driver, without a pool above it.
func Connect(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *surrealsql.Conn {
	t.Helper()
	conn, err := connector(t, dsn, change).Connect(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*surrealsql.Conn)
}

func connector(t testing.TB, dsn string, change []func(*surrealsql.Config)) *surrealsql.Connector {
	t.Helper()
	c, err := surrealsql.NewConnector(config(t, dsn, change))
	require.NoError(t, err)
	return c
}

// connectPatience is in place of the default connect_timeout, 5s, where a database of package
// surrealtest is opened: a real server that hashes the passwords of many tests at once, on a
// machine that has other work, took longer.
const connectPatience = 30 * time.Second

func config(t testing.TB, dsn string, change []func(*surrealsql.Config)) *surrealsql.Config {
	t.Helper()
	tests.watch(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	if streamMode != "" && cfg.Stream == surrealsql.StreamAuto {
		cfg.Stream = streamMode
	}
	if protocol != "" && cfg.Protocol == surrealsql.ProtocolAuto {
		cfg.Protocol = protocol
	}
	if strings.HasPrefix(cfg.Namespace, "test_") && cfg.ConnectTimeout == 5*time.Second {
		cfg.ConnectTimeout = connectPatience
	}
	for _, c := range change {
		c(cfg)
	}
	return cfg
}

// Proxied opens an empty database through a proxy of the test's own.
func Proxied(t testing.TB, change ...func(*surrealsql.Config)) (*sql.DB, *surrealtest.Proxy) {
	t.Helper()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, HostOf(t, dsn))
	return OpenDB(t, proxy.DSN(dsn), change...), proxy
}

// HostOf is the host:port that a DSN names.
func HostOf(t testing.TB, dsn string) string {
	t.Helper()
	return config(t, dsn, nil).Hosts[0]
}

// DialTo makes a Config dial a server of pipes, as scripted.Pipes starts it.
func DialTo(srv *scripted.Server) func(*surrealsql.Config) {
	return func(cfg *surrealsql.Config) { cfg.DialContext = srv.Dial }
}

// Solo limits a pool to one connection, so that whatever a failure has left would
// be met by the next caller.
func Solo(db *sql.DB) *sql.DB {
	db.SetMaxOpenConns(1)
	return db
}
