package surrealtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/backoff"
)

// Server is a running SurrealDB of one's own, with a user root whose password is
// root. Its methods are safe for concurrent use.
type Server struct {
	opts     Options
	launcher launcher
	engine   string // what was started, and where it is a fallback, why

	mu        sync.Mutex
	addresses []string
	version   string
	proc      *process // nil while it is stopped
	closed    bool
}

// Start starts an engine and returns when it serves. The context bounds the
// start, with a first fetch of the engine from npm; the server ends with Close,
// or with this process, however that ends.
//
// Where the environment variable SURREALTEST_SERVERS names servers and the options leave
// the engine open, it is the first of those. Start does not look at SURREALDB_URL.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts, err := opts.resolved()
	if err != nil {
		return nil, err
	}
	addresses, err := opts.addresses()
	if err != nil {
		return nil, err
	}
	l, err := launchFirst(ctx, opts, addresses)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, launcher: l.launcher, engine: l.String()}
	s.adoptLocked(l.proc)
	return s, nil
}

// adoptLocked takes a started engine over. Before the server is shared it needs no
// lock.
func (s *Server) adoptLocked(proc *process) {
	s.proc = proc
	s.addresses, s.version = proc.addresses, strings.TrimPrefix(proc.version, "surrealdb-")
	fmt.Fprintf(s.opts.output(), "surrealtest: %s serves at %s: %s\n",
		cmp.Or(proc.version, "SurrealDB"), strings.Join(s.addresses, ", "), s.engine)
}

// Version is the server's version, such as "3.3.5" or "4.0.0-beta.1". It is empty where
// the server keeps it to itself (SURREAL_CAPS_DENY_HTTP).
func (s *Server) Version() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
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
	return s.stopLocked()
}

func (s *Server) stopLocked() error {
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
	_ = s.stopLocked() // however it ended, it is to run again
	proc, err := s.launcher.launch(ctx, s.addresses)
	// An ephemeral port that is free may be lent to some other socket in the meantime.
	for n := 1; n <= 8 && isAddressTaken(err) && backoff.Sleep(ctx, backoff.Bound(50*time.Millisecond, time.Second, n)); n++ {
		proc, err = s.launcher.launch(ctx, s.addresses)
	}
	if err != nil {
		return err
	}
	s.adoptLocked(proc)
	return nil
}

// Close stops the engine for good. Closing a closed server does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.stopLocked()
}
