//go:build unix

package surrealtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The npm of these tests is a stand-in that notes where it ran. That the real
// one installs the engine is shown by every other test.

// writeScript writes an executable shell script.
func writeScript(t testing.TB, path, script string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755))
	return path
}

func TestInstallationIsDoneOnceForAllWhoNeedItAtOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir()) // what counts elsewhere
	runs := filepath.Join(t.TempDir(), "runs")
	npmProgram := writeScript(t, filepath.Join(t.TempDir(), "npm"), `echo "$@" >> `+runs+`; mkdir node_modules`)
	dirs := make([]string, 10)
	var wg sync.WaitGroup
	var said safeBuilder
	for i := range dirs {
		wg.Go(func() {
			dir, err := installer{npm: npmProgram, output: &said}.install(t.Context())
			if err == nil {
				dirs[i] = dir
			}
		})
	}
	wg.Wait()
	for _, dir := range dirs {
		require.Equal(t, dirs[0], dir)
	}
	require.FileExists(t, filepath.Join(dirs[0], "server.mjs"))
	require.DirExists(t, filepath.Join(filepath.Dir(dirs[0]), "node_modules"))
	log, err := os.ReadFile(runs)
	require.NoError(t, err)
	require.Equal(t, "ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund --loglevel=error\n", string(log))
	require.Contains(t, said.String(), "fetching SurrealDB's embedded engine from npm, once, into")
	require.Contains(t, said.String(), "is installed after")
}

func TestInstallationThatFailsLeavesNothingAndSaysWhy(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	program := filepath.Join(t.TempDir(), "npm")
	i := installer{npm: writeScript(t, program, "echo no network >&2; exit 7"), output: new(safeBuilder)}
	_, err := i.install(t.Context())
	require.ErrorContains(t, err, "no network")
	require.ErrorContains(t, err, "exit status 7")
	writeScript(t, program, "mkdir node_modules")
	dir, err := i.install(t.Context())
	require.NoError(t, err, "the next one tries again")
	left, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(dir)), installing+"*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestInstallationRemovesWhatAKilledOneLeft(t *testing.T) {
	cache := t.TempDir()
	left := filepath.Join(cache, installing+"123")
	require.NoError(t, os.MkdirAll(filepath.Join(left, "node_modules"), 0o755))
	dir := filepath.Join(cache, "engine")
	require.NoError(t, createDir(dir, func(string) error { return nil }))
	require.DirExists(t, dir)
	require.NoDirExists(t, left)
}

func TestLockWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), path)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = lockFile(ctx, path)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	unlock()
	unlock, err = lockFile(t.Context(), path)
	require.NoError(t, err)
	unlock()
}

func TestLockIsFreeWhenItsHolderIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	// flock(1) may not be there; the lock of a child that inherits the file is the
	// same lock.
	f, err := tryLock(path)
	require.NoError(t, err)
	holder := exec.Command("/bin/sh", "-c", "read never")
	stdin, err := holder.StdinPipe()
	require.NoError(t, err)
	holder.ExtraFiles = []*os.File{f}
	require.NoError(t, holder.Start())
	require.NoError(t, f.Close())
	held, err := tryLock(path)
	require.NoError(t, err)
	require.Nil(t, held)

	require.NoError(t, holder.Process.Kill())
	require.Error(t, holder.Wait())
	_ = stdin.Close()
	unlock, err := lockFile(t.Context(), path)
	require.NoError(t, err)
	unlock()
}

func TestInstallationSaysHowMuchHasArrived(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), make([]byte, 3<<20), 0o644))
	require.EqualValues(t, 3<<20, sizeOf(dir))
	require.Zero(t, sizeOf(filepath.Join(dir, "none")))
}

// safeBuilder is a strings.Builder for several goroutines.
type safeBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *safeBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
