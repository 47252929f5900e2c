// Package embedded makes an embedded field whose type is not exported usable like any
// other. A program uses what such a field promotes, but package reflect lets nobody read
// or set the field itself, and only package unsafe gets around that: so this package has
// no other form for the build tag purego.
package embedded

import (
	"reflect"
	"unsafe"
)

// Usable returns the field such that it can be read and set. It must lie in a variable.
func Usable(field reflect.Value) reflect.Value {
	if field.CanInterface() {
		return field
	}
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}
