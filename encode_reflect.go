package surrealsql

import (
	"database/sql/driver"
	stdencoding "encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What appendAny does not know by name is encoded by its type, found once and
// kept. What SurrealDB has a type for goes as that: UUIDs, decimals, the SDK's
// models. Else a type encodes itself if it can, as a driver.Valuer, as CBOR, as
// text, as JSON, in this order; else its kind decides.

type encodeFunc func(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error)

var encoders sync.Map // of reflect.Type to encodeFunc

func appendReflected(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	t := v.Type()
	if f, ok := encoders.Load(t); ok {
		return f.(encodeFunc)(b, v, enc, depth)
	}
	f, _ := encoders.LoadOrStore(t, encoderOf(t))
	return f.(encodeFunc)(b, v, enc, depth)
}

// cborMarshaler is what types for the SDK implement.
type cborMarshaler interface{ MarshalCBOR() ([]byte, error) }

var (
	valuerType        = reflect.TypeFor[driver.Valuer]()
	cborMarshalerType = reflect.TypeFor[cborMarshaler]()
	textMarshalerType = reflect.TypeFor[stdencoding.TextMarshaler]()
	jsonMarshalerType = reflect.TypeFor[json.Marshaler]()
)

func encoderOf(t reflect.Type) encodeFunc {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return encodeElem // what it points at goes by its own type
	}
	if f := knownEncoder(t); f != nil {
		return f
	}
	if f := marshalEncoder(t); f != nil {
		return f
	}
	return kindEncoder(t)
}

// hasOwnEncoding reports whether a type is encoded otherwise than by its kind.
func hasOwnEncoding(t reflect.Type) bool {
	v, _ := codecMethodOf(t, encodeMethods)
	return v != nil || knownEncoder(t) != nil
}

// knownEncoder knows the types that mean more to SurrealDB than to the methods
// they have: a UUID's Value, for one, gives a string.
func knownEncoder(t reflect.Type) encodeFunc {
	switch {
	case isTyped(t):
		return encodeTyped
	case isUUID(t):
		return encodeUUID
	case t.Implements(decimalType) && !hasPromotedEncoding(t):
		return encodeDecimal
	case isValue(t):
		return encodeValue
	}
	if value := nullable(t); value != "" {
		return func(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
			if !v.FieldByName("Valid").Bool() {
				return enc.appendNil(b), nil
			}
			return appendElem(b, v.FieldByName(value), enc, depth)
		}
	}
	return genericModelEncoder(t)
}

func encodeTyped(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	b, _, err := appendTyped(b, v.Interface(), enc, depth)
	return b, err
}

// decimal is what shopspring's decimals and those like them have: the number is
// Coefficient × 10^Exponent.
type decimal interface {
	Coefficient() *big.Int
	Exponent() int32
}

var decimalType = reflect.TypeFor[decimal]()

func encodeDecimal(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) {
	d := v.Interface().(decimal)
	return appendDecimal(b, d.Coefficient().String()+"e"+strconv.Itoa(int(d.Exponent())))
}

// nullable gives the field that holds the value in a sql.Null[T], or in the
// NullUUID that google's and gofrs's packages have; "" for all other types.
func nullable(t reflect.Type) string {
	if t.Kind() != reflect.Struct || t.NumField() != 2 || t.Field(1).Name != "Valid" || t.Field(1).Type.Kind() != reflect.Bool {
		return ""
	}
	switch value := t.Field(0); {
	case t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null["):
		return value.Name
	case t.Name() == "NullUUID" && isUUID(value.Type) && value.IsExported():
		return value.Name
	}
	return ""
}

type methodFunc func(b []byte, v any, enc encoding, depth int) ([]byte, error)

// methodEncoder encodes by a method of the value, or of a pointer to it.
func methodEncoder(byValue bool, encode methodFunc) encodeFunc {
	if byValue {
		return func(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
			if k := v.Kind(); (k == reflect.Map || k == reflect.Slice || k == reflect.Func) && v.IsNil() {
				return enc.appendNil(b), nil
			}
			return encode(b, v.Interface(), enc, depth)
		}
	}
	return func(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
		if v.CanAddr() {
			return encode(b, v.Addr().Interface(), enc, depth)
		}
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		return encode(b, p.Interface(), enc, depth)
	}
}

func appendValuer(b []byte, v any, enc encoding, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errTooDeep
	}
	r, err := valueOf(v.(driver.Valuer))
	if err != nil {
		return b, fmt.Errorf("%T.Value: %w", v, err)
	}
	return appendAny(b, r, enc, depth)
}

// appendCBORMarshaler takes foreign CBOR only if it is one well-formed item.
func appendCBORMarshaler(b []byte, v any, _ encoding, _ int) ([]byte, error) {
	raw, err := v.(cborMarshaler).MarshalCBOR()
	if err == nil {
		var d cbor.Decoder
		d.Reset(raw)
		if err = d.Skip(); err == nil {
			err = d.Tail()
		}
	}
	if err != nil {
		return b, fmt.Errorf("%T.MarshalCBOR: %w", v, err)
	}
	return append(b, raw...), nil
}

func appendTextMarshaler(b []byte, v any, _ encoding, _ int) ([]byte, error) {
	text, err := v.(stdencoding.TextMarshaler).MarshalText()
	if err != nil {
		return b, fmt.Errorf("%T.MarshalText: %w", v, err)
	}
	return appendText(b, string(text))
}

func appendJSONMarshaler(b []byte, v any, enc encoding, depth int) ([]byte, error) {
	text, err := v.(json.Marshaler).MarshalJSON()
	if err != nil {
		return b, fmt.Errorf("%T.MarshalJSON: %w", v, err)
	}
	return appendJSON(b, text, enc, depth)
}

// isUUID holds for every array of 16 bytes, as the UUID types of google, gofrs
// and others are.
func isUUID(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8
}

func encodeUUID(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) {
	return wire.AppendUUID(b, [16]byte(arrayBytes(v))), nil
}

func kindEncoder(t reflect.Type) encodeFunc {
	switch t.Kind() {
	case reflect.Bool:
		return func(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) {
			return cbor.AppendBool(b, v.Bool()), nil
		}
	case reflect.Int, reflect.Int64:
		return func(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) {
			return cbor.AppendInt(b, v.Int()), nil
		}
	case reflect.Uint:
		return func(b []byte, v reflect.Value, enc encoding, _ int) ([]byte, error) {
			return appendUint(b, v.Uint(), enc)
		}
	case reflect.Float64:
		return func(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) {
			return cbor.AppendFloat(b, v.Float()), nil
		}
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32:
		return sizedEncoder(t.Kind())
	case reflect.String:
		return func(b []byte, v reflect.Value, _ encoding, _ int) ([]byte, error) { return appendText(b, v.String()) }
	case reflect.Slice, reflect.Array:
		return listEncoder(t)
	case reflect.Map:
		return mapEncoder(t)
	case reflect.Struct:
		return structEncoder(t)
	}
	return refuse(t)
}

func refuse(t reflect.Type) encodeFunc {
	return func(b []byte, _ reflect.Value, _ encoding, _ int) ([]byte, error) {
		return b, fmt.Errorf("a %s cannot be sent to SurrealDB", t)
	}
}

// encodeElem counts a pointer as depth, because only pointers to pointers could
// go in circles without it.
func encodeElem(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	if v.IsNil() {
		return enc.appendNil(b), nil
	}
	if depth--; depth < 0 {
		return b, errTooDeep
	}
	return appendElem(b, v.Elem(), enc, depth)
}

// appendElem encodes something within another value. What an interface holds
// goes by its own type, and the commonest kinds need no look-up.
func appendElem(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		return appendAny(b, v.Elem().Interface(), enc, depth)
	}
	return appendReflected(b, v, enc, depth)
}

func listEncoder(t reflect.Type) encodeFunc {
	if t.Elem().Kind() == reflect.Uint8 && !hasOwnEncoding(t.Elem()) {
		return encodeBytes
	}
	return func(b []byte, v reflect.Value, enc encoding, depth int) (_ []byte, err error) {
		if v.Kind() == reflect.Slice && v.IsNil() {
			return enc.appendNil(b), nil
		}
		if depth--; depth < 0 {
			return b, errTooDeep
		}
		b = cbor.AppendArrayHeader(b, v.Len())
		for i := range v.Len() {
			if b, err = appendElem(b, v.Index(i), enc, depth); err != nil {
				return b, atIndex(i, err)
			}
		}
		return b, nil
	}
}

func encodeBytes(b []byte, v reflect.Value, enc encoding, _ int) ([]byte, error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return enc.appendNil(b), nil
		}
		return cbor.AppendBytes(b, v.Bytes()), nil
	}
	return cbor.AppendBytes(b, arrayBytes(v)), nil
}

// arrayBytes copies an array whose elements may be of a named byte type.
func arrayBytes(v reflect.Value) []byte {
	raw := make([]byte, v.Len())
	for i := range raw {
		raw[i] = byte(v.Index(i).Uint())
	}
	return raw
}

func mapEncoder(t reflect.Type) encodeFunc {
	keyText := mapKeyText(t.Key())
	if keyText == nil {
		return func(b []byte, _ reflect.Value, _ encoding, _ int) ([]byte, error) {
			return b, fmt.Errorf("a %s cannot be sent to SurrealDB: the keys of its objects are strings", t)
		}
	}
	return func(b []byte, v reflect.Value, enc encoding, depth int) (_ []byte, err error) {
		if v.IsNil() {
			return enc.appendNil(b), nil
		}
		if depth--; depth < 0 {
			return b, errTooDeep
		}
		b = cbor.AppendMapHeader(b, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			key, err := keyText(entries.Key())
			if err == nil {
				b, err = appendText(b, key)
			}
			if err == nil {
				b, err = appendElem(b, entries.Value(), enc, depth)
			}
			if err != nil {
				return b, atField(key, err)
			}
		}
		return b, nil
	}
}

// mapKeyText gives how keys of that type become text: as encoding/json does it.
func mapKeyText(t reflect.Type) func(reflect.Value) (string, error) {
	switch {
	case t.Kind() == reflect.String && !t.Implements(textMarshalerType):
		return func(v reflect.Value) (string, error) { return v.String(), nil }
	case t.Kind() != reflect.Interface && t.Implements(textMarshalerType):
		return func(v reflect.Value) (string, error) {
			if v.Kind() == reflect.Pointer && v.IsNil() {
				return "", fmt.Errorf("a nil %s as key", t)
			}
			text, err := v.Interface().(stdencoding.TextMarshaler).MarshalText()
			return string(text), err
		}
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value) (string, error) { return strconv.FormatInt(v.Int(), 10), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(v reflect.Value) (string, error) { return strconv.FormatUint(v.Uint(), 10), nil }
	}
	return nil
}

func structEncoder(t reflect.Type) encodeFunc {
	return func(b []byte, v reflect.Value, enc encoding, depth int) (_ []byte, err error) {
		plan := planOf(t)
		if plan.opaque {
			return b, fmt.Errorf("a %s cannot be sent to SurrealDB: it has no exported fields and is no driver.Valuer", t)
		}
		if depth--; depth < 0 {
			return b, errTooDeep
		}
		n := len(plan.fields)
		if plan.optional {
			n = plan.present(v)
		}
		b = cbor.AppendMapHeader(b, n)
		for i := range plan.fields {
			f := &plan.fields[i]
			fv, ok := f.in(v)
			if !ok {
				continue
			}
			if b, err = appendElem(cbor.AppendText(b, f.name), fv, enc, depth); err != nil {
				return b, atField(f.name, err)
			}
		}
		return b, nil
	}
}
