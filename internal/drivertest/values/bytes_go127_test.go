//go:build go1.27 && !purego

package values

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// How a []byte is scanned since Go 1.27.

func scansDirectly(t *testing.T, db *sql.DB, text, want string) {
	t.Helper()
	require.Equal(t, want, string(drivertest.QueryOne[[]byte](t, db, text)), text)
	require.Equal(t, want, string(drivertest.QueryOne[blob](t, db, text)), text)
	require.Equal(t, want, string(drivertest.QueryOne[sql.Null[[]byte]](t, db, text).V), text)
	require.Len(t, drivertest.QueryOne[octets](t, db, text), len(want), text)
}
