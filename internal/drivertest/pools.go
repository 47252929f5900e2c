package drivertest

import (
	"database/sql"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
)

// The pool of sql.DB or package pool: tests ask here what the one or the other has.

// ThroughPool makes OpenDB use package pool instead of the pool of sql.DB: whoever
// changes to it must not notice.
var ThroughPool = os.Getenv("SURREALSQL_TEST_POOL") != ""

// pools are the pools below databases that OpenDB has opened, by their *sql.DB.
var pools sync.Map

func pooledDB(t testing.TB, cfg *surrealsql.Config) *sql.DB {
	t.Helper()
	// As sql.DB is without settings: as many connections as there are callers, and
	// no check of idle ones beyond the driver's.
	p, err := pool.New(t.Context(), cfg, pool.Settings{Max: 1000, HealthCheckInterval: pool.Disabled})
	require.NoError(t, err)
	pools.Store(p.DB(), p)
	t.Cleanup(func() {
		pools.Delete(p.DB())
		require.NoError(t, p.Close())
	})
	return p.DB()
}

// OpenConns returns how many connections of a database are open.
func OpenConns(db *sql.DB) int {
	open, _ := conns(db)
	return open
}

// conns returns how many connections of a database are open, and how many of them
// are idle. The statistics of an *sql.DB above a pool count its leases only.
func conns(db *sql.DB) (open, idle int) {
	if p, ok := pools.Load(db); ok {
		s := p.(*pool.Pool).Stats()
		return s.Total, s.Idle
	}
	s := db.Stats()
	return s.OpenConnections, s.Idle
}

// Connecting returns how many connections a pool is making for nobody's call. The pool
// of sql.DB makes none.
func Connecting(db *sql.DB) int {
	if p, ok := pools.Load(db); ok {
		return p.(*pool.Pool).Stats().Connecting
	}
	return 0
}

// KeepIdle lets a database keep so many idle connections; package pool does anyhow.
func KeepIdle(db *sql.DB, n int) {
	if _, ok := pools.Load(db); !ok {
		db.SetMaxIdleConns(n)
	}
}

// FillIdle fills the pool with n idle connections.
func FillIdle(t testing.TB, db *sql.DB, n int) {
	t.Helper()
	KeepIdle(db, n)
	leases := make([]*sql.Conn, n)
	for i := range leases {
		leases[i] = Lease(t, db)
	}
	for _, lease := range leases {
		require.NoError(t, lease.Close())
	}
	_, ready := conns(db)
	require.Equal(t, n, ready)
}
