package surrealtest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests on each of several servers. What a failing server does is shown with one that
// is not there.

// listed is an environment that lists servers.
func listed(servers ...string) []string {
	return []string{serversVariable + "=" + strings.Join(servers, string(filepath.ListSeparator))}
}

func TestEachServerThatIsListedIsTested(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "testlog")
	out, err := ownRun(t, listed("npm", "", "npm"), "-test.v=true", "-test.testlogfile="+log,
		"-test.run=^(TestDatabaseIsRemovedWhenItsTestEnds|TestVersionsAreComparedByTheirNumbers)$")
	require.NoError(t, err, out)
	require.Equal(t, 2, strings.Count(out, "\n--- PASS: TestDatabaseIsRemovedWhenItsTestEnds"), out)
	require.Equal(t, 2, strings.Count(out, "--- PASS: TestVersionsAreComparedByTheirNumbers"))
	require.Equal(t, 2, strings.Count(out, "surrealtest: the tests run on SurrealDB 3.0.2: the embedded engine\n"))
	first, second := strings.Index(out, "surrealtest: server 1 of 2: npm\n"), strings.Index(out, "surrealtest: server 2 of 2: npm\n")
	require.Zero(t, first)
	require.Greater(t, second, strings.Index(out, "\nPASS\n"))
	require.NoFileExists(t, log, "or go test would keep the result by what one of the runs looked at")
}

func TestEachServerIsTestedThoughAnotherFails(t *testing.T) {
	t.Parallel()
	for _, servers := range [][]string{{"/nowhere/surreal", "npm"}, {"npm", "/nowhere/surreal"}} {
		out, err := ownRun(t, listed(servers...), "-test.v=true", "-test.run=^TestDatabaseIsRemovedWhenItsTestEnds$")
		require.ErrorContains(t, err, "exit status 1", out)
		require.Contains(t, out, "--- PASS: TestDatabaseIsRemovedWhenItsTestEnds")
		require.Contains(t, out, "--- FAIL: TestDatabaseIsRemovedWhenItsTestEnds")
		number := string(rune('1' + slices.Index(servers, "/nowhere/surreal")))
		require.Contains(t, out, "surrealtest: server "+number+" of 2: FAILED, with exit code 1\n")
	}
	out, err := ownRun(t, listed("/nowhere/surreal", "npm"), "-test.failfast=true", "-test.run=^TestDatabaseIsRemovedWhenItsTestEnds$")
	require.ErrorContains(t, err, "exit status 1")
	require.NotContains(t, out, "server 2 of 2")
}

func TestEachServerHasItsPartOfTheTimeout(t *testing.T) {
	t.Parallel()
	e := &each{deadline: time.Now().Add(time.Minute), args: []string{
		"-test.testlogfile=/tmp/x", "-test.timeout=10m0s", "-test.run=a",
	}}
	args := e.argsNow()
	require.Len(t, args, 2)
	left, err := time.ParseDuration(testFlag(args, "timeout"))
	require.NoError(t, err)
	require.InDelta(t, time.Minute, left, float64(time.Second))
	require.Equal(t, "-test.run=a", args[1])
	e.deadline = time.Time{}
	require.Equal(t, "10m0s", testFlag(e.argsNow(), "timeout"))

	out, err := ownRun(t, listed("npm", "npm"), "-test.timeout=50ms", "-test.run=^TestDatabaseIsRemovedWhenItsTestEnds$")
	require.ErrorContains(t, err, "exit status 2")
	require.Equal(t, 1, strings.Count(out, "panic: test timed out"), out)
	require.Contains(t, out, "surrealtest: server 2 of 2: NOT TESTED, for want of time: npm\n")
}

func TestEachServerIsNotAskedForTheNamesOfTests(t *testing.T) {
	t.Parallel()
	out, err := ownRun(t, listed("npm", "npm"), "-test.list=^TestEachServerIsNotAsked")
	require.NoError(t, err)
	require.Equal(t, "TestEachServerIsNotAskedForTheNamesOfTests\n", out)
}
