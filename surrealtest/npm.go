package surrealtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
)

// npm is the embedded engine on Node.
type npm struct {
	node, npm string
	datastore string
	output    io.Writer // told about the installation only
}

func newNPM(_ context.Context, opts Options) (launcher, error) {
	node, err := lookPath(EngineNPM, "node")
	if err != nil {
		return nil, err
	}
	client, err := lookPath(EngineNPM, "npm")
	if err != nil {
		return nil, err
	}
	n := &npm{node: node, npm: client, datastore: "mem://", output: opts.installOutput()}
	if opts.Path != "" {
		path, err := filepath.Abs(opts.Path)
		if err != nil {
			return nil, fmt.Errorf("surrealtest: data directory: %w", err)
		}
		n.datastore = "surrealkv://" + filepath.ToSlash(path)
	}
	return n, nil
}

func (n *npm) launch(ctx context.Context, addresses []string) (*process, error) {
	dir, err := n.install(ctx)
	if err != nil {
		return nil, fmt.Errorf("surrealtest: install the engine: %w", err)
	}
	config, err := json.Marshal(map[string]any{"listen": addresses, "datastore": n.datastore})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(n.node, filepath.Join(dir, "server.mjs"), string(config))
	return startProcess(ctx, cmd, false)
}
