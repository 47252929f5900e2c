package surrealsql

import (
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// The types that are more to SurrealDB than Go's kinds tell. appendTyped is the one list of
// them: whoever else asks whether a type is on it asks isTyped, which tries.

// appendTyped appends a value of this package's types, of those of the standard library
// that mean more than their kind, and of the SDK's models. ok is false for all others.
func appendTyped(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case encodedValue:
		b = append(b, v...)
	case *keptArg:
		b = append(b, v.encoded...)
	case time.Time:
		b, err = appendTime(b, v)
	case time.Duration:
		b, err = appendDuration(b, v)
	case NoneType:
		b = wire.AppendNone(b)
	case RecordID:
		b, err = literal.ParseRecord(cbor.AppendTag(b, wire.TagRecord), string(v), enc.sized)
	case Table:
		b, err = appendTable(b, string(v))
	case Range:
		b, err = literal.ParseRange(b, string(v), enc.sized)
	case File:
		b, err = literal.ParseFile(b, string(v))
	case UUID:
		b, err = appendUUIDText(b, string(v))
	case Decimal:
		b, err = appendDecimal(b, string(v))
	case LongDuration:
		b, err = appendLongDuration(b, string(v))
	case Set:
		b, err = appendItems(cbor.AppendTag(b, wire.TagSet), v, enc, depth-1)
	case json.Number:
		b, err = appendJSONNumber(b, string(v))
	case json.RawMessage:
		b, err = appendJSON(b, v, enc, depth)
	case big.Int:
		b, err = appendBigInt(b, &v)
	case big.Rat:
		b, err = appendBigRat(b, &v)
	case big.Float:
		b, err = appendBigFloat(b, &v)
	default:
		return appendModel(b, v, enc, depth)
	}
	return b, true, err
}

// isTyped reports whether appendTyped knows a type, by asking it for the zero value, which
// no large type needs.
func isTyped(t reflect.Type) bool {
	if known, ok := typedTypes.Load(t); ok {
		return known.(bool)
	}
	const largest = 256 // bytes; those that it knows have at most 40
	known := false
	if t.Size() <= largest {
		_, known, _ = appendTyped(nil, reflect.Zero(t).Interface(), encoding{}, maxDepth)
	}
	typedTypes.Store(t, known)
	return known
}

var typedTypes sync.Map // of reflect.Type to bool: what isTyped remembers

// appendModel appends the SDK's models, so that a program can keep its types. They are
// written here rather than by the SDK's encoder, which lets through what makes the server
// refuse a whole request without saying which.
func appendModel(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case models.RecordID:
		b, err = appendRecordParts(cbor.AppendTag(b, wire.TagRecord), v.Table, v.ID, enc, depth)
	case models.Table:
		b, err = appendTable(b, string(v))
	case models.CustomDateTime:
		if v.IsZero() {
			b = wire.AppendNone(b) // as in the SDK
		} else {
			b, err = appendTime(b, v.Time)
		}
	case models.CustomDuration:
		b, err = appendDuration(b, v.Duration)
	case models.CustomDurationString:
		b, err = appendLongDuration(b, string(v))
	case models.UUID:
		b = wire.AppendUUID(b, v.UUID)
	case models.UUIDString:
		b, err = appendUUIDText(b, string(v))
	case models.DecimalString:
		b, err = appendDecimal(b, string(v))
	case models.CustomNil:
		b = wire.AppendNone(b)
	case models.Future:
		err = errors.New("a future cannot be sent to SurrealDB, which has none since 3.0")
	default:
		return appendGeometry(b, v, enc, depth)
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
		return boundEncoder(wire.TagIncluded)
	case "BoundExcluded":
		return boundEncoder(wire.TagExcluded)
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
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagRange), 2)
	enc.nilIsNone = false
	for _, name := range []string{"Begin", "End"} {
		if b, err = appendElem(b, v.FieldByName(name), enc, depth); err != nil {
			return b, atField(name, err)
		}
	}
	return b, nil
}

func encodeModelRecordRange(b []byte, v reflect.Value, enc encoding, depth int) ([]byte, error) {
	table := v.FieldByName("Table").String()
	return appendRecordParts(cbor.AppendTag(b, wire.TagRecord), table, v.FieldByName("Range").Interface(), enc, depth)
}
