//go:build !purego

package variable

import (
	"reflect"
	"unsafe"
)

// A Ref refers to a variable, of a type that its user knows. The zero Ref refers to none.
type Ref struct{ p unsafe.Pointer }

// To refers to what p points to.
func To[T any](p *T) Ref { return Ref{unsafe.Pointer(p)} }

// Of refers to a variable that can be set.
func Of(v reflect.Value) Ref { return Ref{v.Addr().UnsafePointer()} }

// IsValid reports whether there is a variable.
func (r Ref) IsValid() bool { return r.p != nil }

// Value is the variable, of type t, for package reflect.
func (r Ref) Value(t reflect.Type) reflect.Value { return reflect.NewAt(t, r.p).Elem() }

// A Field is where a field lies in a struct.
type Field struct{ offset uintptr }

// FieldOf finds the field of a struct to which a path leads, through no pointer.
func FieldOf(t reflect.Type, path []int) (f Field) {
	for _, i := range path {
		field := t.Field(i)
		f.offset += field.Offset
		t = field.Type
	}
	return f
}

// Field is a field of the variable, which is a struct.
func (r Ref) Field(f Field) Ref { return Ref{unsafe.Add(r.p, f.offset)} }

// SetString sets a variable whose kind is string.
func (r Ref) SetString(s string) { *(*string)(r.p) = s }

// SetBool sets a variable whose kind is bool.
func (r Ref) SetBool(v bool) { *(*bool)(r.p) = v }

// Set sets a variable of type T.
func Set[T any](r Ref, v T) { *(*T)(r.p) = v }

// SetInt sets a variable that is a signed integer of so many bytes, and returns false where v
// does not fit.
func (r Ref) SetInt(v int64, size uintptr) bool {
	switch size {
	case 8:
		*(*int64)(r.p) = v
	case 4:
		if v != int64(int32(v)) {
			return false
		}
		*(*int32)(r.p) = int32(v)
	case 2:
		if v != int64(int16(v)) {
			return false
		}
		*(*int16)(r.p) = int16(v)
	default:
		if v != int64(int8(v)) {
			return false
		}
		*(*int8)(r.p) = int8(v)
	}
	return true
}

// SetUint is SetInt for an unsigned integer.
func (r Ref) SetUint(v uint64, size uintptr) bool {
	switch size {
	case 8:
		*(*uint64)(r.p) = v
	case 4:
		if v != uint64(uint32(v)) {
			return false
		}
		*(*uint32)(r.p) = uint32(v)
	case 2:
		if v != uint64(uint16(v)) {
			return false
		}
		*(*uint16)(r.p) = uint16(v)
	default:
		if v != uint64(uint8(v)) {
			return false
		}
		*(*uint8)(r.p) = uint8(v)
	}
	return true
}

// SetFloat sets a variable that is a float of so many bytes, and returns false where v is too
// large.
func (r Ref) SetFloat(v float64, size uintptr) bool {
	if size == 8 {
		*(*float64)(r.p) = v
		return true
	}
	if overflowsFloat32(v) {
		return false
	}
	*(*float32)(r.p) = float32(v)
	return true
}

func overflowsFloat32(v float64) bool { return reflect.ValueOf(float32(0)).OverflowFloat(v) }

// Items are what a slice or an array holds.
type Items struct {
	first unsafe.Pointer
	size  uintptr
}

// ItemsOf are those of a variable that is an array or a slice, and can be set.
func ItemsOf(v reflect.Value) Items {
	items := Items{size: v.Type().Elem().Size()}
	if v.Kind() == reflect.Array {
		items.first = v.Addr().UnsafePointer()
	} else {
		items.first = v.UnsafePointer()
	}
	return items
}

// ItemsIn are those of a slice.
func ItemsIn[T any](s []T) Items {
	return Items{unsafe.Pointer(unsafe.SliceData(s)), unsafe.Sizeof(*new(T))}
}

// At refers to an item.
func (i Items) At(n int) Ref { return Ref{unsafe.Add(i.first, uintptr(n)*i.size)} }
