package surrealsql

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// encoding says how Go's values become SurrealDB's where that is a choice. The
// zero value is the default.
type encoding struct {
	nilIsNone bool // nil is NONE instead of NULL
}

// maxDepth is how many arrays, objects and tags of a value may lie in each
// other. The server reads a request of 256 levels (RecursionLimitExceeded, 3.0.2),
// of which the request itself takes three.
const maxDepth = literal.MaxDepth

var errTooDeep = fmt.Errorf("it holds more than %d values in each other, which is all SurrealDB reads, or it contains itself", maxDepth)

// appendValue appends any Go value that SurrealDB can hold. Errors say where
// within v the trouble lies, as in `items[3].fn: …`; b is then of no use.
func appendValue(b []byte, v any, enc encoding) ([]byte, error) {
	return appendAny(b, v, enc, maxDepth)
}

func (enc encoding) appendNil(b []byte) []byte {
	if enc.nilIsNone {
		return appendNone(b)
	}
	return cbor.AppendNull(b)
}

func appendNone(b []byte) []byte { return cbor.AppendNull(cbor.AppendTag(b, literal.TagNone)) }

// appendAny knows the types of arguments that need no reflection. The types that
// are not plain Go ones are listed in ownTypes too, so that they are found
// within structs.
func appendAny(b []byte, v any, enc encoding, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return enc.appendNil(b), nil
	case string:
		return appendText(b, v)
	case int:
		return cbor.AppendInt(b, int64(v)), nil
	case int64:
		return cbor.AppendInt(b, v), nil
	case float64:
		return cbor.AppendFloat(b, v), nil
	case bool:
		return cbor.AppendBool(b, v), nil
	case []byte:
		if v == nil {
			return enc.appendNil(b), nil
		}
		return cbor.AppendBytes(b, v), nil
	case time.Time:
		return appendTime(b, v)
	case time.Duration:
		return appendDuration(b, v)
	case map[string]any:
		return appendObject(b, v, enc, depth)
	case []any:
		return appendArray(b, v, enc, depth)
	case []string:
		return appendTexts(b, v, enc)
	}
	if out, ok, err := appendOwn(b, v, enc, depth); ok || err != nil {
		return out, err
	}
	if out, ok, err := appendModel(b, v, enc, depth); ok || err != nil {
		return out, err
	}
	return appendReflected(b, reflect.ValueOf(v), enc, depth)
}

// ownTypes are the types that appendOwn handles.
var ownTypes = typeSet(time.Time{}, time.Duration(0), None, RecordID(""), Table(""), Range(""), File(""), UUID(""), Decimal(""),
	LongDuration(""), Set{}, json.Number(""), json.RawMessage{}, big.Int{}, big.Rat{}, big.Float{})

// appendOwn handles this package's types and those of the standard library that
// are more than their kind.
func appendOwn(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case NoneType:
		b = appendNone(b)
	case RecordID:
		b, err = literal.ParseRecord(cbor.AppendTag(b, literal.TagRecord), string(v))
	case Table:
		b, err = appendTable(b, string(v))
	case Range:
		b, err = literal.ParseRange(b, string(v))
	case File:
		b, err = literal.ParseFile(b, string(v))
	case UUID:
		b, err = appendUUIDText(b, string(v))
	case Decimal:
		b, err = appendDecimal(b, string(v))
	case LongDuration:
		b, err = appendLongDuration(b, string(v))
	case Set:
		b, err = appendItems(cbor.AppendTag(b, literal.TagSet), v, enc, depth-1)
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
		return b, false, nil
	}
	return b, true, err
}

// appendText refuses what is not UTF-8: the server answers a request that holds
// such a text with an error that names neither the request nor the argument.
func appendText(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return b, errors.New("the string is not UTF-8, which SurrealDB's strings are: send it as []byte")
	}
	return cbor.AppendText(b, s), nil
}

func appendTexts(b []byte, list []string, enc encoding) (_ []byte, err error) {
	if list == nil {
		return enc.appendNil(b), nil
	}
	b = cbor.AppendArrayHeader(b, len(list))
	for i, s := range list {
		if b, err = appendText(b, s); err != nil {
			return b, atIndex(i, err)
		}
	}
	return b, nil
}

func appendArray(b []byte, list []any, enc encoding, depth int) ([]byte, error) {
	if list == nil {
		return enc.appendNil(b), nil
	}
	return appendItems(b, list, enc, depth)
}

func appendItems(b []byte, list []any, enc encoding, depth int) (_ []byte, err error) {
	if depth--; depth < 0 {
		return b, errTooDeep
	}
	b = cbor.AppendArrayHeader(b, len(list))
	for i, v := range list {
		if b, err = appendAny(b, v, enc, depth); err != nil {
			return b, atIndex(i, err)
		}
	}
	return b, nil
}

func appendObject(b []byte, object map[string]any, enc encoding, depth int) (_ []byte, err error) {
	if object == nil {
		return enc.appendNil(b), nil
	}
	if depth--; depth < 0 {
		return b, errTooDeep
	}
	b = cbor.AppendMapHeader(b, len(object))
	for key, v := range object {
		if b, err = appendText(b, key); err == nil {
			b, err = appendAny(b, v, enc, depth)
		}
		if err != nil {
			return b, atField(key, err)
		}
	}
	return b, nil
}

func appendTime(b []byte, t time.Time) ([]byte, error) {
	if t.Before(literal.MinDatetime) || t.After(literal.MaxDatetime) {
		return b, fmt.Errorf("the time %s is beyond SurrealDB's datetimes, which reach from %s to %s", t.Format(time.RFC3339Nano), literal.MinDatetime.Format(time.RFC3339Nano), literal.MaxDatetime.Format(time.RFC3339Nano))
	}
	return literal.AppendDatetimeCBOR(b, t), nil
}

func appendDuration(b []byte, d time.Duration) ([]byte, error) {
	if d < 0 {
		return b, fmt.Errorf("the duration %s is negative, which SurrealDB's cannot be: send its nanoseconds as an integer", d)
	}
	return literal.AppendDurationCBOR(b, uint64(d/time.Second), uint32(d%time.Second)), nil
}

func appendLongDuration(b []byte, s string) ([]byte, error) {
	seconds, ns, err := literal.ParseDuration(s)
	return literal.AppendDurationCBOR(b, seconds, ns), err
}

func appendUint(b []byte, v uint64) ([]byte, error) {
	if v > math.MaxInt64 {
		return b, fmt.Errorf("the integer %d is beyond SurrealDB's, which end at %d: send it as surrealsql.Decimal(%q)", v, int64(math.MaxInt64), strconv.FormatUint(v, 10))
	}
	return cbor.AppendUint(b, v), nil
}

func appendTable(b []byte, name string) ([]byte, error) {
	if name == "" {
		return b, errors.New("a table needs a name")
	}
	return appendText(cbor.AppendTag(b, literal.TagTable), name)
}

func appendUUIDText(b []byte, s string) ([]byte, error) {
	u, err := literal.ParseUUID(s)
	return appendUUID(b, u), err
}

func appendUUID(b []byte, u [16]byte) []byte {
	return cbor.AppendBytes(cbor.AppendTag(b, literal.TagUUID), u[:])
}

// appendRecordParts appends a record id by its parts.
func appendRecordParts(b []byte, table string, key any, enc encoding, depth int) (_ []byte, err error) {
	if table == "" {
		return b, errors.New("a record id needs a table")
	}
	if depth -= 2; depth < 0 {
		return b, errTooDeep
	}
	if b, err = appendText(cbor.AppendArrayHeader(b, 2), table); err != nil {
		return b, err
	}
	start := len(b)
	if b, err = appendAny(b, key, enc, depth); err != nil {
		return b, err
	}
	var d cbor.Decoder
	d.Reset(b[start:])
	if _, err = literal.AppendKey(nil, &d); err != nil {
		return b, fmt.Errorf("%T as key: %w", key, err)
	}
	return b, nil
}

func appendModelRecordID(b []byte, r models.RecordID, enc encoding, depth int) ([]byte, error) {
	return appendRecordParts(cbor.AppendTag(b, literal.TagRecord), r.Table, r.ID, enc, depth)
}
