// Package callstack tells who called, where nothing that is handed over can tell.
package callstack

import (
	"runtime"
	"strings"
)

// Holds reports whether a function whose full name ends with suffix is on the stack
// of the goroutine. It takes microseconds.
func Holds(suffix string) bool {
	found := false
	walk(func(name string) bool {
		found = strings.HasSuffix(name, suffix)
		return !found
	})
	return found
}

// walk calls visit with the full names of the functions on the stack, from its caller's caller
// on, until it returns false.
func walk(visit func(name string) bool) {
	stack := make([]uintptr, 64)
	for skip := 3; ; skip += len(stack) {
		n := runtime.Callers(skip, stack)
		if n == 0 {
			return
		}
		frames := runtime.CallersFrames(stack[:n])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if !visit(f.Function) {
				return
			}
		}
	}
}

// InQueryRow reports whether a driver is asked for rows by a method of database/sql that gives
// one, which its caller acts on; those of wrappers are mostly called the same. Within such a
// method code of the program's may run, as a hook or a driver.Valuer: what that asks for is
// another matter, whether by database/sql or of the driver itself.
func InQueryRow() (is bool) {
	const sql, ask, many, one = "database/sql.", "database/sql.ctxDriver", ".QueryContext", ".QueryRowContext"
	asked, entered := false, false // the function of database/sql that asks drivers was passed, and the method that was called
	walk(func(name string) bool {
		switch {
		case entered && strings.HasSuffix(name, one):
			is = true
			return false
		case !strings.HasPrefix(name, sql):
			return true
		case !asked:
			asked = strings.HasPrefix(name, ask)
			return asked
		case entered:
			return false
		}
		entered = strings.HasSuffix(name, many)
		return true
	})
	return is
}

// OpenNewConnection is the function of database/sql that closes a connection which
// nobody needs any more while it holds the mutex of the sql.DB (Go 1.26 and 1.27),
// without which not even DB.Stats returns. It is the only one that does.
const OpenNewConnection = "database/sql.(*DB).openNewConnection"

// ConnectRunner is the function of this driver that tries one of several hosts, on a goroutine
// of its own: who connects waits for it, wherever that is.
const ConnectRunner = "/surrealsql.(*runner[...]).run"
