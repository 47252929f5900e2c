//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package surrealtest

import "os"

// tryLock locks nothing where the system has no lock that dies with its process:
// the engine may then be fetched twice, and the later rename fails.
func tryLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
}
