package replay_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

// The set-up of the tests, one of which starts this binary as a server.

func TestMain(m *testing.M) {
	replay.ServeIfChild()
	goleak.VerifyTestMain(m)
}
