package pool_test

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

// Each file uses its own floor and those below it.
func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 3,
		// what is told and what is counted
		"doc.go errors.go stats.go settings.go dsn.go surplus.go histogram.go goroutine.go",
		// the parts of a pool
		"backoff.go lease.go entry.go wait.go dials.go",
		"pool.go",
		// how connections are made, come back and end
		"dial.go release.go discard.go",
		// what callers and the keeper do with them
		"acquire.go health.go leak.go keeper.go metrics.go breaker.go",
		"lifecycle.go",
		// the ways in
		"replicas.go routed.go connector.go open.go")
}
