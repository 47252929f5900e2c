package surrealtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// npm is the embedded engine on Node.
type npm struct {
	node, npm string
	datastore string
	output    io.Writer // told about the installation only
}

func newNPM(_ context.Context, opts Options) (launcher, error) {
	node, err := lookPath(EngineNPM, "node")
	if err != nil {
		return nil, err
	}
	client, err := lookPath(EngineNPM, "npm")
	if err != nil {
		return nil, err
	}
	n := &npm{node: node, npm: client, datastore: "mem://", output: opts.installOutput()}
	if opts.Path != "" {
		path, err := filepath.Abs(opts.Path)
		if err != nil {
			return nil, fmt.Errorf("surrealtest: data directory: %w", err)
		}
		n.datastore = "surrealkv://" + filepath.ToSlash(path)
	}
	return n, nil
}

func (n *npm) launch(ctx context.Context, addresses []string) (*process, error) {
	dir, err := n.install(ctx)
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(map[string]any{"listen": addresses, "datastore": n.datastore})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(n.node, filepath.Join(dir, "server.mjs"), string(config))
	return startProcess(ctx, cmd, false)
}

// install returns the directory of the installed engine. Test binaries that run
// at once, as under `go test ./...`, wait for the one that installs. The
// directory appears by a rename, so what is there is whole.
func (n *npm) install(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	sum, err := engineHash()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "engine-"+sum)
	if isDir(dir) {
		return dir, nil
	}
	unlock, err := lockFile(ctx, dir+".lock")
	if err != nil {
		return "", fmt.Errorf("surrealtest: waiting for another process to install the engine: %w", err)
	}
	defer unlock()
	if isDir(dir) {
		return dir, nil
	}
	fresh, err := os.MkdirTemp(cache, "installing-")
	if err != nil {
		return "", fmt.Errorf("surrealtest: install the engine: %w", err)
	}
	defer os.RemoveAll(fresh) // gone already when all went well
	if err := n.fetch(ctx, fresh, dir); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil && !isDir(dir) {
		return "", fmt.Errorf("surrealtest: install the engine: %w", err)
	}
	return dir, nil
}

func (n *npm) fetch(ctx context.Context, fresh, dir string) error {
	files, err := fs.Sub(engineFiles, "engine")
	if err != nil {
		return err
	}
	if err := os.CopyFS(fresh, files); err != nil {
		return fmt.Errorf("surrealtest: install the engine: %w", err)
	}
	fmt.Fprintf(n.output, "surrealtest: fetching SurrealDB's embedded engine from npm, once, into %s (155 MB)\n", dir)
	start := time.Now()
	stop := reportGrowth(n.output, fresh)
	defer stop()
	// The packages' peers (the JavaScript SDK, a TypeScript compiler) are not
	// needed, and neither has an install script.
	cmd := exec.CommandContext(ctx, n.npm, "ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = fresh
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second // for children that npm leaves behind when the context ends it
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("surrealtest: `npm ci` could not fetch the engine: %w\n%s", err, strings.TrimSpace(said.String()))
	}
	fmt.Fprintf(n.output, "surrealtest: the engine is installed after %s\n", time.Since(start).Round(time.Second/10))
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
				fmt.Fprintf(w, "surrealtest: … %d MB on disk after %s\n", sizeOf(dir)>>20, time.Since(start).Round(time.Second))
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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("surrealtest: directory for the engine: %w", err)
	}
	return dir, nil
}

func engineHash() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(engineFiles, "engine", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := engineFiles.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", path, len(text))
		sum.Write(text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
