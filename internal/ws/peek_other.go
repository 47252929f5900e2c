//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package ws

import "net"

// peeker cannot peek on this system: only a short read tells what lies in a socket.
type peeker struct{}

func (*peeker) init(net.Conn) {}

// cannotPeek reports whether only reading tells what lies in the socket.
func (*peeker) cannotPeek() bool { return true }

func (*peeker) peek() (peekState, error) { return unknown, nil }
