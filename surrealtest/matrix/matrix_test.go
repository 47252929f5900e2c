package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is printed and counted of the events of a run. Their texts are those that go1.26.8
// and package surrealtest gave.

// events are lines of go test -json, a second apart, of one package. Each is written as
// "action test: output", where a test's name may be missing.
func events(pkg string, lines ...string) string {
	var b strings.Builder
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, line := range lines {
		head, output, _ := strings.Cut(line, ": ")
		action, test, _ := strings.Cut(head, " ")
		e := map[string]any{"Time": at, "Action": action, "Package": pkg}
		if test != "" {
			e["Test"] = test
		}
		if output != "" {
			e["Output"] = output + "\n"
		}
		text, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		b.Write(append(text, '\n'))
		at = at.Add(time.Second)
	}
	return b.String()
}

// shown is what the program prints.
func shown(t testing.TB, run string, events ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := show(strings.NewReader(strings.Join(events, "")), &out, options{run: run})
	return out.String(), err
}

const (
	oneServer = "output TestA: surrealtest: the tests run on SurrealDB 3.3.5: /x/surreal"
	fallback  = `output TestA: surrealtest: the tests run on SurrealDB 3.0.2: the embedded engine, for want of another (surreal: exec: "surreal": executable file not found in $PATH)`
)

func TestTableHasTheServerItsVersionAndTheCounts(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "go1.26.8",
		events("a", "start", "run TestA", "output TestA: === RUN   TestA", oneServer, "output TestA: --- PASS: TestA (0.00s)", "pass TestA",
			"run TestB", "output TestB:     b_test.go:3: surrealtest: the test needs SurrealDB 4 or newer, and runs on 3.3.5", "output TestB: --- SKIP: TestB (0.00s)", "skip TestB",
			"run TestC", "output TestC:     b_test.go:3: not on Windows", "skip TestC",
			"output: PASS", "output: ok  \ta\t1.2s", "pass"),
		events("b", "start", "run TestA", "pass TestA", "output: PASS", "output: ok  \tb\t0.2s", "pass"),
		events("c", "start", "output: ?   \tc\t[no test files]", "skip"))
	require.NoError(t, err)
	require.Equal(t, `ok  	a	1.2s
ok  	b	0.2s
?   	c	[no test files]

SurrealDB      result   tests  too old  skipped  seconds  run, server
3.3.5          ok           1        1        1     15.0  go1.26.8, /x/surreal
-              ok           1        0        0      5.0  go1.26.8, no server
`, out)
}

func TestTableNamesAFallbackBriefly(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "", events("a", "start", "run TestA", fallback, "pass TestA", "output: ok  \ta\t1s", "pass"))
	require.NoError(t, err)
	require.Regexp(t, `\n3\.0\.2 +ok +1 +0 +0 +5\.0  the embedded engine\n$`, out)
}

func TestTableHasARowForEachServerOfAList(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "", events("a", "start",
		"output: surrealtest: server 1 of 3: /x/surreal", "run TestA", oneServer, "pass TestA", "output: PASS",
		"output: surrealtest: server 2 of 3: /nowhere", "run TestA", "output TestA:     a_test.go:3: no such file", "output TestA: --- FAIL: TestA (0.00s)", "fail TestA", "output: FAIL",
		"output: surrealtest: server 2 of 3: FAILED, with exit code 1",
		"output: surrealtest: server 3 of 3: NOT TESTED, for want of time: npm",
		"output: FAIL\ta\t1.2s", "fail"))
	require.ErrorIs(t, err, errFailed)
	require.Equal(t, `a on /nowhere:
    a_test.go:3: no such file
--- FAIL: TestA (0.00s)
surrealtest: server 1 of 3: /x/surreal
PASS
surrealtest: server 2 of 3: /nowhere
FAIL
surrealtest: server 2 of 3: FAILED, with exit code 1
surrealtest: server 3 of 3: NOT TESTED, for want of time: npm
FAIL	a	1.2s

SurrealDB      result   tests  too old  skipped  seconds  run, server
3.3.5          ok           1        0        0      5.0  /x/surreal
-              FAILED       1        0        0      7.0  /nowhere
-              FAILED       0        0        0      0.0  npm
FAIL
`, out)
}

func TestPackageThatFailsSaysAllThatItSaid(t *testing.T) {
	t.Parallel()
	out, err := shown(t, "", events("a", "start", "run TestA", "run TestB", "output TestA: about to break", "output TestB: panic: boom", "output: FAIL\ta\t1.2s", "fail"))
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, out, "about to break\npanic: boom\nFAIL\ta\t1.2s\n")
	require.Regexp(t, `- +FAILED .* no server\nFAIL\n$`, out)

	out, err = shown(t, "", events("a", "start", "output: surrealtest: server 1 of 2: /x/surreal", "run TestA", oneServer, "pass TestA",
		"output: surrealtest: server 2 of 2: npm", "run TestA", "pass TestA", "output: PASS", "output: ok  \ta\t1.2s", "pass"))
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, out, "a: the tests on /x/surreal ended in their midst\n")
	require.Regexp(t, `\n3.3.5 +FAILED .*\n- +ok `, out)

	const build = `{"ImportPath":"b","Action":"build-output","Output":"b.go:1:1: expected 'package'\n"}
{"ImportPath":"b","Action":"build-fail"}
no JSON at all
`
	out, err = shown(t, "", build)
	require.ErrorIs(t, err, errFailed)
	require.Contains(t, out, "b.go:1:1: expected 'package'\nno JSON at all\n")
}

func TestRowsOfSeveralRunsStandInOneFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "table")
	run := events("a", "start", "run TestA", oneServer, "pass TestA", "output: ok  \ta\t1s", "pass")
	for _, name := range []string{"first", "second"} {
		var out strings.Builder
		require.NoError(t, show(strings.NewReader(run), &out, options{run: name, into: file}))
		require.Equal(t, "ok  \ta\t1s\n", out.String())
	}
	table, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Regexp(t, `^\nSurrealDB [^\n]*\n3.3.5 [^\n]* first, /x/surreal\n3.3.5 [^\n]* second, /x/surreal\n$`, string(table))
}

func TestPackagesThatMayHaveBeenUnluckyAreTestedOnceMore(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "again")
	again := func(events ...string) string {
		err := show(strings.NewReader(strings.Join(events, "")), io.Discard, options{again: file})
		require.ErrorIs(t, err, errFailed)
		names, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(names)
	}
	slow := func(name string) string {
		return events(name, "start", "run TestA", "output TestA:     a_test.go:3: took 1.1s", "fail TestA", "output: FAIL", "output: FAIL\t"+name+"\t1.2s", "fail")
	}
	passed := events("p", "start", "run TestA", "output TestA: panic: of a program that the test runs", "pass TestA", "output: ok  \tp\t1s", "pass")
	require.Equal(t, "a\nb\n", again(slow("a"), passed, slow("b")))
	for _, said := range []string{"WARNING: DATA RACE", "panic: boom", "fatal error: all goroutines are asleep - deadlock!", "FAIL\tc [build failed]"} {
		require.Empty(t, again(slow("a"), events("c", "start", "output TestA: "+said, "fail TestA", "output: FAIL\tc\t1.2s", "fail")), said)
	}
	require.Empty(t, again(slow("a"), `{"ImportPath":"b","Action":"build-fail"}`+"\n"))
}

func TestGoTestIsUnderstood(t *testing.T) {
	t.Parallel()
	events, err := exec.CommandContext(t.Context(), "go", "test", "-json", "-run=^TestList", "../../internal/list").Output()
	require.NoError(t, err)
	out, err := shown(t, "", string(events))
	require.NoError(t, err)
	require.Regexp(t, `^ok  \t\S+/internal/list\t.*\n`, out)
	require.Regexp(t, `\n- +ok +[1-9]`, out)
}
