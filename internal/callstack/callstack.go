// Package callstack tells who called, where nothing that is handed over can tell.
package callstack

import (
	"runtime"
	"strings"
)

// Holds reports whether a function whose full name ends with suffix is on the stack
// of the goroutine. It takes microseconds.
func Holds(suffix string) bool {
	stack := make([]uintptr, 64)
	for skip := 2; ; skip += len(stack) {
		n := runtime.Callers(skip, stack)
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(stack[:n])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasSuffix(f.Function, suffix) {
				return true
			}
		}
	}
}

// OpenNewConnection is the function of database/sql that closes a connection which
// nobody needs any more while it holds the mutex of the sql.DB (Go 1.26 and 1.27),
// without which not even DB.Stats returns. It is the only one that does.
const OpenNewConnection = "database/sql.(*DB).openNewConnection"

// ConnectRunner is the function of this driver that tries one of several hosts, on a goroutine
// of its own: who connects waits for it, wherever that is.
const ConnectRunner = "/surrealsql.(*runner[...]).run"

// QueryRow is how the methods of database/sql end that give one row, which their caller acts
// on; those of wrappers are mostly called the same.
const QueryRow = ".QueryRowContext"
