package surrealsql

import (
	"database/sql/driver"
	stdencoding "encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// A driver.Valuer as an argument is what its Value returns. This package's types are Valuers
// for the tools that look for plain values, and mean more than that to the driver itself.

var askValue sync.Map // of reflect.Type to bool

// asksValue reports whether a driver.Valuer is asked for its value: not one of which
// more is known, nor a struct that is a Valuer by what it embeds.
func asksValue(t reflect.Type) bool {
	if ask, ok := askValue.Load(t); ok {
		return ask.(bool)
	}
	e := t
	if e.Kind() == reflect.Pointer {
		e = e.Elem()
	}
	v, path := codecMethodOf(e, encodeMethods)
	ask := knownEncoder(t) == nil && knownEncoder(e) == nil && v != nil && len(path) == 0
	askValue.Store(t, ask)
	return ask
}

// binder is a Valuer of this package. Its Value is for tools, which call it until they
// have one of the types that [driver.IsValue] knows; this is what it is to the driver.
type binder interface{ bound() any }

// valueOf asks a Valuer. One that embeds a Valuer of this package and passes its Value
// on means what that is to the driver.
func valueOf(v driver.Valuer) (driver.Value, error) {
	value, err := v.Value()
	if b, ok := v.(binder); ok && err == nil {
		return rebound(b, value), nil
	}
	return value, err
}

func rebound(b binder, value driver.Value) (own driver.Value) {
	defer func() {
		if recover() != nil { // what is embedded is a nil pointer
			own = value
		}
	}()
	own = b.bound()
	if plain, err := toolValue(own, maxDepth); err == nil && reflect.DeepEqual(plain, value) {
		return own
	}
	return value
}

// toolValue makes of a Go value one that [driver.IsValue] accepts: a scalar as
// database/sql would convert it, all else as the text of what it is. depth bounds
// Valuers that give each other.
func toolValue(v any, depth int) (driver.Value, error) {
	if depth--; depth < 0 {
		return nil, errTooDeep
	}
	switch v := v.(type) {
	case nil, NoneType:
		return nil, nil
	case RecordID:
		return string(v), nil
	case binder:
		return toolValue(v.bound(), depth)
	case Set:
		if v == nil {
			v = Set{}
		}
		return toolJSON(v)
	}
	if driver.IsValue(v) {
		return v, nil
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if r.IsNil() {
			return nil, nil
		}
	}
	switch v := v.(type) {
	case driver.Valuer:
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		return toolValue(value, depth)
	case stdencoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err
	case json.Marshaler:
		return toolJSON(v)
	case time.Duration:
		return int64(v), nil
	}
	return toolKind(r, depth)
}

func toolKind(r reflect.Value, depth int) (driver.Value, error) {
	switch k := r.Kind(); {
	case k == reflect.Pointer:
		return toolValue(r.Elem().Interface(), depth)
	case isUUID(r.Type()):
		return string(literal.AppendUUID(nil, [16]byte(arrayBytes(r)))), nil
	case k == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8:
		return r.Bytes(), nil
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint():
		if v := r.Uint(); v>>63 != 0 {
			return strconv.FormatUint(v, 10), nil
		}
		return int64(r.Uint()), nil
	case r.CanFloat():
		return r.Float(), nil
	case k == reflect.Bool:
		return r.Bool(), nil
	case k == reflect.String:
		return r.String(), nil
	}
	return toolJSON(r.Interface())
}

func toolJSON(v any) (driver.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("surrealsql: a %T as a driver.Value: %w", v, err)
	}
	return string(text), nil
}
