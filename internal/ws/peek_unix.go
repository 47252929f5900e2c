//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package ws

import (
	"io"
	"net"
	"syscall"
)

// peeker peeks at a socket with MSG_PEEK: it sees bytes, a FIN and an RST
// without consuming anything, under TLS too. Its callback and its fields are
// made once, so that to peek allocates nothing.
type peeker struct {
	conn    syscall.RawConn
	control func(fd uintptr) // given to conn.Control

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
	p.control = func(fd uintptr) { p.n, p.err = peekByte(fd, &b) }
}

// cannotPeek reports whether only reading tells what lies in the socket.
func (p *peeker) cannotPeek() bool { return p.conn == nil }

func (p *peeker) peek() (peekState, error) {
	if p.conn == nil {
		return unknown, nil
	}
	if err := p.conn.Control(p.control); err != nil {
		return empty, err
	}
	switch {
	case p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK:
		return empty, nil
	case p.err != 0:
		return empty, p.err
	case p.n == 0:
		return empty, io.ErrUnexpectedEOF
	}
	return readable, nil
}
