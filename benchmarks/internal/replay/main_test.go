package replay_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/benchmarks/internal/replay"
)

func TestMain(m *testing.M) {
	replay.ServeIfChild()
	goleak.VerifyTestMain(m)
}
