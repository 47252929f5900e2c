// Package values tests what goes from Go's values into SurrealDB's and comes back
// from them.
package values

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
