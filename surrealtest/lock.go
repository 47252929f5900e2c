package surrealtest

import (
	"context"
	"os"
	"time"
)

// lockFile takes a lock that other processes respect and that the system takes
// back when this process dies. It waits until the context is done.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := tryLock(path)
		if err != nil {
			return nil, err
		}
		if f != nil {
			return func() { _ = f.Close() }, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// openLock opens the file that is locked; it stays in place for good, since
// removing it would let two processes lock two files of one name.
func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
}
