package surrealtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Which server is taken, what is told about it, and what it is handed.

func TestServerInTheEnvironmentIsTakenFirst(t *testing.T) {
	t.Parallel()
	const test = "TestDatabaseIsRemovedWhenItsTestEnds"
	nothing, dsn := "PATH="+t.TempDir(), embeddedEngine(t).DSN()
	out, err := ownTest(t, test, nothing, serversVariable+"=", urlVariable+"="+dsn)
	require.NoError(t, err, out)
	require.Contains(t, out, "surrealtest: the tests run on SurrealDB 3.0.2: the server in SURREALDB_URL\n")
	bare := "ws://" + embeddedEngine(t).Addr(0)
	out, err = ownTest(t, test, nothing, serversVariable+"=", urlVariable+"="+bare)
	require.NoError(t, err, "without credentials they are root's: %s", out)
	out, err = ownTest(t, test, serversVariable+"=", urlVariable+"=ftp://nowhere")
	require.Error(t, err)
	require.Contains(t, out, urlVariable)
	out, err = ownTest(t, test, serversVariable+"=", urlVariable+"=ws://127.0.0.1:1")
	require.Error(t, err)
	require.Contains(t, out, "surrealtest: the server in SURREALDB_URL: surrealsql: cannot connect")

	out, err = ownTest(t, test, serversVariable+"=npm", urlVariable+"=ftp://nowhere")
	require.NoError(t, err, out)
	require.Contains(t, out, "surrealtest: the tests run on SurrealDB 3.0.2: the embedded engine\n")
}

func TestServerThatIsListedButNotThereFailsTests(t *testing.T) {
	t.Parallel()
	for entry, says := range map[string]string{
		"/nowhere/surreal":       "no such file",
		"./surreal":              "no absolute path",
		"postgres":               `none of "surreal", "npm" and "docker"`,
		filepath.Dir(os.Args[0]): filepath.Join(filepath.Dir(os.Args[0]), "surreal"),
	} {
		out, err := ownTest(t, "TestDatabaseIsRemovedWhenItsTestEnds", serversVariable+"="+entry)
		require.Error(t, err, "no other is taken in place of %s: %s", entry, out)
		require.Contains(t, out, says)
		require.NotContains(t, out, "--- SKIP")
	}
}

func TestBenchmarksLinesAreNotBrokenByTheServersName(t *testing.T) {
	t.Parallel()
	out, err := ownRun(t, nil, "-test.run=^$", "-test.bench=^BenchmarkDSN$", "-test.benchtime=1x")
	require.NoError(t, err, out)
	require.Regexp(t, `BenchmarkDSN\S*\s+1\s+\d+ ns/op`, out)
	require.NotContains(t, out, "the tests run on")
}

func BenchmarkDSN(b *testing.B) {
	for b.Loop() {
		DSN(b)
	}
}

// The limit is of 2 to the power of the variable's value, in bytes.
func TestEngineHasTheEnvironmentOfItsOptions(t *testing.T) {
	t.Parallel()
	const long = "RETURN string::len(string::repeat('x', 2000))"
	_, err := open(t, New(t, Options{}).TestDSN(t)).Exec(long)
	require.NoError(t, err)
	limited := New(t, Options{Env: []string{"SURREAL_GENERATION_ALLOCATION_LIMIT=10"}})
	_, err = open(t, limited.TestDSN(t)).Exec(long)
	require.ErrorContains(t, err, "must not exceed 1024 bytes")
}

func TestEngineHasTheEnvironmentOfItsProcess(t *testing.T) {
	t.Setenv("SURREAL_GENERATION_ALLOCATION_LIMIT", "10")
	_, err := open(t, New(t, Options{}).TestDSN(t)).Exec("RETURN string::len(string::repeat('x', 2000))")
	require.ErrorContains(t, err, "must not exceed 1024 bytes")
}

func TestServerTellsItsVersion(t *testing.T) {
	t.Parallel()
	require.Equal(t, "3.0.2", embeddedEngine(t).Version())
	require.Regexp(t, `^\d+\.\d+\.\d+`, Version(t))
	require.Equal(t, Version(t), New(t, Options{}).Version())
}

// skipped notes what a test says when it is skipped, and goes on.
type skipped struct {
	testing.TB
	said string
}

func (s *skipped) Skipf(format string, args ...any) { s.said = fmt.Sprintf(format, args...) }

func TestNeedsSkipsOnOlderServersAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1", "2.6", Version(t)} {
		s := &skipped{TB: t}
		Needs(s, version)
		require.Empty(t, s.said, version)
	}
	s := &skipped{TB: t}
	Needs(s, "99")
	require.Equal(t, "surrealtest: the test needs SurrealDB 99 or newer, and runs on "+Version(t), s.said)
}

func TestVersionsAreComparedByTheirNumbers(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]int{
		"3": {3, 0, 0}, "3.3": {3, 3, 0}, "3.10.5": {3, 10, 5}, "4.0.0-beta.1": {4, 0, 0}, "3.1.6+20260101.abcdef": {3, 1, 6},
	} {
		numbers, ok := numbersOf(version)
		require.True(t, ok, version)
		require.Equal(t, want, numbers, version)
	}
	for _, version := range []string{"", "nightly", "3.x"} {
		_, ok := numbersOf(version)
		require.False(t, ok, version)
	}
}
