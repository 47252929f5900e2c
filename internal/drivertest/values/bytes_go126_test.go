//go:build !go1.27 || purego

package values

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// How a []byte is scanned before Go 1.27.

// scansDirectly: before Go 1.27 database/sql fills a []byte itself, or refuses to.
func scansDirectly(t *testing.T, db *sql.DB, text, want string) {
	t.Helper()
	var b []byte
	if err := db.QueryRowContext(t.Context(), text).Scan(&b); err == nil {
		require.Equal(t, want, string(b), text)
	} else {
		require.ErrorContains(t, err, "unsupported Scan", text)
	}
}
