// Update brings the tools that integrations/ is tested with to their newest versions: those
// in the go.mod files of each of its modules, and after them those in docs/tools.md.
//
//	cd integrations && go run ./update
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

// driver is the module that all others here are replaced by: a folder has no version.
const driver = "github.com/surrealsql/surrealsql"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "update:", err)
		os.Exit(1)
	}
}

// run updates what it can, and says at the end what it could not.
func run(ctx context.Context) error {
	folders, err := modules(".")
	if err != nil {
		return err
	}
	var failed []error
	for _, folder := range folders {
		fmt.Println("==", folder)
		if err := update(ctx, folder); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", folder, err))
		}
	}
	failed = append(failed, goCommand(ctx, "..", "test", "-count=1", "-run", "ToolsTable", "./docs", "-update"))
	return errors.Join(failed...)
}

// modules are the folders below root that have a go.mod file.
func modules(root string) (folders []string, err error) {
	err = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(path) == "go.mod" {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	return folders, err
}

// update asks for the newest version of what a module requires itself. What those require in
// their turn comes as they say it.
func update(ctx context.Context, folder string) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	newest, err := newestOf(out)
	if err != nil {
		return err
	}
	// One at a time: what cannot be had keeps its version, and keeps no other one from its own.
	var failed []error
	for _, module := range newest {
		if err := goCommand(ctx, folder, "get", module, "toolchain@none"); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", module, err))
		}
	}
	failed = append(failed, goCommand(ctx, folder, "mod", "tidy"))
	return errors.Join(failed...)
}

// newestOf are the arguments of go get for a go.mod file, which comes as JSON.
func newestOf(file []byte) (args []string, err error) {
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(file, &mod); err != nil {
		return nil, err
	}
	for _, r := range mod.Require {
		if !r.Indirect && r.Path != driver && !strings.HasPrefix(r.Path, driver+"/") {
			args = append(args, r.Path+"@latest")
		}
	}
	return args, nil
}

func goCommand(ctx context.Context, folder string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, os.Stdout, os.Stderr
	return cmd.Run()
}
