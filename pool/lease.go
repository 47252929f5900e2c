package pool

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// lease is what is known of the present lease of a connection.
type lease struct {
	// out is the number of the lease while a caller has the connection, else zero.
	// Whoever makes it zero ends the lease: the caller who closes it, or the pool that
	// takes it away.
	out    atomic.Uint64
	number uint64 // of the last lease that began
	bySQL  bool   // database/sql is the caller

	mu     sync.Mutex // only where leaks are looked for
	since  time.Time
	told   uint64    // the number of the lease that was told of last
	longTx time.Time // when the transaction was begun that was told of last
	depth  int
	stack  [maxStack]uintptr
}

// maxStack is how many frames of a borrower's stack are kept: enough to come from the
// driver through database/sql and a library to the program.
const maxStack = 32

// begin begins a lease; traced says that leaks are looked for.
func (l *lease) begin(bySQL, traced bool) {
	l.bySQL = bySQL
	if traced {
		l.trace()
	}
	l.number++
	l.out.Store(l.number)
}

// end reports whether a lease was under way.
func (l *lease) end() bool {
	number := l.out.Load()
	return number != 0 && l.endOf(number)
}

// endOf is end for the lease of that number: another one may have begun.
func (l *lease) endOf(number uint64) bool { return l.out.CompareAndSwap(number, 0) }

// trace notes when and by whom the connection was leased. Only addresses are
// noted, because they become text for very few leases.
func (l *lease) trace() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
	l.depth = runtime.Callers(5, l.stack[:]) // without Callers, trace, begin and acquire's two
}

// Leak is a lease that lasts longer than pool_leak_after.
type Leak struct {
	Since time.Time     // it was leased
	Held  time.Duration // so far
	Stack string        // of the caller who leased it: a function and its place, line by line

	// TxSince is when the transaction was begun that is open on it; zero: none is open.
	TxSince time.Time
}

// leak returns the lease as a Leak, and its number, if it has lasted for so long, else
// zero.
func (l *lease) leak(now time.Time, after time.Duration) (leak Leak, number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, number := now.Sub(l.since), l.out.Load()
	if number == 0 || held < after {
		return Leak{}, 0
	}
	return Leak{Since: l.since, Held: held, Stack: text(l.stack[:l.depth])}, number
}

// first reports whether the lease of that number is seen as a leak for the first time.
func (l *lease) first(number uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.told != number
	l.told = number
	return first
}

// firstOfTx reports whether a transaction, by when it was begun, is seen for the first time.
func (l *lease) firstOfTx(begun time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.longTx.Equal(begun)
	l.longTx = begun
	return first
}

// text writes a stack as panics do.
func text(stack []uintptr) string {
	var b strings.Builder
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return b.String()
		}
	}
}
