package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The command line, and what it prints without a server.

func TestFlagsGoBeforeWhatTheScenarioSays(t *testing.T) {
	t.Parallel()
	opts, err := parse(strings.Fields("-scenario jobs -workers 3 -queries 2 -hold 1ms-2ms -min 1 -max 2 -burst 4 -acquire-timeout 1s"), io.Discard)
	require.NoError(t, err)
	s := opts.scenarios[0]
	require.Equal(t, []phase{{workers: 3, each: 2}}, s.phases)
	require.Equal(t, span{ms, 2 * ms}, s.hold)
	require.Equal(t, limits{1, 2, 4, time.Second}, s.pool)
	require.Equal(t, "3 workers × 2 queries, holding for 1ms to 2ms, on 2 connections (at least 1) (4 in a burst)", s.String())
	require.Equal(t, 20, scenarios[len(scenarios)-1].phases[0].each, "the list itself was changed")
}

func TestDurationTakesThePlaceOfACount(t *testing.T) {
	t.Parallel()
	opts, err := parse(strings.Fields("-scenario progressive -duration 3s"), io.Discard)
	require.NoError(t, err)
	require.Equal(t, "1000 workers for 3s, on 600 connections (at least 50)", opts.scenarios[0].String())
}

func TestFlagsThatAreWrongSayWhatIsExpected(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"-scenario nothing":  `unknown scenario "nothing": -scenario list shows them`,
		"-pool best":         `unknown -pool "best": expected fair, sql or both`,
		"-hold 5ms-1ms":      "a range from a shorter to a longer one",
		"-hold long":         "invalid duration",
		"-workers 0":         "at least 1 worker",
		"-max 0":             "-max must be at least 1",
		"-min 20":            "-min 20 is more than -max 10",
		"-burst 5":           "-burst 5 is less than -max 10",
		"-acquire-timeout 0": "-acquire-timeout must be above 0",
		"jobs":               `unexpected argument "jobs"`,
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		require.ErrorContains(t, err, want, args)
		require.Equal(t, exitUsage, program(t.Context(), strings.Fields(args), io.Discard, io.Discard))
	}
}

func TestHelpAndListOfScenariosAreNoFailures(t *testing.T) {
	t.Parallel()
	var out, help strings.Builder
	require.Zero(t, program(t.Context(), []string{"-scenario", "list"}, &out, io.Discard))
	require.Equal(t, len(scenarios), strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "burst-5000    5000 workers × 1 query, on 50 connections\n")
	require.Zero(t, program(t.Context(), []string{"-help"}, io.Discard, &help))
	require.Contains(t, help.String(), "-acquire-timeout duration")
}

func TestLiveLineHasWhatOneWantsToWatch(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	show, end := liveLine(&trial{scenario: scenarios[0], subject: &plain{}, planned: 10}, &out)
	show(reading{rate: 1234, inUse: 10, waiting: 490})
	end()
	require.Contains(t, out.String(), "1234/s, 10 in use, 0 idle, 490 waiting, 0 errors")
}
