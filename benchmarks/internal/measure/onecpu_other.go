//go:build !linux

package measure

import "errors"

// OneCPU moves this process, and all that it starts, to one CPU until undo is called:
// on Linux. Elsewhere it fails with errors.ErrUnsupported.
func OneCPU() (undo func() error, err error) { return nil, errors.ErrUnsupported }
