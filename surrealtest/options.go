package surrealtest

import "io"

// What Start and New can be asked for.

// Options say what Start and New start. The zero value is one port on an engine
// in memory.
type Options struct {
	// Engine picks a kind of engine; by default the first that this machine has:
	// `surreal` on PATH, the npm engine, Docker. With several ports it is the npm
	// engine.
	Engine Engine
	// Program is the program surreal that EngineBinary starts, by default the one on
	// PATH. Where it is given and Engine is not, no other engine is tried.
	Program string
	// Env are variables, "KEY=value", that the engine has beside those of this process,
	// as a SURREAL_… that sets a limit of it. A container has only what begins with
	// SURREAL_.
	Env []string
	// Path is a directory that keeps the data; it may not exist yet. Empty keeps
	// the data in memory, and Stop, Kill and Restart lose it.
	Path string
	// Address is where the engine listens, host:port; by default a free port of the loopback.
	// Other machines reach it where the host is theirs to reach, such as 0.0.0.0: its user root
	// has the password root. With several Ports it is that of the first.
	Address string
	// Ports is on how many loopback ports the engine serves, 1 by default. Several
	// behave as the nodes of one cluster: they share the data.
	Ports int
	// Output is told in words what happens, for programs that a person watches.
	// Nil is quiet.
	Output io.Writer

	// installing is told about an installation, even where Output is nil.
	installing io.Writer
}

func (o Options) output() io.Writer {
	if o.Output == nil {
		return io.Discard
	}
	return o.Output
}

func (o Options) installOutput() io.Writer {
	if o.installing != nil {
		return o.installing
	}
	return o.output()
}

// Engine names a way to have SurrealDB on this machine.
type Engine string

const (
	// EngineAuto is the first of the others that can be had.
	EngineAuto Engine = ""
	// EngineBinary is the program `surreal`, the one on PATH unless Program names
	// another.
	EngineBinary Engine = "surreal"
	// EngineNPM is SurrealDB's own embedded engine, version 3.0.2, behind a small
	// WebSocket server that runs on Node. It is fetched from npm once and kept in
	// the user's cache directory. It alone serves several ports and counts its
	// connections. Unlike a server it cannot abort a query whose client has gone.
	EngineNPM Engine = "npm"
	// EngineDocker is the image surrealdb/surrealdb.
	EngineDocker Engine = "docker"
)
