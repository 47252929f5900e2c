package scripted

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

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
	version  string         // that it says it is
	streams  bool           // it has query_stream
	speaks   []string       // subprotocols, in its own order
	changed  chan struct{}  // closed, and made anew, when anything below changes
	conns    map[*Conn]bool // whose sockets are open; false for one given up by Drop or Reset
	accepted int
	requests []Request
	offers   [][]string // of subprotocols
}

// timeout is how long a test waits for what should happen at once. It only passes in
// a test that fails.
const timeout = 10 * time.Second

// New starts a server that upgrades each connection to WebSocket, as [Conn.Upgrade] does,
// and runs the script on it. A nil script is c.Serve(nil). The
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

// Listen starts a server whose script begins at the accepted socket (after the
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
		version: "surrealdb-3.0.2",
		speaks:  []string{"cbor"},
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

// UseVersion makes the server say that it is of another version, to the requests to
// come, and returns it.
func (s *Server) UseVersion(version string) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
	return s
}

// Streaming makes the server one of 3.3, which has query_stream and query_cancel, and
// returns it: those requests go to the script. Without it they are answered as older
// servers do, and the script does not see them.
func (s *Server) Streaming() *Server {
	s.UseVersion("surrealdb-3.3.5")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams = true
	return s
}

// UseProtocols makes the server speak these subprotocols, on the connections to come, and
// returns it. It takes the first of them that a client offers, as SurrealDB does, whatever
// the client's order is; where a client offers none of them it agrees to none. Without this
// it speaks cbor alone.
func (s *Server) UseProtocols(names ...string) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.speaks = names
	return s
}

// choose is what the server agrees to of an offer; "" for nothing.
func (s *Server) choose(offered []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.speaks {
		if slices.Contains(offered, p) {
			return p
		}
	}
	return ""
}

// told is what the server says of itself.
func (s *Server) told() (version string, streams bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version, s.streams
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
	case <-time.After(timeout):
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

// DSN is surrealdb://root:root@host:port/ns/db?key=value&…: each of the parameters is a
// key=value.
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
	s.notifyLocked()
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

// forget takes a connection that is closed off the list.
func (s *Server) forget(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.notifyLocked()
}

// discount takes a connection out of what Open counts.
func (s *Server) discount(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = false
	s.notifyLocked()
}

// count keeps a request that was read.
func (s *Server) count(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	s.notifyLocked()
}

// countOffer keeps what a client offered.
func (s *Server) countOffer(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offers = append(s.offers, names)
	s.notifyLocked()
}

// notifyLocked wakes Await.
func (s *Server) notifyLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// over reports whether the server has ended.
func (s *Server) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
