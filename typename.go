package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What the types of values and of columns are called, and which Go types take them.

// databaseTypeName gives SurrealDB's name for the type of a value from a result,
// as type::of would say it: "int", "record", "geometry<point>". A decimal or a
// UUID is known only in the form that WithExactTypes gives; as a plain string it
// is a "string". An f16 is a float32 in Go and so "f32". nil is "".
func databaseTypeName(v any) string {
	switch v.(type) {
	case nil:
		return ""
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case int8:
		return "i8"
	case uint8:
		return "u8"
	case int16:
		return "i16"
	case uint16:
		return "u16"
	case int32:
		return "i32"
	case uint32:
		return "u32"
	case uint64:
		return "u64"
	case float32:
		return "f32"
	case string:
		return "string"
	case []byte:
		return "bytes"
	case time.Time:
		return "datetime"
	case time.Duration, LongDuration:
		return "duration"
	case RecordID:
		return "record"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case Set:
		return "set"
	case UUID:
		return "uuid"
	case Decimal:
		return "decimal"
	case Range:
		return "range"
	case Table:
		return "table"
	case File:
		return "file"
	case NoneType:
		return "none"
	}
	if name := geometryNames[reflect.TypeOf(v)]; name != "" {
		return name
	}
	return "any"
}

// columnType is what the values of a column in one result are. Where the server tells
// no types they are read off the values, when somebody asks.
type columnType struct {
	name string
	scan reflect.Type
	null bool
	none bool // a NONE that WithExactTypes shows as one
	more bool // rows that have not arrived yet may be otherwise

	told    bool // by a shape
	guessed bool // from values
}

var anyType = reflect.TypeFor[any]()

// add joins what another value of the column is. The zero columnType is NULL,
// NONE or a key that is missing.
func (t *columnType) add(v columnType) {
	t.told, t.guessed = t.told || v.told, t.guessed || !v.told
	switch {
	case v.name == "":
		t.null, t.none = true, t.none || v.none
	case t.name == "":
		t.name, t.scan = v.name, v.scan
	case t.name != v.name && t.scan == v.scan && outerName(t.name) == outerName(v.name):
		t.name = outerName(t.name)
	case t.name != v.name:
		t.name, t.scan = "any", anyType
	case t.scan != v.scan:
		t.scan = anyType
	}
}

// outerName is the name of a type without what it is of: of an array<int> it is array.
func outerName(name string) string {
	name, _, _ = strings.Cut(name, "<")
	return name
}

// destination gives the type of a variable that takes all values of the column, as far
// as they are known.
func (t columnType) destination() reflect.Type {
	switch {
	case t.scan == nil:
		return anyType
	case t.none:
		return anyType // nothing else takes a None
	case !t.null && !t.more:
		return t.scan
	case takesNull[t.scan] != nil:
		return takesNull[t.scan]
	}
	return reflect.PointerTo(t.scan)
}

// takesNull are the types that database/sql has for values that may be NULL.
var takesNull = map[reflect.Type]reflect.Type{
	anyType:                      anyType,
	reflect.TypeFor[[]byte]():    reflect.TypeFor[[]byte](),
	stringType:                   reflect.TypeFor[sql.NullString](),
	int64Type:                    reflect.TypeFor[sql.NullInt64](),
	reflect.TypeFor[int32]():     reflect.TypeFor[sql.NullInt32](),
	reflect.TypeFor[int16]():     reflect.TypeFor[sql.NullInt16](),
	reflect.TypeFor[uint8]():     reflect.TypeFor[sql.NullByte](),
	float64Type:                  reflect.TypeFor[sql.NullFloat64](),
	reflect.TypeFor[bool]():      reflect.TypeFor[sql.NullBool](),
	reflect.TypeFor[time.Time](): reflect.TypeFor[sql.NullTime](),
}

// typeOf reads a value and tells what it is: SurrealDB's name of its type, which
// the exact value shows, and the type of what is made of it. That differs with
// WithExactTypes, and within one type for long durations.
func (o decoding) typeOf(d *cbor.Decoder) (driver.Value, error) {
	var again cbor.Decoder
	again.Reset(d.Rest())
	tag, _ := wire.TagOf(d.Rest())
	exact, err := decodeExact(&again)
	if err != nil {
		return nil, err
	}
	o.types = false
	v, err := o.decode(d)
	if err != nil || exact == nil || exact == None {
		return columnType{none: o.exact && exact == None}, err
	}
	name := databaseTypeName(exact)
	if wire.IsSized(tag) {
		name = wire.SizedName(tag)
	}
	return columnType{name: name, scan: reflect.TypeOf(v)}, nil
}
