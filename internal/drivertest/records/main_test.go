// Package records tests what is read as whole records: Query, One, All and Stream.
package records

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
