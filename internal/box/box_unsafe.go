//go:build !purego

package box

import (
	"time"
	"unsafe"
)

// shared is the room that values share.
type shared struct {
	ints    Slab[int64]
	floats  Slab[float64]
	strings Slab[string]
	times   Slab[time.Time]
}

// Int is v as an interface.
func (a *Arena) Int(v int64) any {
	if a == nil || uint64(v) < 256 { // Go has these ready
		return v
	}
	return pointingTo(intType, unsafe.Pointer(a.ints.Put(v)))
}

// Float is v as an interface.
func (a *Arena) Float(v float64) any {
	if a == nil {
		return v
	}
	return pointingTo(floatType, unsafe.Pointer(a.floats.Put(v)))
}

// Text is v as an interface. A long string shares nothing.
func (a *Arena) Text(v string) any {
	if a == nil || len(v) > maxSharedText || v == "" {
		return v
	}
	return pointingTo(textType, unsafe.Pointer(a.strings.Put(v)))
}

// TextOf is v as an interface, as Text does it.
func TextOf[T ~string](a *Arena, v T) any {
	if a == nil || len(v) > maxSharedText || v == "" {
		return v
	}
	return pointingTo(typeOf(T("")), unsafe.Pointer(a.strings.Put(string(v))))
}

// Time is v as an interface.
func (a *Arena) Time(v time.Time) any {
	if a == nil {
		return v
	}
	return pointingTo(timeType, unsafe.Pointer(a.times.Put(v)))
}

// layout is how Go lays out an interface without methods: its type and a pointer to
// its value, which is never written to. TestArenaMakesInterfacesLikeAnyOther would
// fail where that is not so.
type layout struct{ dynamic, value unsafe.Pointer }

var (
	intType   = typeOf(int64(0))
	floatType = typeOf(float64(0))
	textType  = typeOf("")
	timeType  = typeOf(time.Time{})
)

func typeOf(v any) unsafe.Pointer { return (*layout)(unsafe.Pointer(&v)).dynamic }

func pointingTo(dynamic, value unsafe.Pointer) (v any) {
	*(*layout)(unsafe.Pointer(&v)) = layout{dynamic, value}
	return v
}
