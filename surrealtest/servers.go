package surrealtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// The servers that SURREALTEST_SERVERS lists, and which engine the environment asks for.

// serversVariable lists the servers on which the tests run: the programs surreal or the
// folders that hold one, or the names of the other engines. They are separated as the
// folders of PATH are.
const serversVariable = "SURREALTEST_SERVERS"

// listedServers are the entries of the list.
func listedServers() []string {
	var servers []string
	for _, s := range filepath.SplitList(os.Getenv(serversVariable)) {
		if s != "" {
			servers = append(servers, s)
		}
	}
	return servers
}

// serverNamed makes an entry of the list what Options know.
func serverNamed(entry string) (Engine, string, error) {
	switch e := Engine(entry); e {
	case EngineNPM, EngineDocker:
		return e, "", nil
	case EngineBinary:
		return EngineBinary, "", nil // the one on PATH
	}
	if !filepath.IsAbs(entry) {
		return "", "", fmt.Errorf("surrealtest: %s: %q is no absolute path and none of %q, %q and %q: "+
			"tests run in the folders of their packages, so a relative path would be another in each",
			serversVariable, entry, EngineBinary, EngineNPM, EngineDocker)
	}
	info, err := os.Stat(entry)
	if err != nil {
		return "", "", fmt.Errorf("surrealtest: %s: %w", serversVariable, err)
	}
	if info.IsDir() {
		entry = filepath.Join(entry, "surreal")
	}
	return EngineBinary, entry, nil
}

// resolved fills in what the options leave to the environment, and to each other.
func (o Options) resolved() (Options, error) {
	o.Ports = max(o.Ports, 1)
	if o.Program != "" && o.Engine == EngineAuto {
		o.Engine = EngineBinary
	}
	switch {
	case o.Program != "" && o.Engine != EngineBinary:
		return o, fmt.Errorf("surrealtest: a Program for the engine %q: only %q has one", o.Engine, EngineBinary)
	case o.Ports > 1 && o.Engine == EngineAuto:
		o.Engine = EngineNPM
	}
	listed := listedServers()
	if len(listed) == 0 || o.Program != "" || o.Engine != EngineAuto && o.Engine != EngineBinary {
		return o, nil
	}
	engine, program, err := serverNamed(listed[0])
	if err != nil {
		return o, err
	}
	if o.Engine == EngineBinary && engine != EngineBinary {
		return o, nil // the one on PATH
	}
	o.Engine, o.Program = engine, program
	return o, nil
}
