package surrealtest

import (
	"cmp"
	"context"
	"os/exec"
)

// binary launches the program surreal.
type binary struct {
	program   string
	prefix    []string // what stands before "start"
	datastore string
	env       []string
}

func (b *binary) String() string { return b.program }

func newBinary(ctx context.Context, opts Options) (launcher, error) {
	if err := onePort(EngineBinary, opts); err != nil {
		return nil, err
	}
	program, err := lookPath(EngineBinary, cmp.Or(opts.Program, "surreal"))
	if err != nil {
		return nil, err
	}
	b := &binary{program: program, env: opts.Env}
	if b.datastore, err = datastore(opts, "memory"); err != nil {
		return nil, err
	}
	// The newer launcher has the server under "db"; for the older program that is
	// an unknown command.
	if exec.CommandContext(ctx, program, "db", "start", "--help").Run() == nil {
		b.prefix = []string{"db"}
	}
	return b, nil
}

func (b *binary) launch(ctx context.Context, addresses []string) (*process, error) {
	return launchOnFreePort(ctx, addresses[0], func(address string) guardSpec {
		return guardSpec{
			Command: append(append([]string{b.program}, b.prefix...), startArgs(address, b.datastore)...),
			Address: address,
			env:     b.env,
		}
	})
}
