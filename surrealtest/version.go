package surrealtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/surrealsql/surrealsql"
)

// The version of the server on which the tests run: told, asked for, and needed.

// Version is the version of the server on which DSN gives databases, such as "3.3.5" or
// "4.0.0-beta.1". It is empty where the server keeps it to itself.
func Version(t testing.TB) string {
	t.Helper()
	return mustShare(t).version
}

// Needs skips a test where the server on which DSN gives databases is older than a
// version, which has up to three numbers: "3.3". Only numbers are compared: 4.0.0-beta.1
// is new enough for "4.0". A server that keeps its version to itself, or whose version is
// no number, counts as the newest: so no test is skipped that might pass.
//
// Whoever counts skipped tests knows these by "needs SurrealDB" in what they say.
func Needs(t testing.TB, version string) {
	t.Helper()
	want, ok := numbersOf(version)
	if !ok {
		t.Fatalf("surrealtest: Needs %q: expected a version such as \"3.3\"", version)
	}
	have := mustShare(t).version
	if got, ok := numbersOf(have); ok && slices.Compare(got, want) < 0 {
		t.Skipf("surrealtest: the test needs SurrealDB %s or newer, and runs on %s", version, have)
	}
}

// numbersOf reads the three numbers of a version, of which the later may be missing.
func numbersOf(version string) (numbers []int, ok bool) {
	release, _, _ := strings.Cut(version, "-") // 4.0.0-beta.1
	release, _, _ = strings.Cut(release, "+")  // 3.1.6+20260101.abcdef
	for part := range strings.SplitSeq(release, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	for len(numbers) < 3 {
		numbers = append(numbers, 0)
	}
	return numbers, true
}

// versionOf asks a server that is not ours.
func versionOf(ctx context.Context, cfg *surrealsql.Config) (string, error) {
	cfg = cfg.Clone()
	cfg.Namespace, cfg.Database = "", ""
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return "", err
	}
	defer connector.Close()
	conn, err := connector.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.(*surrealsql.Conn).ServerVersion(), nil
}

// announce tells on which server the tests run, on stderr: go test shows it with -v and
// where a package fails. Benchmarks without -v are spared it, whose lines it would break.
func announce(version, what string) {
	if !testing.Testing() {
		return
	}
	if bench := flag.Lookup("test.bench"); bench != nil && bench.Value.String() != "" && !testing.Verbose() {
		return
	}
	fmt.Fprintf(os.Stderr, "surrealtest: the tests run on SurrealDB %s: %s\n", version, what)
}
