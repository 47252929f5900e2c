package surrealsql

import (
	"reflect"
	"slices"
	"sync"
)

// A destination is used for row after row, and rows are kept by copying it. So
// nothing of the row before may show in the next one, and what the next one writes
// may not lie in memory that a copy shares: a pointer's target, the elements of a
// slice. Everything below a destination that is empty is made anew, so it is enough
// to empty what the destination itself holds.

// renewal is what it takes to make a destination as good as new.
type renewal uint8

const (
	renewWhole  renewal = iota // nothing in it but what values fill
	renewFields                // a struct that has fields no object fills: these are the program's
	renewNever                 // a struct with a Scan method, which may hold what Scan needs
)

var renewals sync.Map // of reflect.Type to renewal

// renew empties a destination before it is filled, as far as values fill it.
func renew(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		v.SetZero()
		return
	}
	t := v.Type()
	how, ok := renewals.Load(t)
	if !ok {
		how, _ = renewals.LoadOrStore(t, newRenewal(t))
	}
	switch how {
	case renewWhole:
		v.SetZero()
	case renewFields:
		renewStruct(v)
	}
}

func newRenewal(t reflect.Type) renewal {
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(noneTakerType), nullable(t) != "", t.PkgPath() == "database/sql", planOf(t).reads != nil:
		return renewWhole
	case p.Implements(scannerType):
		return renewNever // database/sql gives it the next value as it is
	case readByMethod(t), filledWhole(t):
		return renewWhole
	}
	return renewFields
}

var noneTakerType = reflect.TypeFor[noneTaker]()

// readByMethod reports whether a struct is filled otherwise than by its fields.
func readByMethod(t reflect.Type) bool {
	return readsItself(reflect.PointerTo(t)) || ownTypes[t] || modelTypes[t] || t.PkgPath() == modelsPath || nullable(t) != ""
}

// renewStruct empties the fields of a struct that keys of an object fill.
func renewStruct(v reflect.Value) {
	plan := planOf(v.Type())
	for i := range plan.fields {
		field, there := plan.fields[i].cut(v)
		switch {
		case !there:
		case field.Kind() == reflect.Struct && !readByMethod(field.Type()):
			renew(field)
		default:
			field.SetZero()
		}
	}
}

// cut finds the field in a struct that is to be emptied. An embedded pointer on the
// way is set to nil, so that its target is made anew; one that nobody could set again
// gets a copy of its target.
func (f *structField) cut(v reflect.Value) (_ reflect.Value, there bool) {
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
		return exposed(v), true
	}
	if !v.IsNil() {
		renew(copied(v))
	}
	return v, false
}

// copied lets an embedded pointer, whose type is not exported, point to a copy of its
// target, which it returns.
func copied(p reflect.Value) reflect.Value {
	p = exposed(p)
	target := reflect.New(p.Type().Elem())
	target.Elem().Set(p.Elem())
	p.Set(target)
	return target.Elem()
}

// filledWhole reports whether all there is in a struct is filled by the keys of an
// object.
func filledWhole(t reflect.Type) bool {
	plan := planOf(t)
	var covers func(t reflect.Type, path []int) bool
	covers = func(t reflect.Type, path []int) bool {
		for i := range t.NumField() {
			f, at := t.Field(i), append(slices.Clone(path), i)
			inner := f.Type.Kind() == reflect.Struct && !readByMethod(f.Type)
			switch {
			case slices.ContainsFunc(plan.fields, func(p structField) bool { return slices.Equal(p.index, at) }):
				if inner && !filledWhole(f.Type) || f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer {
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
