package surrealsql

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/surrealsql/surrealsql/internal/wire"
)

// Value is a destination for Scan that takes any value which [Into] can store
// in a T, and tells whether there was one:
//
//	var tags surrealsql.Value[[]string]
//	err := row.Scan(&tags)
//	use(tags.V)
//
// database/sql shows a destination nil for NONE and for NULL, so None is true only
// in results of a query with [WithExactTypes]. A Value that is a field of a struct
// is the zero Value where the object lacks the field.
//
// As an argument it is V if Valid, else NONE if None, else nil. The zero Value is
// therefore NULL. In JSON it is V if Valid, else null.
type Value[T any] struct {
	V     T
	Valid bool // it was neither NULL nor NONE
	None  bool // it was NONE
}

// Scan implements [sql.Scanner]. A value that does not fit in T is an error, and
// V is then its zero value.
func (v *Value[T]) Scan(src any) error {
	if v == nil {
		return fmt.Errorf("surrealsql: %T cannot be scanned into a nil %T: a struct that embeds one needs it set, or embeds a Value", src, v)
	}
	*v = Value[T]{}
	switch src := src.(type) {
	case nil:
		return nil
	case NoneType: // before T, which may be any
		v.None = true
		return nil
	case T:
		v.V = src
	default:
		if err := store(&v.V, src); err != nil {
			var zero T
			v.V = zero
			return err
		}
	}
	v.Valid = true
	return nil
}

// Value implements [driver.Valuer] for the tools that show arguments: it returns V if
// Valid, in one of the types of [driver.IsValue] (an array or object as JSON), else
// nil. As an argument of this driver a Value is what its type's doc says.
func (v Value[T]) Value() (driver.Value, error) { return toolValue(v.bound(), maxDepth) }

func (v Value[T]) bound() any {
	switch {
	case v.Valid:
		return v.V
	case v.None:
		return None
	}
	return nil
}

// MarshalJSON writes V if Valid, else null.
func (v Value[T]) MarshalJSON() ([]byte, error) {
	if !v.Valid {
		return []byte("null"), nil
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // the encoder that asked for this escapes as it was told
	err := e.Encode(&v.V)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads V, or null as the zero Value. After an error v is that, too.
func (v *Value[T]) UnmarshalJSON(text []byte) error {
	*v = Value[T]{}
	if string(bytes.TrimSpace(text)) == "null" {
		return nil
	}
	if err := json.Unmarshal(text, &v.V); err != nil {
		*v = Value[T]{}
		return err
	}
	v.Valid = true
	return nil
}

// isValue holds for every Value[T].
func isValue(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == ownPath && strings.HasPrefix(t.Name(), "Value[")
}

var ownPath = reflect.TypeFor[RecordID]().PkgPath()

func encodeValue(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	switch {
	case v.FieldByName("Valid").Bool():
		return appendElem(b, v.FieldByName("V"), enc, depth)
	case v.FieldByName("None").Bool():
		return wire.AppendNone(b), nil
	}
	return enc.appendNil(b), nil
}

// takesNone marks the destinations within a value that want to be told of NONE.
func (v *Value[T]) takesNone() {}

// parts are where a value is to be stored and told of. Both are empty then.
func (v *Value[T]) parts() (value any, valid *bool) {
	*v = Value[T]{}
	return &v.V, &v.Valid
}

type valueDest interface {
	parts() (value any, valid *bool)
}

type noneTaker interface {
	sql.Scanner
	takesNone()
}

// Into returns a destination for Scan that stores any SurrealDB value in what
// dest points at:
//
//	var p Person
//	err := db.QueryRow("SELECT VALUE { name: name, tags: tags } FROM ONLY person:tobie").Scan(surrealsql.Into(&p))
//
// Objects go into structs (fields named by their `surreal` tag, else their `json`
// tag, else their name, as a last resort in another case) and maps, arrays and
// sets into slices and arrays, everything into an any. Within these, as for dest
// itself, it fills pointers, types with a Scan, UnmarshalCBOR, UnmarshalText or
// UnmarshalJSON method, the SDK's models, [16]byte for UUIDs, and numbers of any
// width, from decimals too; a number that does not fit is an error. What a struct
// embeds is filled as by encoding/json. A []byte takes bytes, a text's bytes, and an
// array or object as JSON; a *big.Float is made with the precision of a decimal. Fields of a
// struct that the object lacks are set to zero, and what the struct lacks is dropped.
//
// dest can be used for one row after another: it then holds what a new one would, and
// shares no memory with what it held before. Only fields that no object fills
// (unexported ones, and those with the tag "-") are left alone, and so is a struct
// with a Scan method that dest points at: that gets the next value as it is, as from
// database/sql.
//
// NULL and NONE set a pointer, map, slice or interface to nil and all else to its
// zero value; a [Value] within dest tells them apart in results of a query with
// [WithExactTypes].
//
// dest must be a pointer that is not nil; Scan says so otherwise. After an error
// dest may be filled in part.
func Into(dest any) sql.Scanner { return into{dest} }

type into struct{ dest any }

func (i into) Scan(src any) error { return store(i.dest, src) }

func store(dest, src any) error {
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("surrealsql: a destination must be a pointer that is not nil, not %T", dest)
	}
	clearDest(p.Elem())
	if err := assign(p.Elem(), src); err != nil {
		return noteMisfit(src, unfit(p.Type().Elem(), err))
	}
	return nil
}

// unfit is the error of a value that cannot be stored in a variable of a type.
func unfit(t reflect.Type, err error) error {
	return fmt.Errorf("surrealsql: storing into a %s: %w", t, err)
}
