package pool

import (
	"runtime"
	"strings"
)

// background runs f on a goroutine of the pool, for which Close waits.
func (p *Pool) background(f func()) { p.work.Go(func() { ownGoroutine(f) }) }

// ownGoroutine marks the stack for onOwnGoroutine.
//
//go:noinline
func ownGoroutine(f func()) { f() }

// onOwnGoroutine reports whether the caller runs on a goroutine of some pool, called
// by a hook, a logger or a tracer. Who waits for the pool's goroutines there waits for
// itself. A context cannot tell: Close has none, nor has a slog.Handler that calls it.
func onOwnGoroutine() bool {
	stack := make([]uintptr, 64)
	for skip := 1; ; skip += len(stack) {
		n := runtime.Callers(skip, stack)
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(stack[:n])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasSuffix(f.Function, "/pool.ownGoroutine") {
				return true
			}
		}
	}
}
