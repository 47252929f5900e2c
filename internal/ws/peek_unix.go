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
	peek func(fd uintptr) bool

	n   int
	err error
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
	p.peek = func(fd uintptr) bool {
		p.n, _, p.err = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		for p.err == syscall.EINTR {
			p.n, _, p.err = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		}
		return true // Go's sockets do not block: never wait for readiness
	}
}

// blind reports whether only reading tells what lies in the socket.
func (p *peeker) blind() bool { return p.conn == nil }

func (p *peeker) look() (sight, error) {
	if p.conn == nil {
		return unknown, nil
	}
	if err := p.conn.Read(p.peek); err != nil {
		return quiet, err
	}
	switch {
	case p.err == syscall.EAGAIN || p.err == syscall.EWOULDBLOCK:
		return quiet, nil
	case p.err != nil:
		return quiet, p.err
	case p.n == 0:
		return quiet, io.ErrUnexpectedEOF
	}
	return pending, nil
}
