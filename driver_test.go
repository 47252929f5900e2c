package surrealsql_test

import (
	"context"
	"database/sql"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tests of this package are users of the driver: they see what a program
// sees. What needs SurrealDB runs on the real engine, each test in a database of
// its own; what needs a server that misbehaves scripts one.

func TestMain(m *testing.M) {
	// Files are experimental still (4.0.0-beta.1), eval::* runs nothing unless it is
	// allowed (3.2), and a server that a test starts has its environment.
	for key, value := range map[string]string{"SURREAL_CAPS_ALLOW_EXPERIMENTAL": "files", "SURREAL_CAPS_ALLOW_EVAL_QUERY": "system"} {
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// newDB opens an empty database for the test.
func newDB(t testing.TB, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return openDB(t, surrealtest.DSN(t), change...)
}

// throughPool makes the tests of this package use package pool instead of
// sql.DB's own pool: whoever changes to it must not notice.
var throughPool = os.Getenv("SURREALSQL_TEST_POOL") != ""

// openDB opens a DSN, with changes to its Config, and closes it with the test.
func openDB(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	if !throughPool {
		return plainDB(t, dsn, change...)
	}
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	for _, c := range change {
		c(cfg)
	}
	// As sql.DB is without settings: as many connections as there are callers, and
	// no look at idle ones beyond the driver's.
	p, err := pool.New(t.Context(), cfg, pool.WithMax(1000), pool.WithCheckInterval(pool.Disabled))
	require.NoError(t, err)
	pools.Store(p.DB(), p)
	t.Cleanup(func() {
		pools.Delete(p.DB())
		require.NoError(t, p.Close())
	})
	return p.DB()
}

// pools are the pools below databases that openDB has opened, by their *sql.DB.
var pools sync.Map

// counted returns how many connections of a database are open, and how many of them
// idle. The statistics of an *sql.DB above a pool count its leases only.
func counted(db *sql.DB) (open, idle int) {
	if p, ok := pools.Load(db); ok {
		s := p.(*pool.Pool).Stats()
		return s.Total, s.Idle
	}
	s := db.Stats()
	return s.OpenConnections, s.Idle
}

// openConns is the first of counted.
func openConns(db *sql.DB) int {
	open, _ := counted(db)
	return open
}

// dialsUnderWay returns how many connections a pool is making for nobody's call. sql.DB
// itself makes none.
func dialsUnderWay(db *sql.DB) int {
	if p, ok := pools.Load(db); ok {
		return p.(*pool.Pool).Stats().Dialing
	}
	return 0
}

// keepIdle lets a database keep so many idle connections; a pool does anyhow.
func keepIdle(db *sql.DB, n int) {
	if _, ok := pools.Load(db); !ok {
		db.SetMaxIdleConns(n)
	}
}

// plainDB is openDB for tests of what sql.DB's own pool does: what it keeps, what
// it counts, which settings it has.
func plainDB(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	for _, c := range change {
		c(cfg)
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// mustExec runs a text that must succeed.
func mustExec(t testing.TB, db execer, text string, args ...any) sql.Result {
	t.Helper()
	res, err := db.ExecContext(t.Context(), text, args...)
	require.NoError(t, err, text)
	return res
}

// queryOne scans the one value of a text's first row.
func queryOne[T any](t testing.TB, db queryer, text string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, db.QueryRowContext(t.Context(), text, args...).Scan(&v), text)
	return v
}

// execer and queryer are what *sql.DB, *sql.Conn and *sql.Tx have in common.
type execer interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

type queryer interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// raw runs f on the driver's connection below a lease.
func raw(t testing.TB, conn *sql.Conn, f func(*surrealsql.Conn) error) {
	t.Helper()
	require.NoError(t, conn.Raw(func(c any) error { return f(c.(*surrealsql.Conn)) }))
}

// lease takes a connection out of the pool until the test or release ends it.
func lease(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestOpenByNameServesAProgramsFirstMinute(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	for _, name := range []string{surrealsql.DriverName, surrealsql.DriverAlias} {
		db, err := sql.Open(name, dsn)
		require.NoError(t, err)
		require.NoError(t, db.PingContext(t.Context()))

		mustExec(t, db, `CREATE person SET name = $1, age = $2`, "Tobie", 41)
		var (
			person string
			age    int
		)
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT name, age FROM person WHERE age > $1`, 40).Scan(&person, &age))
		require.Equal(t, "Tobie", person)
		require.Equal(t, 41, age)

		mustExec(t, db, `DELETE person`)
		require.NoError(t, db.Close())
	}
}

func TestAnEmptyDSNOpensAndFailsAtFirstUse(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("surrealdb", "") // as otelsql.Register does
	require.NoError(t, err)
	defer db.Close()
	require.IsType(t, surrealsql.Driver{}, db.Driver())
	require.ErrorIs(t, db.PingContext(t.Context()), surrealsql.ErrNoHosts)
}

func TestAnOpenConnectionTellsTheServersVersion(t *testing.T) {
	t.Parallel()
	if os.Getenv("SURREALDB_URL") != "" {
		t.Log("the server in SURREALDB_URL decides which version it is")
	}
	raw(t, lease(t, newDB(t)), func(c *surrealsql.Conn) error {
		require.Regexp(t, `^\d+\.\d+\.\d+`, c.ServerVersion())
		return nil
	})
}

func TestAClosedDatabaseServesNobody(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	require.Error(t, db.PingContext(t.Context()))
	_, err = connector.Connect(t.Context())
	require.ErrorIs(t, err, surrealsql.ErrClosed)
}
