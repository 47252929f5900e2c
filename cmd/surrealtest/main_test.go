package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// The program, run as a person would, but for the signal.

// diagnosis is what a program writes to its standard error.
type diagnosis struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diagnosis) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diagnosis) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// running is a program that serves.
type running struct {
	dsn  string
	diag *diagnosis
	end  func() int // as Ctrl-C does; it gives the exit code
}

func run(t *testing.T, args ...string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	exit, diag := make(chan int, 1), new(diagnosis)
	go func() {
		code := program(ctx, args, w, diag)
		_ = w.Close()
		exit <- code
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err, diag)
	go func() { _, _ = io.Copy(io.Discard, r) }()
	end := sync.OnceValue(func() int {
		cancel()
		return <-exit
	})
	t.Cleanup(func() { end() })
	return running{strings.TrimSpace(line), diag, end}
}

// freeAddress has a port that no system lends to others in the meantime.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		at := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000))
		if l, err := net.Listen("tcp", at); err == nil {
			require.NoError(t, l.Close())
			return at
		}
	}
	t.Fatal("no free port was found")
	return ""
}

func addr(t *testing.T, dsn string) string {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	return cfg.Hosts[0]
}

func TestServerIsThereUntilTheProgramIsEnded(t *testing.T) {
	folder, at := filepath.Join(t.TempDir(), "data"), freeAddress(t)
	server := run(t, "-addr", at, "-path", folder)
	require.Equal(t, at, addr(t, server.dsn))
	db, err := sql.Open("surrealdb", server.dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `CREATE person:ada SET name = 'Ada'`)
	require.NoError(t, err)
	require.Contains(t, server.diag.String(), folder)
	require.Zero(t, server.end())
	_, err = net.DialTimeout("tcp", at, time.Second)
	require.Error(t, err, "nobody listens there any more")

	again := run(t, "-addr", at, "-path", folder)
	require.Equal(t, server.dsn, again.dsn)
	var name string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT VALUE name FROM person:ada`).Scan(&name))
	require.Equal(t, "Ada", name)
}

func TestAddressThatIsTakenIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	diag := new(diagnosis)
	require.Equal(t, exitFailed, program(t.Context(), []string{"-addr", l.Addr().String()}, io.Discard, diag))
	require.Contains(t, diag.String(), l.Addr().String())
	require.Contains(t, diag.String(), "where nobody listens")
}

func TestArgumentsThatAreWrongAreRefused(t *testing.T) {
	for _, args := range [][]string{{"8000"}, {"-port", "1"}} {
		diag := new(diagnosis)
		require.Equal(t, exitUsage, program(t.Context(), args, io.Discard, diag), args)
		require.NotEmpty(t, diag.String())
	}
	diag := new(diagnosis)
	require.Equal(t, exitFailed, program(t.Context(), []string{"-addr", "127.0.0.1:0", "-engine", "sqlite"}, io.Discard, diag))
	require.Contains(t, diag.String(), `"sqlite"`)
	require.Zero(t, program(t.Context(), []string{"-help"}, io.Discard, diag))
	require.Contains(t, diag.String(), "-addr")
}

func TestDSNLeadsToAServerThatListensOnAllAddresses(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"surrealdb://root:root@0.0.0.0:8000":   "surrealdb://root:root@127.0.0.1:8000",
		"surrealdb://root:root@[::]:8000":      "surrealdb://root:root@[::1]:8000",
		"surrealdb://root:root@10.0.0.1:8000":  "surrealdb://root:root@10.0.0.1:8000",
		"surrealdb://root:root@127.0.0.1:8000": "surrealdb://root:root@127.0.0.1:8000",
	} {
		require.Equal(t, want, reachable(dsn))
	}
}
