//go:build go1.27

package wrappers

import (
	"database/sql"
	"testing"

	"github.com/ngrok/sqlmw"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Scanning into variables of the program's (Go 1.27) through what wraps a driver: it passes
// where the wrapper's rows have a ScanColumn.

func TestScanIntoAStructPassesThroughOtelsqlAndNotThroughSqlmw(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	traced, err := openOtelsql(cfg)
	require.NoError(t, err)
	sql.Register("surrealdb-scanned", sqlmw.Driver(surrealsql.Driver{}, new(interceptor)))
	intercepted, err := sql.Open("surrealdb-scanned", dsn)
	require.NoError(t, err)
	scan := func(db *sql.DB) (m member, err error) {
		defer func() { require.NoError(t, db.Close()) }()
		err = db.QueryRowContext(t.Context(), `SELECT VALUE { id: member:a, name: 'Ada' } FROM 1`).Scan(&m)
		return m, err
	}
	m, err := scan(traced)
	require.NoError(t, err)
	require.Equal(t, member{"member:a", "Ada"}, m)
	_, err = scan(intercepted)
	require.Error(t, err)
}
