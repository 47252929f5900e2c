package replay

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The transport over loopback TCP.

const (
	serverBuffer = 64 << 10

	// throttledPiece is what a throttled server sends at once.
	throttledPiece = 4 << 10
)

// Server answers queries over loopback TCP. Its methods are safe for concurrent
// use.
type Server struct {
	reply    *Reply
	listener net.Listener
	sent     atomic.Int64
	rate     atomic.Int64
	ended    chan struct{}
	done     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Listen starts a server that answers every query with the reply.
func Listen(reply *Reply) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	s := &Server{reply: reply, listener: l, ended: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	s.done.Go(s.accept)
	return s, nil
}

// Addr is the host and port that it serves.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Sent counts the bytes sent on all connections.
func (s *Server) Sent() int64 { return s.sent.Load() }

// Throttle bounds what is sent on each connection, in bytes a second. Zero lifts
// the bound, at once.
func (s *Server) Throttle(bytesPerSecond int64) { s.rate.Store(bytesPerSecond) }

// Close ends all connections and returns when nothing of the server is left.
func (s *Server) Close() error {
	close(s.ended)
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
	return err
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // it is closed
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.done.Go(func() {
			s.serve(conn)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// serve ends when the client does, or says what no client says.
func (s *Server) serve(conn net.Conn) {
	p := &peer{reply: s.reply}
	b := make([]byte, serverBuffer)
	for !p.closed {
		n, err := conn.Read(b)
		if err != nil || p.feed(b[:n]) != nil || s.flush(conn, p.out) != nil {
			return
		}
		p.out = p.out[:0]
	}
}

// flush sends the pieces: those of an ordinary reply in one system call.
func (s *Server) flush(conn net.Conn, out []piece) error {
	if s.rate.Load() > 0 {
		return s.drip(conn, out)
	}
	var batch net.Buffers
	size := 0
	for _, p := range out {
		for range p.times {
			batch = append(batch, p.b)
			if size += len(p.b); size < serverBuffer {
				continue
			}
			if err := s.write(conn, &batch); err != nil {
				return err
			}
			size = 0
		}
	}
	return s.write(conn, &batch)
}

func (s *Server) write(conn net.Conn, batch *net.Buffers) error {
	n, err := batch.WriteTo(conn)
	s.sent.Add(n)
	*batch = nil
	return err
}

// drip sends the pieces at the rate of the throttle, as long as there is one.
func (s *Server) drip(conn net.Conn, out []piece) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for _, p := range out {
		for range p.times {
			for rest := p.b; len(rest) > 0; {
				n := len(rest)
				if rate := s.rate.Load(); rate > 0 {
					n = min(n, throttledPiece)
					pause.Reset(time.Duration(n) * time.Second / time.Duration(rate))
					select {
					case <-pause.C:
					case <-s.ended:
						return errEnded
					}
				}
				s.sent.Add(int64(n)) // before: the client must not see more than was counted
				if _, err := conn.Write(rest[:n]); err != nil {
					return err
				}
				rest = rest[n:]
			}
		}
	}
	return nil
}

var errEnded = errors.New("replay: the server is closed")
