package surrealtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The set-up of this package's tests, which leave no goroutine.

// testContext bounds what is shared by tests and so has no test's context.
var testContext = context.Background()

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		os.Exit(holdSharedEngine())
	}
	goleak.VerifyTestMain(m)
}

// helperVariable makes this binary a helper that its own tests kill.
const helperVariable = "SURREALTEST_TEST_HELPER"

// holdSharedEngine starts the engine that DSN uses, says where it is, and waits
// to be killed.
func holdSharedEngine() int {
	server, err := shared()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(server.Hosts[0])
	select {}
}
