package surrealtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Options say what Start and New start. The zero value is one port on an engine
// in memory.
type Options struct {
	// Engine picks a kind of engine; by default the first that this machine has:
	// `surreal` on PATH, the npm engine, Docker. With several ports it is the npm
	// engine.
	Engine Engine
	// Path is a directory that keeps the data; it may not exist yet. Empty keeps
	// the data in memory, and Stop, Kill and Restart lose it.
	Path string
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

// Stats is what a Server counts at its own end, over all of its ports and since
// its last start.
type Stats struct {
	Open     int `json:"open"`     // WebSocket connections open now
	MaxOpen  int `json:"maxOpen"`  // open at once, at most
	Accepted int `json:"accepted"` // opened in all
	Refused  int `json:"refused"`  // handshakes refused, as for wrong credentials

	Transactions int `json:"transactions"` // begun by connections and not ended yet
	// LiveQueries are those asked for by connections that have not ended. One whose
	// database was removed counts until its connection closes, since the engine does
	// not tell; one that a transaction asked for is not counted.
	LiveQueries int `json:"liveQueries"`
}

// Server is a running SurrealDB of one's own, with a user root whose password is
// root. Its methods are safe for concurrent use.
type Server struct {
	opts     Options
	launcher launcher

	mu        sync.Mutex
	addresses []string
	proc      *process // nil while it is stopped
	closed    bool
}

// Start starts an engine and returns when it serves. The context bounds the
// start, with a first fetch of the engine from npm; the server ends with Close,
// or with this process, however that ends.
//
// It does not look at SURREALDB_URL.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts.Ports = max(opts.Ports, 1)
	if opts.Ports > 1 && opts.Engine == EngineAuto {
		opts.Engine = EngineNPM
	}
	addresses := slices.Repeat([]string{"127.0.0.1:0"}, opts.Ports)
	l, proc, err := launchFirst(ctx, opts, addresses)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, launcher: l}
	s.adopt(proc)
	return s, nil
}

// adopt takes a started engine. It is called with the lock held, or before the
// server is shared.
func (s *Server) adopt(proc *process) {
	s.proc = proc
	s.addresses = proc.addresses
	fmt.Fprintf(s.opts.output(), "surrealtest: %s serves at %s\n", proc.version, strings.Join(s.addresses, ", "))
}

// Addr is the host and port of the i-th port, counted from 0. It stays the same
// over a restart.
func (s *Server) Addr(i int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addresses[i]
}

// DSN is where the first port is reached as root, without a namespace or
// database: append "/ns/db".
func (s *Server) DSN() string { return dsnOf(s.Addr(0)) }

func dsnOf(address string) string {
	u := url.URL{Scheme: "surrealdb", User: url.UserPassword("root", "root"), Host: address}
	return u.String()
}

// errStopped answers what needs a running engine.
var errStopped = errors.New("surrealtest: the server is stopped: Restart it")

// Stats asks the engine for its counts. Only the npm engine has them; another
// gives an error.
func (s *Server) Stats() (Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return Stats{}, errStopped
	}
	m, err := s.proc.ask("stats")
	if err != nil {
		return Stats{}, err
	}
	return *m.Stats, nil
}

// Stop ends the engine in good order. Its ports refuse connections until
// Restart. Stopping a stopped server does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop()
}

func (s *Server) stop() error {
	if s.proc == nil {
		return nil
	}
	proc := s.proc
	s.proc = nil
	return proc.stop()
}

// Kill ends the engine at once, as a crash does: connections break without a
// word. With a Path, what was committed is there after Restart.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc != nil {
		s.proc.kill()
		s.proc = nil
	}
}

// Restart starts the engine again on the same ports, stopping it first where it
// runs. Data in memory is lost, data at a Path is kept.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("surrealtest: the server is closed: Start another")
	}
	_ = s.stop() // however it ended, it is to run again
	proc, err := s.launcher.launch(ctx, s.addresses)
	if err != nil {
		return err
	}
	s.adopt(proc)
	return nil
}

// Close stops the engine for good. Closing a closed server does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.stop()
}
