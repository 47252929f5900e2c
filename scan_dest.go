package surrealsql

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// What is known of a type that values are decoded into, see scan_reflect.go.

// destType is a type that values are decoded into. It does not change once it is made.
type destType struct {
	typ    reflect.Type
	how    how
	size   uintptr        // in bytes
	elem   *destType      // of a pointer, slice, array or map, and what the others that wrap a value have in them
	value  variable.Field // asNull: the field that has the value
	valid  variable.Field // asNull: the field that tells whether there is one
	path   []int          // asDelegate: the way to the embedded field
	empty  reflect.Value  // asSlice: one that has no elements
	fields []destField    // asFields: sorted by name, as the server sorts keys
	byName map[string]*destField
	usual  bool // what it holds are strings, numbers and the like, and structs, slices and pointers of them

	// Of a row that is to be stored in a variable of the type:
	one     bool // of a record, the value of its only field
	list    bool // an array that a RETURN gives is one row, not the rows
	nothing bool // NULL and NONE are values like others
}

// destField is a field of a struct.
type destField struct {
	*structField
	known  cbor.Known // its name as CBOR
	direct bool       // at tells where it lies: there is no pointer on the way to it
	at     variable.Field
	next   int // the field whose key is likely the next
	typ    *destType
}

// how says how values are stored in a type.
type how uint8

const (
	asAssign how = iota // from a decoded value, as assign does
	asString            // as it is: a type of this kind without methods of its own, as all up to asFloat
	asBool
	asInt
	asUint
	asFloat
	asTime     // a time.Time
	asRecordID // a RecordID
	asAny      // whatever Next gives
	asPointer  // in what it points to
	asNull     // in the field of a struct that tells by another whether there is a value
	asValue    // in a Value
	asDelegate // in the embedded field that decodes for the struct
	asSlice    // the elements one by one
	asArray
	asMap
	asTextMap // a map[string]string
	asFields
	asEndless // nowhere: pointers that lead to no value
)

var dests sync.Map // of reflect.Type to *destType

// destOf returns what is known of a type.
func destOf(t reflect.Type) *destType {
	if known, ok := dests.Load(t); ok {
		return known.(*destType)
	}
	making := map[reflect.Type]*destType{}
	makeDest(t, making)
	for _, d := range making {
		d.usual = d.holdsUsual(map[*destType]bool{})
	}
	for t, d := range making { // complete now, though they may name each other
		dests.LoadOrStore(t, d)
	}
	known, _ := dests.Load(t) // another call may have been first
	return known.(*destType)
}

// makeDest looks at a type. making has those that it is in the middle of.
func makeDest(t reflect.Type, making map[reflect.Type]*destType) *destType {
	if known, ok := dests.Load(t); ok {
		return known.(*destType)
	}
	if d := making[t]; d != nil {
		return d
	}
	d := &destType{typ: t, how: howOf(t), size: t.Size()}
	making[t] = d
	switch d.how { // what is a row to the type that is wrapped is that to d
	case asPointer:
		d.elem = makeDest(t.Elem(), making)
	case asNull:
		f, _ := t.FieldByName(nullable(t))
		d.elem = makeDest(f.Type, making)
		d.value, d.valid = variable.FieldOf(t, f.Index), variable.FieldOf(t, []int{1})
	case asValue:
		d.elem = makeDest(t.Field(0).Type, making)
	case asDelegate:
		d.path = planOf(t).delegate
		d.elem = makeDest(t.FieldByIndex(d.path).Type, making)
	}
	d.setRow()
	switch d.how { // these may have d itself in them
	case asSlice:
		d.elem, d.empty = makeDest(t.Elem(), making), reflect.MakeSlice(t, 0, 0)
	case asArray, asMap, asTextMap:
		d.elem = makeDest(t.Elem(), making)
	case asFields:
		d.setFields(making)
	}
	return d
}

func howOf(t reflect.Type) how {
	switch {
	case t.Kind() == reflect.Pointer && leadsNowhere(t):
		return asEndless
	case t.Kind() == reflect.Pointer:
		return asPointer
	case t == reflect.TypeFor[time.Time]():
		return asTime
	case t == reflect.TypeFor[RecordID]():
		return asRecordID
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return asAny
	case isValue(t):
		return asValue
	case nullable(t) != "":
		return asNull
	case t.Kind() == reflect.Struct && planOf(t).delegate != nil:
		return asDelegate
	case isKnownDest(t), hasOwnDecoding(reflect.PointerTo(t)), isBytes(t):
		return asAssign
	}
	return howOfKind(t)
}

func howOfKind(t reflect.Type) how {
	switch k := t.Kind(); k {
	case reflect.String:
		return asString
	case reflect.Bool:
		return asBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return asInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return asUint
	case reflect.Float32, reflect.Float64:
		return asFloat
	case reflect.Slice:
		return asSlice
	case reflect.Map:
		if t == reflect.TypeFor[map[string]string]() {
			return asTextMap
		}
		return asMap
	case reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 { // which takes bytes, too, and a UUID
			return asArray
		}
	case reflect.Struct:
		if !planOf(t).opaque {
			return asFields
		}
	}
	return asAssign
}

// setRow tells what a row is to the type.
func (d *destType) setRow() {
	switch d.how {
	case asPointer, asNull, asValue, asDelegate:
		d.one, d.list, d.nothing = d.elem.one, d.elem.list, d.how != asDelegate || d.elem.nothing
	case asString, asBool, asInt, asUint, asFloat, asTime, asRecordID:
		d.one = true
	case asSlice, asArray:
		d.one, d.list, d.nothing = true, true, d.how == asSlice
	case asAny, asMap, asTextMap:
		d.nothing = true
	case asAssign:
		d.setRowOfMethod()
	}
}

// setRowOfMethod tells it for a type that reads values otherwise than by its kind. Scan and
// UnmarshalText are for single values, UnmarshalCBOR and UnmarshalJSON take whatever there is.
func (d *destType) setRowOfMethod() {
	t := d.typ
	method, _ := codecMethodOf(t, decodeMethods)
	whole := method != nil && (method.cbor() || method.iface == jsonUnmarshalerType)
	switch {
	case t == reflect.TypeFor[Set]():
		d.one, d.list, d.nothing = true, true, true
	case t == reflect.TypeFor[json.RawMessage]():
		d.list, d.nothing = true, true
	case t == reflect.TypeFor[NoneType](), t == reflect.TypeFor[models.CustomNil]():
		d.one, d.nothing = true, true
	case isKnownDest(t), isUUID(t):
		d.one = true
	default:
		d.one = !whole
		d.list = whole || isBytes(t) || method != nil && method.iface == scannerType
		d.nothing = t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Interface
	}
}

func (d *destType) setFields(making map[reflect.Type]*destType) {
	plan := planOf(d.typ)
	d.fields, d.byName = make([]destField, len(plan.fields)), make(map[string]*destField, len(plan.fields))
	for i := range plan.fields {
		f := &plan.fields[i]
		t := d.typ.FieldByIndex(f.index)
		d.fields[i] = destField{structField: f, known: cbor.KnownText(f.name), typ: makeDest(t.Type, making)}
		if liesWithin(d.typ, f.index) {
			d.fields[i].direct, d.fields[i].at = true, variable.FieldOf(d.typ, f.index)
		}
	}
	slices.SortFunc(d.fields, func(x, y destField) int { return cmp.Compare(x.name, y.name) })
	for i := range d.fields {
		d.fields[i].next = i + 1
		d.byName[d.fields[i].name] = &d.fields[i]
	}
}

// holdsUsual tells whether the type is usual. seen are those that hold it.
func (d *destType) holdsUsual(seen map[*destType]bool) bool {
	if seen[d] {
		return true
	}
	seen[d] = true
	switch d.how {
	case asString, asBool, asInt, asUint, asFloat, asTime, asRecordID, asTextMap:
		return true
	case asSlice, asPointer:
		return d.elem.holdsUsual(seen)
	case asFields:
		return !slices.ContainsFunc(d.fields, func(f destField) bool { return !f.direct || !f.typ.holdsUsual(seen) })
	}
	return false
}

// liesWithin reports whether there is no pointer on the way to a field.
func liesWithin(t reflect.Type, path []int) bool {
	for _, i := range path {
		if t.Kind() == reflect.Pointer {
			return false
		}
		t = t.Field(i).Type
	}
	return true
}

// folded finds the field for a key in another case, unless the object has the
// key in the right case, too.
func (d *destType) folded(key string, object []byte) *destField {
	f := d.inAnyCase(key)
	if f == nil {
		return nil
	}
	var all cbor.Decoder
	all.Reset(object)
	if exact, _ := all.Find(f.name); exact {
		return nil
	}
	return f
}

// inAnyCase finds the first field that the struct has with a name in some case.
func (d *destType) inAnyCase(key string) (first *destField) {
	for i := range d.fields {
		f := &d.fields[i]
		if strings.EqualFold(f.name, key) && (first == nil || slices.Compare(f.index, first.index) < 0) {
			first = f
		}
	}
	return first
}
