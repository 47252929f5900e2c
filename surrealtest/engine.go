package surrealtest

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// engineFiles is what the npm engine is made of; its hash names the directory
// that it is installed in.
//
//go:embed engine/*.mjs engine/package.json engine/package-lock.json
var engineFiles embed.FS

// Engine names a way to have SurrealDB on this machine.
type Engine string

const (
	// EngineAuto takes the first of the others that this machine has.
	EngineAuto Engine = ""
	// EngineBinary is the `surreal` program on PATH.
	EngineBinary Engine = "surreal"
	// EngineNPM is SurrealDB's own embedded engine, version 3.0.2, behind a small
	// WebSocket server that runs on Node. It is fetched from npm once and kept in
	// the user's cache directory. It alone serves several ports and counts its
	// connections.
	EngineNPM Engine = "npm"
	// EngineDocker is the image surrealdb/surrealdb.
	EngineDocker Engine = "docker"
)

// errNoEngine says what to do where nothing can be started.
var errNoEngine = errors.New("surrealtest: no SurrealDB to be had: set SURREALDB_URL to a server, " +
	"or put `surreal` (https://surrealdb.com/install) on PATH, or install Node 20 or newer with npm, or start Docker")

// launcher starts one kind of engine.
type launcher interface {
	// launch serves on the addresses, where port 0 is any free one, and returns
	// when the engine is ready.
	launch(ctx context.Context, addresses []string) (*process, error)
}

// choose finds the launcher that serves the options.
func choose(ctx context.Context, opts Options) (launcher, error) {
	switch opts.Engine {
	case EngineBinary:
		return newBinary(ctx, opts)
	case EngineNPM:
		return newNPM(opts)
	case EngineDocker:
		return newDocker(ctx, opts)
	case EngineAuto:
	default:
		return nil, fmt.Errorf("surrealtest: unknown engine %q: expected %q, %q or %q", opts.Engine, EngineBinary, EngineNPM, EngineDocker)
	}
	tries := []func() (launcher, error){
		func() (launcher, error) { return newBinary(ctx, opts) },
		func() (launcher, error) { return newNPM(opts) },
		func() (launcher, error) { return newDocker(ctx, opts) },
	}
	why := []error{errNoEngine}
	for _, try := range tries {
		l, err := try()
		if err == nil {
			return l, nil
		}
		why = append(why, err)
	}
	return nil, errors.Join(why...)
}

// errPorts refuses several ports where only the npm engine has them.
func errPorts(e Engine) error {
	return fmt.Errorf("surrealtest: the %s engine serves one port: only the npm engine serves several", e)
}

// lookPath finds a program and says which one was missing.
func lookPath(program, what string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("surrealtest: no %s: %w (on %s/%s)", what, err, runtime.GOOS, runtime.GOARCH)
	}
	return path, nil
}
