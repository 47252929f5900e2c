package surrealtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The npm engine is installed in two directories, each named by the hash of what
// it is made from, so that versions do not disturb each other and a change of
// the server does not fetch the packages again:
//
//	<cache>/surrealsql/engine-<hash>/node_modules
//	<cache>/surrealsql/engine-<hash>/server-<hash>/server.mjs
//
// Each is made by a rename, so what is there is whole.
var (
	//go:embed engine/package.json engine/package-lock.json
	packageFiles embed.FS
	//go:embed engine/server/*.mjs
	serverFiles embed.FS
)

// installing begins the names of directories that are being filled.
const installing = "installing-"

// installer installs the npm engine.
type installer struct {
	npm    string    // the program
	output io.Writer // told what is fetched
}

// install returns the directory of the installed server. Test binaries that run
// at once, as under `go test ./...`, wait for the one that installs.
func (i installer) install(ctx context.Context) (string, error) {
	packages, err := fs.Sub(packageFiles, "engine")
	if err != nil {
		return "", err
	}
	server, err := fs.Sub(serverFiles, "engine/server")
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	root := filepath.Join(cache, "engine-"+hashOf(packages))
	dir := filepath.Join(root, "server-"+hashOf(server))
	if isDir(dir) {
		return dir, nil
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, "install.lock"))
	if err != nil {
		return "", fmt.Errorf("wait for another process that does: %w", err)
	}
	defer unlock()
	fill := func(fresh string) error { return i.fetch(ctx, packages, fresh, root) }
	if err := createDir(root, fill); err != nil {
		return "", err
	}
	return dir, createDir(dir, func(fresh string) error { return os.CopyFS(fresh, server) })
}

// createDir makes a directory, unless it is there, by filling another one and
// renaming it. It is called with the lock held.
func createDir(dir string, fill func(fresh string) error) error {
	if isDir(dir) {
		return nil
	}
	// What a process left that was killed meanwhile.
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), installing+"*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), installing+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh) // gone already when all went well
	if err := fill(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil && !isDir(dir) {
		return err
	}
	return nil
}

// fetch has npm put the packages into a directory, which is going to be root.
func (i installer) fetch(ctx context.Context, packages fs.FS, fresh, root string) error {
	if err := os.CopyFS(fresh, packages); err != nil {
		return err
	}
	fmt.Fprintf(i.output,
		"surrealtest: fetching SurrealDB's embedded engine from npm, once, into %s (155 MB)\n", root)
	start := time.Now()
	stop := reportGrowth(i.output, fresh)
	defer stop()
	// The packages' peers (the JavaScript SDK, a TypeScript compiler) are not
	// needed, and nothing has an install script that is.
	cmd := exec.CommandContext(ctx, i.npm, "ci",
		"--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = fresh
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second // for children that npm leaves when the context ends it
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("`npm ci` in %s: %w\n%s", fresh, err, strings.TrimSpace(said.String()))
	}
	fmt.Fprintf(i.output, "surrealtest: the engine is installed after %s\n", time.Since(start).Round(time.Second/10))
	return nil
}

// reportGrowth says every two seconds how much has arrived in the directory.
func reportGrowth(w io.Writer, dir string) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for start := time.Now(); ; {
			select {
			case <-quit:
				return
			case <-tick.C:
				fmt.Fprintf(w, "surrealtest: … %d MB on disk after %s\n",
					sizeOf(dir)>>20, time.Since(start).Round(time.Second))
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// sizeOf adds up the files that are there at the moment.
func sizeOf(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // files come and go while npm works
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// cacheDir is where engines are kept: the user's cache directory, or the
// temporary one where there is none.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	dir := filepath.Join(base, "surrealsql")
	return dir, os.MkdirAll(dir, 0o755)
}

// hashOf is a name for the content of embedded files.
func hashOf(files fs.FS) string {
	sum := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%s %d\n", path, len(text))
		sum.Write(text)
		return err
	})
	if err != nil {
		panic("surrealtest: embedded files: " + err.Error()) // they are part of the program
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
