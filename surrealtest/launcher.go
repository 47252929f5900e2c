package surrealtest

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// What the engines are launched by: the interface of a launcher, and what several
// of them need.

// launcher starts one kind of engine.
type launcher interface {
	// launch serves on the addresses, where port 0 is any free one, and returns
	// when the engine is ready.
	launch(ctx context.Context, addresses []string) (*process, error)
	// String says what is launched.
	String() string
}

// lookPath finds a program; its error names the engine that needs it.
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
		return fmt.Errorf("%s: serves one port, not %d: only the %s engine serves several",
			engine, opts.Ports, EngineNPM)
	}
	return nil
}

// datastore names where the program surreal and the npm engine keep the data, or
// memory where the options name no directory.
func datastore(opts Options, memory string) (string, error) {
	if opts.Path == "" {
		return memory, nil
	}
	path, err := filepath.Abs(opts.Path)
	if err != nil {
		return "", fmt.Errorf("surrealtest: data directory: %w", err)
	}
	return "surrealkv://" + filepath.ToSlash(path), nil
}

// startArgs are the arguments of SurrealDB's own `start`, in the program and in
// the image.
func startArgs(bind, datastore string) []string {
	return []string{"start", "--no-banner", "--log", "error",
		"--user", "root", "--pass", "root", "--bind", bind, datastore}
}

// anyPort is an address of the loopback whose port is chosen when an engine starts.
const anyPort = "127.0.0.1:0"

// addresses are where the engine is to listen. Where somebody listens there already that is
// an error: an engine that fails to start would be mistaken for it.
func (o Options) addresses() ([]string, error) {
	all := slices.Repeat([]string{anyPort}, o.Ports)
	if o.Address == "" {
		return all, nil
	}
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, fmt.Errorf("surrealtest: address: %w: expected host:port", err)
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("surrealtest: %w: expected an address of this machine where nobody listens", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	all[0] = net.JoinHostPort(cmp.Or(host, "0.0.0.0"), port)
	return all, l.Close()
}

// launchOnFreePort launches a program that must be told its port. Where any port
// will do, one that is taken between the choice and the start is no failure.
func launchOnFreePort(ctx context.Context, address string, spec func(address string) guardSpec) (*process, error) {
	if !strings.HasSuffix(address, ":0") {
		return startGuarded(ctx, spec(address))
	}
	var err error
	for range 3 {
		if address, err = freeAddress(); err != nil {
			return nil, err
		}
		var p *process
		if p, err = startGuarded(ctx, spec(address)); err == nil {
			return p, nil
		}
		if ctx.Err() != nil || !isAddressTaken(err) {
			break
		}
	}
	return nil, err
}

// isAddressTaken reports whether an engine says that somebody else listens on its port.
func isAddressTaken(err error) bool {
	return err != nil && strings.Contains(strings.ToLower(err.Error()), "address")
}

// freeAddress is a loopback address whose port nobody listens on at the moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		return "", fmt.Errorf("surrealtest: find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
