package measure

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The move to one CPU, and back.

func TestOneCPUIsUndone(t *testing.T) {
	before, procs := allowed(t), runtime.GOMAXPROCS(0)
	undo, err := OneCPU()
	require.NoError(t, err)
	require.NotContains(t, allowed(t), "-")
	require.NotContains(t, allowed(t), ",")
	require.Equal(t, 1, runtime.GOMAXPROCS(0))
	require.NoError(t, undo())
	require.Equal(t, before, allowed(t))
	require.Equal(t, procs, runtime.GOMAXPROCS(0))
}

// allowed are the CPUs of the first thread, such as "0-3".
func allowed(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(status), "Cpus_allowed_list:")
	list, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(list)
}
