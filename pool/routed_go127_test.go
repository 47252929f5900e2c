//go:build go1.27 && !purego

package pool_test

// Rows of a routed connection on Go 1.27.

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/pool"
)

func TestRoutedRowsAreScannedStraightIntoTheirDestinations(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	var name string
	var tags []string // which database/sql alone cannot fill
	err := f.Routed().QueryRowContext(t.Context(), `SELECT name, tags FROM [{ name: 'Ada', tags: ['x', 'y'] }]`).Scan(&name, &tags)
	require.NoError(t, err)
	require.Equal(t, "Ada", name)
	require.Equal(t, []string{"x", "y"}, tags)
	requireNothingHeld(t, f.Pool)
}
