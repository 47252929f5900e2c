// Package sessions tests the sessions that calls name in their contexts.
package sessions

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
