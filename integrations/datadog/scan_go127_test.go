//go:build go1.27

package datadog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Scanning into a struct (Go 1.27) passes through: rows are the driver's own.
func TestScanIntoAStructPassesThrough(t *testing.T) {
	db, _ := openTest(t)
	var m member
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT VALUE { id: member:a, name: 'Ada' } FROM 1`).Scan(&m))
	require.Equal(t, member{"member:a", "Ada"}, m)
}
