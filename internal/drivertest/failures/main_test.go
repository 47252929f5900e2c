// Package failures tests that servers, networks and programs that misbehave cost
// one connection at the most, and that their callers are told in time.
package failures

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
