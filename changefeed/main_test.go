package changefeed_test

import (
	"testing"

	"github.com/surrealsql/surrealsql/internal/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
