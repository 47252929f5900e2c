//go:build darwin || freebsd || netbsd || openbsd || dragonfly || (linux && (386 || s390x || purego))

package ws

import "syscall"

// peekByte asks the socket for its next byte and leaves it there. Go's sockets do not
// block.
func peekByte(fd uintptr, b *[1]byte) (n int, err syscall.Errno) {
	n, _, failed := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	for failed == syscall.EINTR {
		n, _, failed = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	}
	err, _ = failed.(syscall.Errno) // it is nothing else
	return n, err
}
