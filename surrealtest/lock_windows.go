package surrealtest

import (
	"errors"
	"os"
	"syscall"
)

// errSharingViolation is what opening a file tells that another process has opened
// for nobody else.
const errSharingViolation = syscall.Errno(32)

// tryLock returns nil when another process has the lock, which is the file
// opened for nobody else. Closing it gives the lock up.
func tryLock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, nil
	}
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}
