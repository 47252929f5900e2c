package surrealsql

import (
	"errors"
	"reflect"
	"strings"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// The SDK's models as arguments, so that a program can keep its types. They are
// written here rather than by the SDK's encoder, which lets through what makes
// the server refuse a whole request without saying which.

// modelTypes are the types that appendModel handles.
var modelTypes = typeSet(models.RecordID{}, models.Table(""), models.CustomDateTime{}, models.CustomDuration{},
	models.CustomDurationString(""), models.UUID{}, models.UUIDString(""), models.DecimalString(""), models.CustomNil{}, models.Future{},
	models.GeometryPoint{}, models.GeometryLine{}, models.GeometryPolygon{}, models.GeometryMultiPoint{}, models.GeometryMultiLine{},
	models.GeometryMultiPolygon{}, models.GeometryCollection{})

func appendModel(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case models.RecordID:
		b, err = appendModelRecordID(b, v, enc, depth)
	case models.Table:
		b, err = appendTable(b, string(v))
	case models.CustomDateTime:
		if v.IsZero() {
			b = appendNone(b) // as in the SDK
		} else {
			b, err = appendTime(b, v.Time)
		}
	case models.CustomDuration:
		b, err = appendDuration(b, v.Duration)
	case models.CustomDurationString:
		b, err = appendLongDuration(b, string(v))
	case models.UUID:
		b = appendUUID(b, v.UUID)
	case models.UUIDString:
		b, err = appendUUIDText(b, string(v))
	case models.DecimalString:
		b, err = appendDecimal(b, string(v))
	case models.CustomNil:
		b = appendNone(b)
	case models.Future:
		err = errors.New("a future cannot be sent to SurrealDB, which has none since 3.0")
	default:
		return appendGeometry(b, v, enc, depth)
	}
	return b, true, err
}

func appendGeometry(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case models.GeometryPoint:
		b = appendPoint(b, v)
	case models.GeometryLine:
		b = appendPoints(b, literal.TagLine, v)
	case models.GeometryPolygon:
		b, err = appendPolygon(b, v)
	case models.GeometryMultiPoint:
		b = appendPoints(b, literal.TagMultiPoint, v)
	case models.GeometryMultiLine:
		b = appendLines(b, literal.TagMultiLine, v)
	case models.GeometryMultiPolygon:
		b, err = appendMultiPolygon(b, v)
	case models.GeometryCollection:
		b, err = appendCollection(b, v, enc, depth)
	default:
		return b, false, nil
	}
	return b, true, err
}

var modelsPath = reflect.TypeFor[models.RecordID]().PkgPath()

// genericModelEncoder knows the models that have type parameters and so cannot
// be listed: ranges, their bounds, and ranges of records.
func genericModelEncoder(t reflect.Type) encodeFunc {
	if t.PkgPath() != modelsPath || t.Kind() != reflect.Struct {
		return nil
	}
	name, _, _ := strings.Cut(t.Name(), "[")
	switch name {
	case "BoundIncluded":
		return boundEncoder(literal.TagIncluded)
	case "BoundExcluded":
		return boundEncoder(literal.TagExcluded)
	case "Range":
		return encodeModelRange
	case "RecordRangeID":
		return encodeModelRecordRange
	}
	return nil
}

func boundEncoder(tag uint64) encodeFunc {
	return func(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
		if depth--; depth < 0 {
			return b, errTooDeep
		}
		return appendElem(cbor.AppendTag(b, tag), v.FieldByName("Value"), enc, depth)
	}
}

// encodeModelRange writes an open end as null, whatever nil is elsewhere.
func encodeModelRange(b []byte, v reflect.Value, enc encoding, depth int) (_ []byte, err error) {
	if depth -= 2; depth < 0 {
		return b, errTooDeep
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, literal.TagRange), 2)
	for _, name := range []string{"Begin", "End"} {
		if b, err = appendElem(b, v.FieldByName(name), encoding{}, depth); err != nil {
			return b, atField(name, err)
		}
	}
	return b, nil
}

func encodeModelRecordRange(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	table := v.FieldByName("Table").String()
	return appendRecordParts(cbor.AppendTag(b, literal.TagRecord), table, v.FieldByName("Range").Interface(), enc, depth)
}
