// Package live tests live queries: their rows, their end, many on one socket, and servers
// that misbehave while one is open.
package live

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// patiently is the context of the test, for so long.
func patiently(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// follow begins a live query that the end of the test ends.
func follow(t testing.TB, db drivertest.Queryer, text string, args ...any) *sql.Rows {
	t.Helper()
	rows, err := db.QueryContext(patiently(t), text, args...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = rows.Close() })
	return rows
}

// next scans the next notification of three columns.
func next(t testing.TB, rows *sql.Rows) (action, id string, record any) {
	t.Helper()
	require.True(t, rows.Next(), "%v", rows.Err())
	return scan(t, rows)
}

// scan scans the present one.
func scan(t testing.TB, rows *sql.Rows) (action, id string, record any) {
	t.Helper()
	require.NoError(t, rows.Scan(&action, &id, &record))
	return action, id, record
}

func isLagging(err error) bool { return errors.Is(err, surrealsql.ErrLagging) }
