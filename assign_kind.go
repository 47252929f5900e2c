package surrealsql

import (
	stdencoding "encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// How a value of a result is stored in a variable by the kind of its type.

// assignByKind stores a value that is neither NULL nor NONE in a type that has no method
// of its own for it.
func assignByKind(dst reflect.Value, src any) error {
	switch dst.Kind() {
	case reflect.Bool:
		if v, ok := src.(bool); ok {
			dst.SetBool(v)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return assignInt(dst, widened(src))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignUint(dst, widened(src))
	case reflect.Float32, reflect.Float64:
		return assignFloat(dst, widened(src))
	case reflect.String:
		if v := reflect.ValueOf(src); v.Kind() == reflect.String {
			dst.SetString(v.String())
			return nil
		}
	case reflect.Slice:
		return assignSlice(dst, src)
	case reflect.Array:
		return assignArray(dst, src)
	case reflect.Map:
		return assignMap(dst, src)
	case reflect.Struct:
		return assignStruct(dst, src)
	}
	return misfit(src, dst.Type())
}

// widened drops the width of a number that has one: an integer becomes an int64, but for
// what is beyond that, and a float a float64 of the same value.
func widened(src any) any {
	switch v := src.(type) {
	case int8:
		return int64(v)
	case uint8:
		return int64(v)
	case int16:
		return int64(v)
	case uint16:
		return int64(v)
	case int32:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
	case float32:
		return float64(v)
	}
	return src
}

// number gives the text of what is a number or, as decimals are, its text.
func number(src any) (string, bool) {
	switch src.(type) {
	case int64, uint64, float64, string, Decimal:
		return textOf(src)
	}
	return "", false
}

func assignInt(dst reflect.Value, src any) error {
	if d, ok := src.(time.Duration); ok && dst.Kind() == reflect.Int64 {
		dst.SetInt(int64(d))
		return nil
	}
	v, ok := src.(int64)
	if !ok {
		var err error
		if v, err = wholeNumber(src, dst.Type()); err != nil {
			return err
		}
	}
	if dst.OverflowInt(v) {
		return fmt.Errorf("%d does not fit in a %s", v, dst.Type())
	}
	dst.SetInt(v)
	return nil
}

func assignUint(dst reflect.Value, src any) error {
	if text, ok := number(src); ok && dst.Kind() != reflect.Uint8 {
		if v, err := strconv.ParseUint(text, 10, 64); err == nil && !dst.OverflowUint(v) {
			dst.SetUint(v) // a decimal may be beyond an int64
			return nil
		}
	}
	v, err := wholeNumber(src, dst.Type())
	if err != nil {
		return err
	}
	if v < 0 || dst.OverflowUint(uint64(v)) {
		return fmt.Errorf("%d does not fit in a %s", v, dst.Type())
	}
	dst.SetUint(uint64(v))
	return nil
}

// wholeNumber takes integers in any of their forms; a fraction is an error.
func wholeNumber(src any, t reflect.Type) (int64, error) {
	if f, ok := src.(float64); ok {
		if f == math.Trunc(f) && f >= -1<<63 && f < 1<<63 {
			return int64(f), nil
		}
		return 0, fmt.Errorf("%v does not fit in a %s", f, t)
	}
	text, ok := number(src)
	if !ok {
		return 0, misfit(src, t)
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q does not fit in a %s", shorten(text), t)
	}
	return v, nil
}

func assignFloat(dst reflect.Value, src any) error {
	text, ok := number(src)
	if !ok {
		return misfit(src, dst.Type())
	}
	f, isFloat := src.(float64)
	if !isFloat {
		var err error
		if f, err = strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("%q does not fit in a %s", shorten(text), dst.Type())
		}
	}
	if dst.OverflowFloat(f) {
		return fmt.Errorf("%v does not fit in a %s", f, dst.Type())
	}
	dst.SetFloat(f)
	return nil
}

// items gives the elements of arrays, sets and collections of geometries.
func items(src any) ([]any, bool) {
	switch src := src.(type) {
	case []any:
		return src, true
	case Set:
		return src, true
	}
	if v := reflect.ValueOf(src); v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[[]byte]() {
		list := make([]any, v.Len())
		for i := range list {
			list[i] = v.Index(i).Interface()
		}
		return list, true
	}
	return nil, false
}

// isBytes holds for []byte and types made of it.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && !hasOwnDecoding(reflect.PointerTo(t.Elem()))
}

// assignBytes stores bytes, a text's bytes, and the JSON of what has neither: as
// encoding/json would fill a json.RawMessage, and not [104, 105] as "hi".
func assignBytes(dst reflect.Value, src any) error {
	v := reflect.ValueOf(src)
	_, list := items(src)
	_, object := src.(map[string]any)
	switch {
	case v.Type() == reflect.TypeFor[[]byte]():
		dst.SetBytes(src.([]byte))
	case v.Kind() == reflect.String:
		dst.SetBytes([]byte(v.String()))
	case list, object, strings.HasPrefix(databaseTypeName(src), "geometry"):
		text, err := json.Marshal(src)
		if err != nil {
			return fmt.Errorf("a value as JSON: %w", err)
		}
		dst.SetBytes(text)
	default:
		return misfit(src, dst.Type())
	}
	return nil
}

func assignSlice(dst reflect.Value, src any) error {
	if isBytes(dst.Type()) {
		return assignBytes(dst, src)
	}
	list, ok := items(src)
	if !ok {
		return misfit(src, dst.Type())
	}
	s := reflect.MakeSlice(dst.Type(), len(list), len(list))
	for i, v := range list {
		if err := assign(s.Index(i), v); err != nil {
			return atIndex(i, err)
		}
	}
	dst.Set(s)
	return nil
}

func assignArray(dst reflect.Value, src any) error {
	switch raw := src.(type) {
	case UUID:
		if isUUID(dst.Type()) {
			return assignUUID(dst, string(raw))
		}
	case []byte:
		if dst.Type().Elem().Kind() == reflect.Uint8 && len(raw) == dst.Len() {
			setBytes(dst, raw)
			return nil
		}
	}
	list, ok := items(src)
	if !ok {
		return misfit(src, dst.Type())
	}
	if len(list) != dst.Len() {
		return fmt.Errorf("an array of %d elements does not fit in a %s", len(list), dst.Type())
	}
	for i, v := range list {
		if err := assign(dst.Index(i), v); err != nil {
			return atIndex(i, err)
		}
	}
	return nil
}

func assignMap(dst reflect.Value, src any) error {
	object, ok := src.(map[string]any)
	if !ok {
		return misfit(src, dst.Type())
	}
	t := dst.Type()
	m := reflect.MakeMapWithSize(t, len(object))
	for name, v := range object {
		key := reflect.New(t.Key()).Elem()
		if err := assignMapKey(key, name); err != nil {
			return atField(name, err)
		}
		value := reflect.New(t.Elem()).Elem()
		if err := assign(value, v); err != nil {
			return atField(name, err)
		}
		m.SetMapIndex(key, value)
	}
	dst.Set(m)
	return nil
}

func assignMapKey(key reflect.Value, name string) error {
	if u, ok := key.Addr().Interface().(stdencoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(name))
	}
	switch key.Kind() {
	case reflect.String:
		key.SetString(name)
		return nil
	case reflect.Interface:
		if key.NumMethod() == 0 {
			key.Set(reflect.ValueOf(name))
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return assignInt(key, name)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignUint(key, name)
	}
	return fmt.Errorf("the key of an object does not fit in a %s", key.Type())
}

func assignStruct(dst reflect.Value, src any) error {
	object, ok := src.(map[string]any)
	plan := planOf(dst.Type())
	if !ok || plan.opaque {
		return misfit(src, dst.Type())
	}
	for name, v := range object {
		f := plan.lookup(name)
		if f == nil {
			continue
		}
		if f.name != name {
			if _, exact := object[f.name]; exact {
				continue // the one with the right case has the field
			}
		}
		field, err := reach(dst, f.index)
		if err == nil {
			err = assign(field, v)
		}
		if err != nil {
			return atField(name, err)
		}
	}
	return nil
}
