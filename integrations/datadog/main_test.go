package datadog

import (
	"testing"

	"go.uber.org/goleak"
)

// Nothing of the driver may be left behind. The tracer has goroutines from the beginning (seelog).

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }
