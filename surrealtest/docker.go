package surrealtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dockerImage is SurrealDB's own image.
const dockerImage = "surrealdb/surrealdb:latest"

// docker launches the image in a container, which is removed when it ends.
type docker struct {
	program string
	path    string // of the data on this machine, or empty
	env     []string
}

func (*docker) String() string { return dockerImage + " in Docker" }

func newDocker(ctx context.Context, opts Options) (launcher, error) {
	if err := onePort(EngineDocker, opts); err != nil {
		return nil, err
	}
	program, err := lookPath(EngineDocker, "docker")
	if err != nil {
		return nil, err
	}
	// The program is often there without a daemon.
	ask := exec.CommandContext(ctx, program, "version", "--format", "{{.Server.Version}}")
	if out, err := ask.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: its daemon does not answer: %w: %s",
			EngineDocker, err, strings.TrimSpace(string(out)))
	}
	d := &docker{program: program, env: opts.Env}
	if opts.Path != "" {
		if d.path, err = filepath.Abs(opts.Path); err != nil {
			return nil, fmt.Errorf("%s: data directory: %w", EngineDocker, err)
		}
		// A bind mount of a directory that is not there would make it root's.
		if err := os.MkdirAll(d.path, 0o755); err != nil {
			return nil, fmt.Errorf("%s: data directory: %w", EngineDocker, err)
		}
	}
	fmt.Fprintf(opts.installOutput(),
		"surrealtest: starting %s in Docker, which fetches it when it is not there\n", dockerImage)
	return d, nil
}

func (d *docker) launch(ctx context.Context, addresses []string) (*process, error) {
	return launchOnFreePort(ctx, addresses[0], d.spec)
}

func (d *docker) spec(address string) guardSpec {
	name := "surrealtest-" + strings.ToLower(rand.Text())
	run := []string{d.program, "run", "--rm", "--name", name, "--publish", address + ":8000"}
	datastore := "memory"
	if d.path != "" {
		datastore = "surrealkv:///data/db"
		run = append(run, "--volume", d.path+":/data")
		if uid := os.Getuid(); uid >= 0 { // -1 on Windows
			run = append(run, "--user", fmt.Sprintf("%d:%d", uid, os.Getgid()))
		}
	}
	// By its name alone docker hands on a variable that it has itself, so that no value
	// is among the arguments, which every user of the machine can read.
	for _, pair := range append(os.Environ(), d.env...) {
		if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "SURREAL_") {
			run = append(run, "--env", key)
		}
	}
	return guardSpec{
		Command: append(append(run, dockerImage), startArgs("0.0.0.0:8000", datastore)...),
		Address: address,
		// Killing the client would leave the container.
		Cleanup: []string{d.program, "rm", "--force", name},
		env:     d.env,
	}
}
