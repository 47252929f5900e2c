package pool

// Which goroutine Close is called on.

import "github.com/surrealsql/surrealsql/internal/callstack"

// ownGoroutine marks the stack for onOwnGoroutine.
//
//go:noinline
func ownGoroutine(f func()) { f() }

// onOwnGoroutine reports whether the caller runs on a goroutine of some pool, called
// by a hook, a logger or a tracer. Who waits for the pool's goroutines there waits for
// itself. So it does on a goroutine of the driver's for which a dial waits, as there is
// one for each of several hosts. A context cannot tell: Close has none, nor has a
// slog.Handler that calls it.
func onOwnGoroutine() bool {
	return callstack.Holds("/pool.ownGoroutine") || callstack.Holds(callstack.ConnectRunner)
}
