//go:build purego

package variable

import (
	"reflect"

	"github.com/surrealsql/surrealsql/internal/embedded"
)

// A Ref refers to a variable, of a type that its user knows. The zero Ref refers to none.
type Ref struct{ v reflect.Value }

// To refers to what p points to.
func To[T any](p *T) Ref { return Ref{reflect.ValueOf(p).Elem()} }

// Of refers to a variable that can be set.
func Of(v reflect.Value) Ref { return Ref{v} }

// IsValid reports whether there is a variable.
func (r Ref) IsValid() bool { return r.v.IsValid() }

// Value is the variable, of type t, for package reflect.
func (r Ref) Value(reflect.Type) reflect.Value { return r.v }

// A Field is where a field lies in a struct.
type Field struct{ path []int }

// FieldOf finds the field of a struct to which a path leads, through no pointer.
func FieldOf(_ reflect.Type, path []int) Field { return Field{path} }

// Field is a field of the variable, which is a struct.
func (r Ref) Field(f Field) Ref {
	v := r.v
	for _, i := range f.path {
		v = v.Field(i)
	}
	return Ref{embedded.Usable(v)}
}

// SetString sets a variable whose kind is string.
func (r Ref) SetString(s string) { r.v.SetString(s) }

// SetBool sets a variable whose kind is bool.
func (r Ref) SetBool(v bool) { r.v.SetBool(v) }

// Set sets a variable of type T.
func Set[T any](r Ref, v T) { *r.v.Addr().Interface().(*T) = v }

// SetInt sets a variable that is a signed integer, and returns false where v does not fit.
func (r Ref) SetInt(v int64, _ uintptr) bool {
	if r.v.OverflowInt(v) {
		return false
	}
	r.v.SetInt(v)
	return true
}

// SetUint is SetInt for an unsigned integer.
func (r Ref) SetUint(v uint64, _ uintptr) bool {
	if r.v.OverflowUint(v) {
		return false
	}
	r.v.SetUint(v)
	return true
}

// SetFloat sets a variable that is a float, and returns false where v is too large.
func (r Ref) SetFloat(v float64, _ uintptr) bool {
	if r.v.OverflowFloat(v) {
		return false
	}
	r.v.SetFloat(v)
	return true
}

// Items are what a slice or an array holds.
type Items struct{ v reflect.Value }

// ItemsOf are those of a variable that is an array or a slice, and can be set.
func ItemsOf(v reflect.Value) Items { return Items{v} }

// ItemsIn are those of a slice.
func ItemsIn[T any](s []T) Items { return Items{reflect.ValueOf(s)} }

// At refers to an item.
func (i Items) At(n int) Ref { return Ref{i.v.Index(n)} }
