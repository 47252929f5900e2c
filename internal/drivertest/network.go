package drivertest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Tools of the tests in which the network or the server misbehaves.

// Patience is how long a test waits for what should happen at once. It only
// runs out in a test that fails.
const Patience = 10 * time.Second

// Receive receives from ch, or fails the test.
func Receive[T any](t testing.TB, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(Patience):
		require.FailNow(t, "nothing happened", "expected %s", what)
	}
	return v
}

// Sockets are the sockets of a program, counted at its own end. The zero value
// is ready for use.
type Sockets struct {
	mu      sync.Mutex
	opened  int
	open    int
	most    int
	changed chan struct{} // closed at the next change
}

// Use makes a Config dial through s.
func (s *Sockets) Use(cfg *surrealsql.Config) { cfg.DialContext = s.Dial }

// Dial opens a socket.
func (s *Sockets) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	_ = nc.(*net.TCPConn).SetWriteBuffer(64 << 10) // so that a peer that does not read is felt soon
	s.add(1)
	return &Socket{TCPConn: nc.(*net.TCPConn), counted: s}, nil
}

func (s *Sockets) add(d int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += d
	s.opened += max(d, 0)
	s.most = max(s.most, s.open)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// Count returns how many sockets are open and how many ever were.
func (s *Sockets) Count() (open, opened int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, s.opened
}

// Most returns how many sockets have been open at once.
func (s *Sockets) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// AwaitOpen waits until n sockets are open.
func (s *Sockets) AwaitOpen(t testing.TB, n int) {
	t.Helper()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	for {
		s.mu.Lock()
		open := s.open
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if open == n {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			require.FailNow(t, "sockets stay open", "%d are open, expected %d", open, n)
		}
	}
}

// FirstDials is how many dials the first connect of a connector takes on the server of the
// tests: one, or two where the server has to be asked for the subprotocol that is wanted most
// by an offer of its own (4.0.0-beta.1). Every later connect takes one.
func FirstDials(t testing.TB) int {
	t.Helper()
	var used Sockets
	Connect(t, surrealtest.DSN(t), used.Use)
	_, opened := used.Count()
	return opened
}

// Socket is one of Sockets. It still is a *net.TCPConn to who looks into it.
type Socket struct {
	*net.TCPConn
	counted *Sockets
	once    sync.Once
}

// Close closes it and counts it as closed, once.
func (s *Socket) Close() error {
	err := s.TCPConn.Close()
	s.once.Do(func() { s.counted.add(-1) })
	return err
}
