package surrealtest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
)

// startArgs are the arguments of SurrealDB's own `start`, in the program and in
// the image.
func startArgs(bind, datastore string) []string {
	return []string{"start", "--no-banner", "--log", "error", "--user", "root", "--pass", "root", "--bind", bind, datastore}
}

// binary is the program surreal.
type binary struct {
	program   string
	prefix    []string // what stands before "start"
	datastore string
}

func newBinary(ctx context.Context, opts Options) (launcher, error) {
	if err := onePort(EngineBinary, opts); err != nil {
		return nil, err
	}
	program, err := lookPath(EngineBinary, "surreal")
	if err != nil {
		return nil, err
	}
	b := &binary{program: program, datastore: "memory"}
	// The newer launcher has the server under "db"; for the older program that is
	// an unknown command.
	if exec.CommandContext(ctx, program, "db", "start", "--help").Run() == nil {
		b.prefix = []string{"db"}
	}
	if opts.Path != "" {
		path, err := filepath.Abs(opts.Path)
		if err != nil {
			return nil, fmt.Errorf("%s: data directory: %w", EngineBinary, err)
		}
		b.datastore = "surrealkv://" + filepath.ToSlash(path)
	}
	return b, nil
}

func (b *binary) launch(ctx context.Context, addresses []string) (*process, error) {
	return launchOnFreePort(ctx, addresses[0], func(address string) guardSpec {
		return guardSpec{
			Command: append(append([]string{b.program}, b.prefix...), startArgs(address, b.datastore)...),
			Address: address,
		}
	})
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
		if ctx.Err() != nil || !strings.Contains(strings.ToLower(err.Error()), "address") {
			break
		}
	}
	return nil, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("surrealtest: find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}
