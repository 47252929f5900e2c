// Package connections tests how a connection is made, kept, checked, renewed and
// given up.
package connections

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
