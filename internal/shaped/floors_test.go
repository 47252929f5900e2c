package shaped

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 2,
		"doc.go kind.go",
		"shape.go",
		"scope.go",
		"row.go item.go",
		"cbor.go rows.go",
		"block.go", "write.go",
	)
}
