package surrealtest

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

// The lowest floor first: what stands alone, a process, its guard, the engines one
// by one, the choice among them, a Server, and what a test asks for.
func TestFilesKeepTheirFloors(t *testing.T) {
	floors.Keep(t, 2,
		"doc.go options.go servers.go each.go each_linux.go each_other.go stats.go lock.go lock_flock.go lock_other.go lock_windows.go proxy.go proxy_link.go",
		"process.go",
		"guard.go",
		"launcher.go install.go",
		"binary.go docker.go npm.go",
		"engine.go",
		"server.go",
		"database.go surrealtest.go version.go init.go",
	)
}
