package scripted_test

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

// A server has connections, and each of them its server.
func TestFilesKeepTheirFloors(t *testing.T) {
	floors.Keep(t, 5,
		"frame.go message.go request.go authority.go",
		"stream.go",
		"conn.go read.go reply.go server.go pipe.go",
		"counts.go doc.go",
	)
}
