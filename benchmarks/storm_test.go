package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// stormTries is how often a storm may fall on a moment when the machine does
// something else.
const stormTries = 5

// Where each call that was given up cost a socket and a password check, a tenth of them
// left 0.08 of the useful calls; 0.6 are left now (3.3.5).
func TestCallsThatAreGivenUpLeaveTheOthersTheirConnections(t *testing.T) {
	surrealtest.Needs(t, "3.3")
	for _, c := range stormClients {
		if c.role != measure.Subject {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			e := engineEnv(t)
			e.storm = 500 * time.Millisecond
			var calm, given stormed
			for range stormTries {
				var err error
				calm, err = storm(t.Context(), e, c, 0)
				require.NoError(t, err)
				given, err = storm(t.Context(), e, c, 0.1)
				require.NoError(t, err)
				require.Zero(t, calm.Failed+given.Failed, "useful calls that failed")
				require.Zero(t, calm.Left+given.Left, "goroutines that are left")
				t.Logf("%.0f/s, with a tenth given up %.0f/s, worst %v, sockets for 100 given up: %.1f",
					calm.PerSecond, given.PerSecond, given.Worst, given.Sockets)
				if given.PerSecond >= 0.4*calm.PerSecond && given.Sockets < 1 {
					return
				}
			}
			require.GreaterOrEqual(t, given.PerSecond, 0.4*calm.PerSecond)
			require.Less(t, given.Sockets, 1.0)
		})
	}
}
