package scripted

import (
	"context"
	"net"
	"testing"
)

// socket is what a script's connection stands on: a *net.TCPConn or a pipe.
type socket interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

// pipe is the server's end of a net.Pipe, whose two directions end together.
type pipe struct{ net.Conn }

func (p pipe) CloseWrite() error { return p.Close() }

func (pipe) SetLinger(int) error { return nil }

// Pipes starts a server in memory, without a socket, for bubbles of
// testing/synctest: there a goroutine that waits at a socket keeps the time from
// passing, one that waits at a pipe does not. The script begins as New's. Give
// Dial to the client as its dialer.
//
// A pipe has no buffer: what is written waits for its reader, so a client that
// does not read holds up the script.
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
	if !s.begin(pipe{server}) {
		return nil, net.ErrClosed
	}
	return client, nil
}
