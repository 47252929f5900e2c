package surrealtest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// Engine names a way to have SurrealDB on this machine.
type Engine string

const (
	// EngineAuto is the first of the others that can be had.
	EngineAuto Engine = ""
	// EngineBinary is the program `surreal` on PATH.
	EngineBinary Engine = "surreal"
	// EngineNPM is SurrealDB's own embedded engine, version 3.0.2, behind a small
	// WebSocket server that runs on Node. It is fetched from npm once and kept in
	// the user's cache directory. It alone serves several ports and counts its
	// connections. Unlike a server it cannot abort a query whose client has gone.
	EngineNPM Engine = "npm"
	// EngineDocker is the image surrealdb/surrealdb.
	EngineDocker Engine = "docker"
)

// launcher starts one kind of engine.
type launcher interface {
	// launch serves on the addresses, where port 0 is any free one, and returns
	// when the engine is ready.
	launch(ctx context.Context, addresses []string) (*process, error)
}

// engines make the launchers, in the order in which they are tried. An error
// says what the machine lacks.
var engines = []struct {
	name Engine
	make func(context.Context, Options) (launcher, error)
}{
	{EngineBinary, newBinary},
	{EngineNPM, newNPM},
	{EngineDocker, newDocker},
}

// launchFirst launches the engine that the options name or the first that can be
// had. An engine that fails to start counts as one that cannot be had.
func launchFirst(ctx context.Context, opts Options, addresses []string) (launcher, *process, error) {
	var why []error
	for _, engine := range engines {
		if opts.Engine != EngineAuto && opts.Engine != engine.name {
			continue
		}
		l, err := engine.make(ctx, opts)
		if err == nil {
			var proc *process
			if proc, err = l.launch(ctx, addresses); err == nil {
				return l, proc, nil
			}
			fmt.Fprintf(opts.installOutput(), "surrealtest: the %s engine does not start: %v\n", engine.name, err)
		}
		if ctx.Err() != nil {
			return nil, nil, err
		}
		why = append(why, err)
	}
	switch {
	case opts.Engine == EngineAuto:
		why = append([]error{errNoEngine}, why...)
	case len(why) == 0:
		why = []error{fmt.Errorf("surrealtest: unknown engine %q: expected %q, %q or %q", opts.Engine, EngineBinary, EngineNPM, EngineDocker)}
	}
	return nil, nil, errors.Join(why...)
}

// errNoEngine says what to do where nothing can be started.
var errNoEngine = errors.New("surrealtest: no SurrealDB can be had: set SURREALDB_URL to a server's DSN, " +
	"or put `surreal` on PATH (surrealdb.com/install), or install Node 20 or newer with npm, or start Docker")

// lookPath finds a program; its error says what it would have been good for.
func lookPath(engine Engine, program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s: %w", engine, err)
	}
	return path, nil
}

// onePort refuses several ports where only the npm engine has them.
func onePort(engine Engine, opts Options) error {
	if opts.Ports > 1 {
		return fmt.Errorf("%s: serves one port, not %d: only the %s engine serves several", engine, opts.Ports, EngineNPM)
	}
	return nil
}
