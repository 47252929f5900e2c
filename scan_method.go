package surrealsql

import (
	"reflect"
	"strings"
	"sync"
)

// Which destinations have methods of the program's that decoding into them may call: these
// run without the lock of database/sql, see package rowslock and record_request.go.

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

func hasMethods(t reflect.Type) bool { return t.Name() != "" && hasOwnDecoding(t) }

func callsWithin(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.Name() != "" && hasOwnDecoding(reflect.PointerTo(t)) && !trusted(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Interface: // what a struct embeds has methods that are the struct's
		return hasOwnDecoding(t)
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
		return isTyped(t) || t == reflect.TypeFor[into]() || strings.HasPrefix(t.Name(), "Value[")
	}
	return false
}
