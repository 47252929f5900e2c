package callstack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

//go:noinline
func marked(f func()) { f() }

//go:noinline
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
}

func TestHoldsFindsFunctionHoweverDeepTheStackIs(t *testing.T) {
	for _, depth := range []int{0, 1, 60, 61, 62, 63, 64, 65, 200} {
		found := false
		marked(func() { deep(depth, func() { found = Holds("/callstack.marked") }) })
		require.True(t, found, "%d frames below", depth)
		deep(depth, func() { found = Holds("/callstack.marked") })
		require.False(t, found)
	}
}
