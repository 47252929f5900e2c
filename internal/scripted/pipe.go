package scripted

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// socket is what a script's connection stands on: a *net.TCPConn or a pipe.
type socket interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// pipe is the server's end of a net.Pipe. What it writes is queued, as a socket's
// buffer does it, so that a script need not wait until the client reads. Its two
// directions end together.
type pipe struct {
	net.Conn
	mu     sync.Mutex
	queue  chan []byte
	closed bool
	abrupt bool // drop what is queued
}

const (
	pipeQueue  = 1024        // writes
	pipeLinger = time.Second // for which a closed pipe waits for its client to read what is queued
)

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, net.ErrClosed
	}
	select {
	case p.queue <- bytes.Clone(b):
		return len(b), nil
	default:
		return 0, errors.New("scripted: the client lets too much pile up in its pipe")
	}
}

// drain passes on what is queued, and then closes the pipe.
func (p *pipe) drain() {
	defer p.Conn.Close()
	for b := range p.queue {
		if _, err := p.Conn.Write(b); err != nil {
			return
		}
	}
}

func (p *pipe) CloseWrite() error { return p.Close() }

func (p *pipe) SetLinger(seconds int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abrupt = seconds == 0
	return nil
}

func (p *pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	close(p.queue)
	if p.abrupt {
		return p.Conn.Close()
	}
	_ = p.Conn.SetReadDeadline(time.Unix(1, 0))
	return p.Conn.SetWriteDeadline(time.Now().Add(pipeLinger))
}

// Pipes starts a server in memory, without a socket, for bubbles of
// testing/synctest: there a goroutine that waits at a socket keeps the time from
// passing, one that waits at a pipe does not. The script begins as New's. Give
// Dial to the client as its dialer.
//
// What the client writes waits for its reader: a pipe has no buffer in that
// direction, so a script that does not read blocks the client at its first byte.
func Pipes(t testing.TB, script func(c *Conn)) *Server {
	t.Helper()
	if script == nil {
		script = func(c *Conn) { c.Serve(nil) }
	}
	s := newServer(t, func(c *Conn) {
		c.Upgrade()
		script(c)
	})
	t.Cleanup(s.Close)
	return s
}

// Dial connects to a server of Pipes, whatever the address.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	p := &pipe{Conn: server, queue: make(chan []byte, pipeQueue)}
	if !s.begin(p) {
		return nil, net.ErrClosed
	}
	s.wg.Go(p.drain)
	return client, nil
}
