package rpc

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 2,
		"doc.go error.go trace.go",
		"frame.go",
		"reply.go",
		"conn.go",
		"idle.go stream.go frames.go stall.go notification.go",
	)
}
