package surrealtest

import (
	"os"
	"testing"
)

// What importing this package does, before main and before any flag is read.

func init() {
	// Whoever imports this package is its guard when guardVariable is set.
	if text := os.Getenv(guardVariable); text != "" {
		os.Exit(runGuard(text, os.Stdin, os.Stdout))
	}
	args := os.Args[1:]
	if servers := listedServers(); testing.Testing() && len(servers) > 1 && testFlag(args, "list") == "" {
		os.Exit(testsOnEach(servers, args))
	}
}
