package ws

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 1,
		"doc.go errors.go",
		"frame.go closing.go peek.go",
		"peek_byte_linux.go peek_byte_unix.go",
		"peek_unix.go peek_other.go",
		"conn.go",
		"read.go write.go",
		"message.go poll.go dial.go interrupt.go",
	)
}
