package surrealtest

import (
	"bufio"
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// What the package promises its users: databases, servers, and what becomes of them.

func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("surrealdb", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestDSNGivesEachTestAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	a, b := DSN(t), DSN(t)
	one, err := surrealsql.ParseDSN(a)
	require.NoError(t, err)
	other, err := surrealsql.ParseDSN(b)
	require.NoError(t, err)
	require.NotEqual(t, one.Namespace, other.Namespace, "where a namespace's users and accesses are the test's own too")
	_, err = open(t, a).Exec("CREATE person:1")
	require.NoError(t, err)
	_, err = open(t, b).Exec("DEFINE TABLE person")
	require.NoError(t, err)
	var n int
	require.NoError(t, open(t, b).QueryRow("RETURN count(SELECT * FROM person)").Scan(&n))
	require.Zero(t, n)
}

func TestDatabaseIsRemovedWhenItsTestEnds(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("inner", func(t *testing.T) { dsn = DSN(t) })
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	require.Equal(t, "testdatabaseisremovedwhenitstestends_inner", cfg.Database)
	var namespaces string
	row := open(t, DSN(t)).QueryRow("RETURN <string> object::keys((INFO FOR ROOT).namespaces)")
	require.NoError(t, row.Scan(&namespaces))
	require.NotContains(t, namespaces, cfg.Namespace)
}

func TestDSNCanBeAskedForByManyTestsAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			require.NoError(t, open(t, DSN(t)).Ping())
		})
	}
}

func TestStoppedServerRefusesAndKeepsItsDataOverARestart(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Server) error{
		"stopped": (*Server).Stop,
		"killed":  func(s *Server) error { s.Kill(); return nil },
		"running": func(*Server) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(t, Options{Path: t.TempDir() + "/data", Ports: 2})
			before := []string{s.Addr(0), s.Addr(1)}
			dsn := s.TestDSN(t)
			_, err := open(t, dsn).Exec("CREATE person:1")
			require.NoError(t, err)
			require.NoError(t, end(s))
			if name != "running" {
				require.Error(t, open(t, dsn).Ping())
				_, err := s.Stats()
				require.ErrorContains(t, err, "Restart")
			}
			require.NoError(t, s.Restart(t.Context()))
			require.Equal(t, before, []string{s.Addr(0), s.Addr(1)})
			var n int
			require.NoError(t, open(t, dsn).QueryRow("RETURN count(SELECT * FROM person)").Scan(&n))
			require.Equal(t, 1, n)
		})
	}
}

func TestClosedServerDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Options{Engine: EngineNPM})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.Error(t, s.Restart(t.Context()))
}

func TestStatsCountConnectionsAtTheServer(t *testing.T) {
	t.Parallel()
	s := New(t, Options{Engine: EngineNPM})
	dsn := s.TestDSN(t)
	base := statsOf(t, s).Accepted
	db := open(t, dsn)
	var conns []*sql.Conn
	for range 3 {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	stats := statsOf(t, s)
	require.Equal(t, 3, stats.Open)
	require.Equal(t, 3, stats.MaxOpen)
	require.Equal(t, base+3, stats.Accepted)
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{Engine: EngineNPM})
	require.ErrorIs(t, err, context.Canceled)
}

func TestForgottenServerGoesOnServing(t *testing.T) {
	t.Parallel()
	db := open(t, func() string {
		s, err := Start(t.Context(), Options{Engine: EngineNPM})
		require.NoError(t, err)
		return s.DSN()
	}())
	runtime.GC()
	runtime.GC() // what the first one found is finalized, and closed, by the second
	require.NoError(t, db.Ping())
}

func TestServerSaysWhatItDoesAndWhere(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	s := New(t, Options{Engine: EngineNPM, Output: &said})
	require.Contains(t, said.String(), "surrealdb-3.0.2 serves at "+s.Addr(0))
}

func TestProxyRewritesADSN(t *testing.T) {
	t.Parallel()
	dsn := DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	p := NewProxy(t, cfg.Hosts[0])
	require.NoError(t, open(t, p.DSN(dsn)).Ping())
	require.NotZero(t, p.Stats().Accepted)
	require.Equal(t, "no DSN", p.DSN("no DSN"))
}

func TestEngineEndsWithAKilledTestBinary(t *testing.T) {
	t.Parallel()
	killHelperWhileServing(t)
}

// killHelperWhileServing starts this binary as a helper that holds an engine, kills
// it, and returns when the engine is gone too.
func killHelperWhileServing(t *testing.T, env ...string) {
	t.Helper()
	helper, address, _ := startHelper(t, env...)
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()

	require.NoError(t, helper.Process.Kill())
	require.Error(t, helper.Wait())
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = conn.Read(make([]byte, 1))
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the engine is still there")
	require.Error(t, err)
}

// startHelper starts this binary as a helper that holds an engine, and returns where the
// engine is when it serves. What the helper said may be read after its Wait.
func startHelper(t *testing.T, env ...string) (helper *exec.Cmd, address string, said *strings.Builder) {
	t.Helper()
	helper, said = exec.Command(os.Args[0]), new(strings.Builder)
	helper.Env = append(os.Environ(), helperVariable+"=1", urlVariable+"=")
	helper.Env = append(helper.Env, env...)
	helper.Stderr = said
	out, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "surrealtest: ") {
			return helper, lines.Text(), said
		}
	}
	_ = helper.Wait()
	require.Fail(t, "the helper ended", said)
	return nil, "", nil
}

// ownTest runs one test of this binary in a process of its own.
func ownTest(t testing.TB, name string, env ...string) (output string, err error) {
	t.Helper()
	return ownRun(t, env, "-test.v", "-test.run=^"+name+"$")
}

// ownRun runs this binary in a process of its own.
func ownRun(t testing.TB, env []string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestEngineThatCannotBeHadFailsTestsAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	out, err := ownTest(t, "TestDatabaseIsRemovedWhenItsTestEnds", "PATH="+t.TempDir(), urlVariable+"=", serversVariable+"=")
	require.Error(t, err)
	for _, word := range []string{
		"--- FAIL", "SURREALDB_URL", "`surreal` on PATH", "install Node", "start Docker",
		`"docker": executable file not found`,
	} {
		require.Contains(t, out, word)
	}
	require.NotContains(t, out, "SKIP")
}
