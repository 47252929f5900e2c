package surrealtest

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

// testContext bounds what is shared by tests and so has no test's context.
var testContext = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
