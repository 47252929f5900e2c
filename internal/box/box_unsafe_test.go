//go:build !purego

package box

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What shares memory, where values do.

func TestArenaGivesLongTextNoNeighbours(t *testing.T) {
	t.Parallel()
	var b Arena
	b.Text(strings.Repeat("x", maxSharedText+1))
	require.Zero(t, b.strings.used)
	b.Text("short")
	require.Equal(t, 1, b.strings.used)
}
