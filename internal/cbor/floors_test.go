package cbor

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 1,
		"doc.go kind.go",
		"short.go encode.go",
		"decode.go",
		"error.go hold.go known.go",
		"source.go",
		"scalar.go",
		"indefinite.go",
		"text.go container.go skip.go",
		"walk.go",
	)
}
