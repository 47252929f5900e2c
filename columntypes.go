package surrealsql

import (
	"database/sql/driver"
	"reflect"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// columnType is what the values of a column in one result are. The server tells
// no types, so they are read off the values, when somebody asks.
type columnType struct {
	name string
	scan reflect.Type
	null bool
}

var anyType = reflect.TypeFor[any]()

// columnType looks through the whole result, once for all columns. It does not
// move the row that comes next.
func (s *resultSet) columnType(i int) columnType {
	if s.types == nil {
		s.types = s.learnTypes()
	}
	return s.types[i]
}

func (s *resultSet) learnTypes() []columnType {
	types := make([]columnType, len(s.columns))
	for i := range types {
		types[i].scan = anyType
	}
	look := *s
	look.read, look.done = readType, false
	if look.rewind() != nil {
		return types
	}
	row := make([]driver.Value, len(types))
	for look.next(row) == nil {
		for i := range types {
			t, _ := row[i].(columnType)
			types[i].add(t)
		}
	}
	return types
}

// add joins what another value of the column is. The zero columnType is NULL,
// NONE or a key that is missing.
func (t *columnType) add(v columnType) {
	switch {
	case v.name == "":
		t.null = true
	case t.name == "":
		t.name, t.scan = v.name, v.scan
	case t.name != v.name:
		t.name, t.scan = "any", anyType
	}
}

// readType is a reader that tells what a value is instead of decoding it.
func readType(d *cbor.Decoder) (driver.Value, error) {
	kind, err := d.PeekKind()
	if err != nil {
		return nil, err
	}
	if kind != cbor.KindTag {
		return kindTypes[kind], d.Skip()
	}
	tag, err := d.Tag()
	if err != nil {
		return nil, err
	}
	return tagTypes[tag], d.Skip()
}

func typeOf[T any](name string) columnType { return columnType{name: name, scan: reflect.TypeFor[T]()} }

var kindTypes = map[cbor.Kind]columnType{
	cbor.KindInt:   typeOf[int64]("int"),
	cbor.KindFloat: typeOf[float64]("float"),
	cbor.KindBool:  typeOf[bool]("bool"),
	cbor.KindText:  typeOf[string]("string"),
	cbor.KindBytes: typeOf[[]byte]("bytes"),
	cbor.KindArray: typeOf[[]any]("array"),
	cbor.KindMap:   typeOf[map[string]any]("object"),
}

var tagTypes = map[uint64]columnType{
	literal.TagDatetime:     typeOf[time.Time]("datetime"),
	literal.TagDuration:     typeOf[time.Duration]("duration"),
	literal.TagDecimal:      typeOf[string]("decimal"),
	literal.TagUUID:         typeOf[string]("uuid"),
	literal.TagRecord:       typeOf[RecordID]("record"),
	literal.TagTable:        typeOf[Table]("table"),
	literal.TagRange:        typeOf[Range]("range"),
	literal.TagFile:         typeOf[File]("file"),
	literal.TagSet:          typeOf[[]any]("set"),
	literal.TagPoint:        typeOf[any]("geometry"),
	literal.TagLine:         typeOf[any]("geometry"),
	literal.TagPolygon:      typeOf[any]("geometry"),
	literal.TagMultiPoint:   typeOf[any]("geometry"),
	literal.TagMultiLine:    typeOf[any]("geometry"),
	literal.TagMultiPolygon: typeOf[any]("geometry"),
	literal.TagCollection:   typeOf[any]("geometry"),
}
