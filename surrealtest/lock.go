package surrealtest

import (
	"context"
	"time"
)

// A lock between processes, by a file.

// lockFile takes a lock that other processes respect and that the system takes
// back when this process dies. It waits until the context is done. The file stays
// in place for good: to remove it would let two processes lock two files of one
// name.
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
