//go:build go1.27 && !purego

package surrealsql_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

func scansDirectly(t *testing.T, db *sql.DB, text, want string) {
	t.Helper()
	require.Equal(t, want, string(queryOne[[]byte](t, db, text)), text)
	require.Equal(t, want, string(queryOne[blob](t, db, text)), text)
	require.Equal(t, want, string(queryOne[sql.Null[[]byte]](t, db, text).V), text)
	require.Len(t, queryOne[octets](t, db, text), len(want), text)
}
