package surrealtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// npm launches the embedded engine on Node.
type npm struct {
	node      string
	datastore string
	env       []string
	installer installer
}

func (*npm) String() string { return "the embedded engine" }

func newNPM(_ context.Context, opts Options) (launcher, error) {
	node, err := lookPath(EngineNPM, "node")
	if err != nil {
		return nil, err
	}
	client, err := lookPath(EngineNPM, "npm")
	if err != nil {
		return nil, err
	}
	store, err := datastore(opts, "mem://")
	if err != nil {
		return nil, err
	}
	return &npm{
		node:      node,
		datastore: store,
		env:       opts.Env,
		installer: installer{npm: client, output: opts.installOutput()},
	}, nil
}

func (n *npm) launch(ctx context.Context, addresses []string) (*process, error) {
	dir, err := n.installer.install(ctx)
	if err != nil {
		return nil, fmt.Errorf("surrealtest: install the engine: %w", err)
	}
	config, err := json.Marshal(map[string]any{"listen": addresses, "datastore": n.datastore})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(n.node, filepath.Join(dir, "server.mjs"), string(config))
	cmd.Env = append(os.Environ(), n.env...)
	return startProcess(ctx, cmd, false)
}
