package surrealsql

import (
	"reflect"
	"slices"
	"sync"

	"github.com/surrealsql/surrealsql/internal/embedded"
)

// A destination is used for row after row, and rows are kept by copying it. So
// nothing of the row before may show in the next one, and what the next one writes
// may not lie in memory that a copy shares: a pointer's target, the elements of a
// slice. Everything below a destination that is empty is made anew, so it is enough
// to empty what the destination itself holds.

// clearMode is how much of a destination is emptied before it takes the next value.
type clearMode uint8

const (
	clearWhole  clearMode = iota // all of it, as values fill all of it
	clearFields                  // those of its fields that an object fills: the others are the program's
	clearNever                   // nothing: its Scan method may need what it holds
)

var clearModes sync.Map // of reflect.Type to clearMode

// clearDest empties a destination before it is filled, as far as values fill it.
func clearDest(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		v.SetZero()
		return
	}
	t := v.Type()
	how, ok := clearModes.Load(t)
	if !ok {
		how, _ = clearModes.LoadOrStore(t, newClearMode(t))
	}
	switch how {
	case clearWhole:
		v.SetZero()
	case clearFields:
		clearStruct(v)
	}
}

func newClearMode(t reflect.Type) clearMode {
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(noneTakerType), nullable(t) != "", t.PkgPath() == "database/sql", planOf(t).delegate != nil:
		return clearWhole
	case p.Implements(scannerType):
		return clearNever // database/sql gives it the next value as it is
	case readByMethod(t), isFilledWhole(t):
		return clearWhole
	}
	return clearFields
}

var noneTakerType = reflect.TypeFor[noneTaker]()

// readByMethod reports whether a struct is filled otherwise than by its fields.
func readByMethod(t reflect.Type) bool {
	return hasOwnDecoding(reflect.PointerTo(t)) || isKnownDest(t)
}

// clearStruct empties the fields of a struct that keys of an object fill.
func clearStruct(v reflect.Value) {
	plan := planOf(v.Type())
	for i := range plan.fields {
		field, there := plan.fields[i].toClear(v)
		switch {
		case !there:
		case field.Kind() == reflect.Struct && !readByMethod(field.Type()):
			clearDest(field)
		default:
			field.SetZero()
		}
	}
}

// toClear finds the field in a struct that is to be emptied. An embedded pointer on the
// way is set to nil, so that its target is made anew; one that nobody could set again
// gets a copy of its target.
func (f *structField) toClear(v reflect.Value) (_ reflect.Value, there bool) {
	for _, x := range f.index {
		if v.Kind() == reflect.Pointer {
			switch {
			case v.IsNil():
				return v, false
			case v.CanSet():
				v.SetZero()
				return v, false
			}
			v = copied(v)
		}
		v = v.Field(x)
	}
	if v.Kind() != reflect.Pointer || v.CanSet() {
		return embedded.Usable(v), true
	}
	if !v.IsNil() {
		clearDest(copied(v))
	}
	return v, false
}

// copied lets an embedded pointer, whose type is not exported, point to a copy of its
// target, which it returns.
func copied(p reflect.Value) reflect.Value {
	p = embedded.Usable(p)
	target := reflect.New(p.Type().Elem())
	target.Elem().Set(p.Elem())
	p.Set(target)
	return target.Elem()
}

// isFilledWhole reports whether all there is in a struct is filled by the keys of an
// object.
func isFilledWhole(t reflect.Type) bool {
	plan := planOf(t)
	var covers func(t reflect.Type, path []int) bool
	covers = func(t reflect.Type, path []int) bool {
		for i := range t.NumField() {
			f, at := t.Field(i), append(slices.Clone(path), i)
			inner := f.Type.Kind() == reflect.Struct && !readByMethod(f.Type)
			switch {
			case slices.ContainsFunc(plan.fields, func(p structField) bool { return slices.Equal(p.index, at) }):
				if inner && !isFilledWhole(f.Type) || f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer {
					return false
				}
			case !f.Anonymous || !inner && !(f.IsExported() && f.Type.Kind() == reflect.Pointer):
				return false
			case inner && !covers(f.Type, at):
				return false
			}
		}
		return true
	}
	return covers(t, nil)
}
