package surrealtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

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

// launched is an engine that runs.
type launched struct {
	launcher  launcher
	proc      *process
	insteadOf []error // why those before it cannot be had
}

// String says what runs and, where that is a fallback, why.
func (l launched) String() string {
	if len(l.insteadOf) == 0 {
		return l.launcher.String()
	}
	var why []string
	for _, err := range l.insteadOf {
		why = append(why, err.Error())
	}
	return fmt.Sprintf("%s, for want of another (%s)", l.launcher, strings.Join(why, "; "))
}

// launchFirst launches the engine that the options name or the first that can be
// had. An engine that fails to start counts as one that cannot be had.
func launchFirst(ctx context.Context, opts Options, addresses []string) (launched, error) {
	var why []error
	for _, engine := range engines {
		if opts.Engine != EngineAuto && opts.Engine != engine.name {
			continue
		}
		l, err := engine.make(ctx, opts)
		if err == nil {
			var proc *process
			if proc, err = l.launch(ctx, addresses); err == nil {
				return launched{l, proc, why}, nil
			}
			fmt.Fprintf(opts.installOutput(), "surrealtest: the %s engine does not start: %v\n", engine.name, err)
		}
		if ctx.Err() != nil {
			return launched{}, err
		}
		why = append(why, err)
	}
	switch {
	case opts.Engine == EngineAuto:
		why = append([]error{errNoEngine}, why...)
	case len(why) == 0:
		why = []error{fmt.Errorf("surrealtest: unknown engine %q: expected %q, %q or %q",
			opts.Engine, EngineBinary, EngineNPM, EngineDocker)}
	}
	return launched{}, errors.Join(why...)
}

// errNoEngine says what to do where nothing can be started.
var errNoEngine = errors.New("surrealtest: no SurrealDB can be had: set SURREALDB_URL to a server's DSN, " +
	"or put `surreal` on PATH (surrealdb.com/install), or install Node 20 or newer with npm, or start Docker")
