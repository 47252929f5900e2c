package surrealtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// dockerImage is SurrealDB's own image.
const dockerImage = "surrealdb/surrealdb:latest"

// docker is the image in a container, which is removed when it ends.
type docker struct {
	program string
	path    string
}

func newDocker(ctx context.Context, opts Options) (launcher, error) {
	if err := onePort(EngineDocker, opts); err != nil {
		return nil, err
	}
	program, err := lookPath(EngineDocker, "docker")
	if err != nil {
		return nil, err
	}
	// The program is often there without a daemon.
	if out, err := exec.CommandContext(ctx, program, "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: its daemon does not answer: %w: %s", EngineDocker, err, strings.TrimSpace(string(out)))
	}
	d := &docker{program: program}
	if opts.Path != "" {
		if d.path, err = filepath.Abs(opts.Path); err != nil {
			return nil, fmt.Errorf("%s: data directory: %w", EngineDocker, err)
		}
		// A bind mount of a directory that is not there would make it root's.
		if err := os.MkdirAll(d.path, 0o755); err != nil {
			return nil, fmt.Errorf("%s: data directory: %w", EngineDocker, err)
		}
	}
	fmt.Fprintf(opts.installOutput(), "surrealtest: starting %s in Docker, which fetches it when it is not there\n", dockerImage)
	return d, nil
}

func (d *docker) launch(ctx context.Context, addresses []string) (*process, error) {
	return launchOnFreePort(ctx, addresses[0], d.spec)
}

func (d *docker) spec(address string) guardSpec {
	name := "surrealtest-" + strings.ToLower(rand.Text())
	_, port, _ := net.SplitHostPort(address)
	run := []string{d.program, "run", "--rm", "--name", name, "--publish", "127.0.0.1:" + port + ":8000"}
	datastore := "memory"
	if d.path != "" {
		datastore = "surrealkv:///data/db"
		run = append(run, "--volume", d.path+":/data")
		if uid := os.Getuid(); uid >= 0 { // -1 on Windows
			run = append(run, "--user", fmt.Sprintf("%d:%d", uid, os.Getgid()))
		}
	}
	return guardSpec{
		Command: append(append(run, dockerImage), startArgs("0.0.0.0:8000", datastore)...),
		Address: address,
		// Killing the client would leave the container.
		Cleanup: []string{d.program, "rm", "--force", name},
	}
}
