//go:build !go1.27 || purego

package surrealsql

import (
	"database/sql/driver"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
)

// Before Go 1.27 (and with the tag purego) a []string, a struct or a json.RawMessage
// takes no array and no object, because database/sql converts by itself and knows only
// basic types. Its error says that storing a []interface {} is not supported, and not
// what to do. The one thing that it asks a driver for as it makes that error is the name
// of the column, so the name says it there, and only there.

// shown is the row that Next gave last, which Scan converts.
type shown struct{ row []driver.Value }

func (s *shown) show(row []driver.Value) { s.row = row }

// hinted adds to the names of columns what takes their values, if it is Rows.Scan that
// asks for them, for an error.
func (s *shown) hinted(names []string) []string {
	if len(s.row) != len(names) || !slices.ContainsFunc(s.row, composite) || !askedByScan() {
		return names
	}
	for i, v := range s.row {
		if addr := addressOf(v); composite(v) && (addr == 0 || !refused.CompareAndSwap(addr, 0)) {
			names[i] += " (" + article(databaseTypeName(v)) + ": scan it with surrealsql.Into(&dest) or into a surrealsql.Value[T])"
		}
	}
	return names
}

// composite reports whether a value is more than one.
func composite(v driver.Value) bool {
	switch v := v.(type) {
	case nil, int64, string, float64, bool, []byte:
		return false
	case []any, map[string]any, Set:
		return true
	default:
		return reflect.TypeOf(v).PkgPath() == modelsPath && v != driver.Value(None)
	}
}

func article(name string) string {
	if strings.ContainsAny(name[:1], "aeiou") {
		return "an " + name
	}
	return "a " + name
}

// askedByScan looks who in database/sql calls: a method of a destination that asks the
// rows for their columns, or makes rows of its own with conn.Raw, gets the names as
// they are.
func askedByScan() bool {
	var callers [16]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	for {
		frame, more := frames.Next()
		if who, ok := strings.CutPrefix(frame.Function, "database/sql."); ok {
			return who == "(*Rows).Scan" || who == "(*Rows).scanLocked"
		}
		if !more {
			return false
		}
	}
}

// refused is where the value lies that an Into or a Value has refused last: its error
// needs no hint. Another goroutine's may come between; then there is one too many.
var refused atomic.Uintptr

// noteMisfit notes a value that does not fit and returns what is wrong with it.
func noteMisfit(src any, err error) error {
	refused.Store(addressOf(src))
	return err
}

// addressOf is an address that a composite value has for itself, or 0.
func addressOf(v any) uintptr {
	switch v.(type) {
	case []any, Set, map[string]any:
		return reflect.ValueOf(v).Pointer()
	}
	return 0
}
