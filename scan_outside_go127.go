//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"
	"database/sql/driver"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// outside runs what calls methods of the program without the connection's lock.
func outside(ctx driver.ScanContext, dest any, do func(ctx driver.ScanContext, dest any) error) error {
	lock := letGo(ctx)
	if lock == nil {
		return do(ctx, dest)
	}
	defer lock.Lock()
	err := do(ctx, dest)
	if err != nil {
		err = &toldError{err.Error(), err} // database/sql asks for the text under the lock
	}
	return err
}

// toldError is an error of the program's whose text is known already.
type toldError struct {
	text string
	err  error
}

func (e *toldError) Error() string { return e.text }
func (e *toldError) Unwrap() error { return e.err }

// indirect are rows without ScanColumn.
type indirect struct{ plainRows }

// plainRows are what rows have had since Go 1.8.
type plainRows interface {
	driver.RowsNextResultSet
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypeLength
	driver.RowsColumnTypePrecisionScale
}

func handOut(r *rows) driver.Rows {
	if rowsLock() == nil {
		return indirect{r}
	}
	return r
}

// midway is what rows know while a column of theirs is scanned: a method of the program
// may go on to the next result set, or lose the connection, before the other columns
// of the row are scanned, which then are those of the row that was left.
type midway struct {
	scans int // that run, in each other
	left  *located
}

// leave keeps the row that is being scanned before the cursor goes elsewhere.
func (r *rows) leave() {
	if r.scans > 0 && r.left == nil && len(r.spans) > 0 {
		r.left = &located{row: bytes.Clone(r.row), spans: slices.Clone(r.spans), cell: column{read: r.set.read.unboxed()}}
	}
}

// current is the row of which a column is to be scanned, or nil.
func (r *rows) current(index int) *located {
	switch {
	case r.left != nil && r.scans == 0 && index > 0:
		return r.left
	case r.cursor == nil:
		return nil
	}
	if r.scans == 0 {
		r.left = nil
	}
	if r.cell.read != r.set.read { // stores of pointers cost more than this
		r.cell.read = r.set.read
	}
	return &r.located
}

// unboxed is the reader for values that are made while others may use the connection.
func (o reader) unboxed() reader { o.boxes = nil; return o }

var callers sync.Map // of reflect.Type to bool: what calls remembers

// calls reports whether scanning into a destination of this type may call a method of
// the program's.
func calls(t reflect.Type) bool {
	if t == nil || t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "" && isBasic(t.Elem().Kind()) {
		return false
	}
	if known, ok := callers.Load(t); ok {
		return known.(bool)
	}
	c := hasMethods(t) && !trusted(t) || callsWithin(t, map[reflect.Type]bool{})
	callers.Store(t, c)
	return c
}

func isBasic(k reflect.Kind) bool { return k <= reflect.Complex128 || k == reflect.String }

func hasMethods(t reflect.Type) bool { return t.Name() != "" && readsItself(t) }

func callsWithin(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.Name() != "" && readsItself(reflect.PointerTo(t)) && !trusted(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Interface: // what a struct embeds has methods that are the struct's
		return readsItself(t)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return callsWithin(t.Elem(), seen)
	case reflect.Map:
		return callsWithin(t.Key(), seen) || callsWithin(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if callsWithin(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// trusted reports whether the methods of a type, which are this driver's, the SDK's or
// the standard library's, call nothing but those of what they hold.
func trusted(t reflect.Type) bool {
	switch path := t.PkgPath(); path {
	case "database/sql", "encoding/json", "encoding/json/jsontext", "math/big", "net", "net/netip", "net/url", "time", "uuid", modelsPath:
		return true
	case reflect.TypeFor[into]().PkgPath():
		return ownTypes[t] || t == reflect.TypeFor[into]() || strings.HasPrefix(t.Name(), "Value[")
	}
	return false
}
