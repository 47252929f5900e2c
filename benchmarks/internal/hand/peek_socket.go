//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package hand

import (
	"errors"
	"syscall"
)

// Peek asks the system whether the idle connection still stands, as a pool has to
// before it hands one out: nothing to read, and no end.
func (c *Client) Peek() error {
	if c.socket == nil {
		sc, ok := c.conn.(syscall.Conn)
		if !ok {
			return errors.New("hand: only a socket can be looked into")
		}
		raw, err := sc.SyscallConn()
		if err != nil {
			return err
		}
		var b [1]byte
		c.socket, c.peek = raw, func(fd uintptr) bool {
			_, _, c.seen = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
			return true
		}
	}
	if err := c.socket.Read(c.peek); err != nil {
		return err
	}
	if c.seen == syscall.EAGAIN {
		return nil
	}
	return c.seen // nil where one of the server's pings lies there
}
