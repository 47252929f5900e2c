package surrealsql_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// Tools of the tests in which the network or the server misbehaves.

// patience is how long a test waits for what should happen at once. It only
// runs out in a test that fails.
const patience = 10 * time.Second

// sockets are the sockets of a program, counted at its own end. The zero value
// is ready for use.
type sockets struct {
	mu      sync.Mutex
	opened  int
	open    int
	maxOpen int
	changed chan struct{} // closed at the next change
}

// use makes a Config dial through s.
func (s *sockets) use(cfg *surrealsql.Config) { cfg.DialContext = s.dial }

func (s *sockets) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	_ = nc.(*net.TCPConn).SetWriteBuffer(64 << 10) // so that a peer that does not read is felt soon
	s.count(1)
	return &socket{TCPConn: nc.(*net.TCPConn), counted: s}, nil
}

func (s *sockets) count(d int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open += d
	s.opened += max(d, 0)
	s.maxOpen = max(s.maxOpen, s.open)
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// now returns how many sockets are open and how many ever were.
func (s *sockets) now() (open, opened int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, s.opened
}

// awaitOpen waits until n sockets are open.
func (s *sockets) awaitOpen(t testing.TB, n int) {
	t.Helper()
	limit := time.NewTimer(patience)
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

// socket is one of them. It still is a *net.TCPConn to who looks into it.
type socket struct {
	*net.TCPConn
	counted *sockets
	once    sync.Once
}

func (s *socket) Close() error {
	err := s.TCPConn.Close()
	s.once.Do(func() { s.counted.count(-1) })
	return err
}

// signal receives from ch, or fails the test.
func signal[T any](t testing.TB, ch <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		require.FailNow(t, "nothing happened", "expected %s", what)
	}
	return v
}
