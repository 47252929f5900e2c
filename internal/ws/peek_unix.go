//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package ws

import (
	"io"
	"net"
	"syscall"
)

// peeker looks into a socket with MSG_PEEK: it sees bytes, a FIN and an RST
// without consuming anything, under TLS too. Its callback and its fields are
// made once, so that a look allocates nothing.
type peeker struct {
	conn syscall.RawConn
	peek func(fd uintptr)

	n   int
	err syscall.Errno
}

func (p *peeker) init(nc net.Conn) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	p.conn = raw
	var b [1]byte
	p.peek = func(fd uintptr) { p.n, p.err = glimpse(fd, &b) }
}

// blind reports whether only reading tells what lies in the socket.
func (p *peeker) blind() bool { return p.conn == nil }

func (p *peeker) look() (sight, error) {
	if p.conn == nil {
		return unknown, nil
	}
	if err := p.conn.Control(p.peek); err != nil {
		return quiet, err
	}
	switch {
	case p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK:
		return quiet, nil
	case p.err != 0:
		return quiet, p.err
	case p.n == 0:
		return quiet, io.ErrUnexpectedEOF
	}
	return pending, nil
}
