package scripted

import (
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what should happen at once. It only
// runs out in a test that fails.
const patience = 10 * time.Second

// Server accepts connections on a loopback port and runs a script on each. Its
// methods may be called from any goroutine.
type Server struct {
	t      testing.TB
	ln     net.Listener
	script func(*Conn)
	done   chan struct{} // closed when the server ends
	once   sync.Once
	wg     sync.WaitGroup

	mu       sync.Mutex
	tls      *tls.Config
	changed  chan struct{}  // closed, and made anew, when anything below changes
	conns    map[*Conn]bool // whose sockets are open; false for one given up by Drop or Reset
	accepted int
	requests []Request
}

// New starts a server that upgrades each connection to WebSocket, subprotocol
// cbor, and runs the script on it. A nil script is c.Serve(nil). The
// server ends with the test.
func New(t testing.TB, script func(c *Conn)) *Server {
	t.Helper()
	if script == nil {
		script = func(c *Conn) { c.Serve(nil) }
	}
	return Listen(t, func(c *Conn) {
		c.Upgrade()
		script(c)
	})
}

// Listen starts a server whose script begins at the accepted socket (behind the
// TLS handshake, with [Server.UseTLS]). The server ends with the test.
func Listen(t testing.TB, script func(c *Conn)) *Server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("scripted: %v", err)
	}
	s := newServer(t, script)
	s.ln = ln
	s.wg.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

func newServer(t testing.TB, script func(*Conn)) *Server {
	return &Server{
		t: t, script: script,
		done:    make(chan struct{}),
		changed: make(chan struct{}),
		conns:   make(map[*Conn]bool),
	}
}

// UseTLS makes the server speak TLS on the connections to come and returns it.
func (s *Server) UseTLS(cfg *tls.Config) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls = cfg
	return s
}

// Close ends the server: no connection is accepted any more, the open ones are
// closed, and all scripts have ended when it returns. It may be called twice.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.done)
		if s.ln != nil {
			_ = s.ln.Close()
		}
		s.HangUp()
	})
	ended := make(chan struct{})
	go func() { s.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		s.t.Error("scripted: a script does not end with its test: it waits for something without Conn.Wait")
	}
}

// HangUp closes all open connections; the server goes on accepting new ones.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.raw.Close()
	}
}

// Addr is host:port; a server of pipes makes up its own.
func (s *Server) Addr() string {
	if s.ln == nil {
		return "127.0.0.1:8000"
	}
	return s.ln.Addr().String()
}

// DSN is surrealdb://root:root@host:port/ns/db with the parameters, each
// key=value, behind it.
func (s *Server) DSN(params ...string) string {
	scheme := "surrealdb"
	s.mu.Lock()
	if s.tls != nil {
		scheme = "surrealdb+wss"
	}
	s.mu.Unlock()
	dsn := scheme + "://root:root@" + s.Addr() + "/ns/db"
	if len(params) > 0 {
		dsn += "?" + strings.Join(params, "&")
	}
	return dsn
}

func (s *Server) accept() {
	for {
		nc, err := s.ln.Accept()
		if err != nil {
			return
		}
		if !s.begin(nc.(*net.TCPConn)) {
			_ = nc.Close()
		}
	}
}

// begin starts the script on a connection; false says that the server is closed.
func (s *Server) begin(nc socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over() { // HangUp has been here already
		return false
	}
	s.accepted++
	c := newConn(s, nc, s.tls, s.accepted)
	s.conns[c] = true
	s.notify()
	s.wg.Go(func() { s.run(c) })
	return true
}

// run runs the script. It may end by runtime.Goexit.
func (s *Server) run(c *Conn) {
	defer s.forget(c)
	defer c.shut()
	if c.secure() {
		s.script(c)
	}
}

func (s *Server) forget(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.notify()
}

// discount takes a connection out of what Open counts.
func (s *Server) discount(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = false
	s.notify()
}

// notify wakes Await. The caller holds the lock.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
