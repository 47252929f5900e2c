package breaker

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/floors"
)

func TestFilesKeepTheirFloors(t *testing.T) {
	t.Parallel()
	floors.Keep(t, 1,
		"errors.go settings.go", // what users see of it
		"endpoint.go",           // one server's
		"breaker.go",            // all servers'
		"connect.go doc.go",     // how it hears of connects and queries
	)
}
