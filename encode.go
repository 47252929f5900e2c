package surrealsql

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// How Go's values become arguments: the plain types here, those that SurrealDB has a type
// for in encode_types.go, all else by reflection in encode_reflect.go.

// encoding says how Go's values become SurrealDB's where that is a choice. The
// zero value is the default.
type encoding struct {
	nilIsNone bool // nil is NONE instead of NULL
	sized     bool // numbers may have a width: the protocol can say it
	keepWidth bool // and int8 … uint64 and float32 have theirs, and are no plain int and float
	blocks    bool // a list of many objects may go as a block of rows
}

// encodedValue is a value that was encoded before.
type encodedValue []byte

// keptArg is an argument that is sent more than once: what the program makes of the value
// meanwhile does not matter.
type keptArg struct {
	encoded encodedValue
	of      string // the type that it was encoded from
}

// maxDepth is how many arrays, objects and tags of a value may lie in each
// other. The server reads a request of 256 levels (RecursionLimitExceeded, 3.0.2),
// of which the request itself takes three.
const maxDepth = wire.MaxDepth

var errTooDeep = fmt.Errorf("it holds more than %d values in each other, which is all SurrealDB reads, or it contains itself", maxDepth)

// appendValue appends any Go value that SurrealDB can hold. Errors say where
// within v the trouble lies, as in `items[3].fn: …`; b is then of no use.
func appendValue(b []byte, v any, enc encoding) ([]byte, error) {
	return appendAny(b, v, enc, maxDepth)
}

func (enc encoding) appendNil(b []byte) []byte {
	if enc.nilIsNone {
		return wire.AppendNone(b)
	}
	return cbor.AppendNull(b)
}

// appendAny knows Go's plain types, which need no reflection; those that SurrealDB has a type
// for besides are appendTyped's.
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
	case map[string]any:
		return appendObject(b, v, enc, depth)
	case []any:
		return appendArray(b, v, enc, depth)
	case []string:
		return appendTexts(b, v, enc)
	}
	if out, ok, err := appendTyped(b, v, enc, depth); ok {
		return out, err
	}
	return appendReflected(b, reflect.ValueOf(v), enc, depth)
}

// appendText refuses what is not UTF-8: the server answers a request that holds
// such a text with an error that names neither the request nor the argument.
func appendText(b []byte, s string) ([]byte, error) {
	return cbor.AppendText(b, s), checkUTF8(s)
}

func checkUTF8(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("the string is not UTF-8, which SurrealDB's strings are: send it as []byte")
	}
	return nil
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
	return wire.AppendDatetime(b, t), checkTime(t)
}

func checkTime(t time.Time) error {
	if t.Before(literal.MinDatetime) || t.After(literal.MaxDatetime) {
		return fmt.Errorf("the time %s is beyond SurrealDB's datetimes, which reach from %s to %s", t.Format(time.RFC3339Nano), literal.MinDatetime.Format(time.RFC3339Nano), literal.MaxDatetime.Format(time.RFC3339Nano))
	}
	return nil
}

func appendDuration(b []byte, d time.Duration) ([]byte, error) {
	return wire.AppendDuration(b, uint64(d/time.Second), uint32(d%time.Second)), checkDuration(d)
}

func checkDuration(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("the duration %s is negative, which SurrealDB's cannot be: send its nanoseconds as an integer", d)
	}
	return nil
}

func appendLongDuration(b []byte, s string) ([]byte, error) {
	seconds, ns, err := literal.ParseDuration(s)
	return wire.AppendDuration(b, seconds, ns), err
}

// appendUint appends an integer that has no width, unless nothing else holds it.
func appendUint(b []byte, v uint64, enc encoding) ([]byte, error) {
	switch {
	case v <= math.MaxInt64:
	case enc.sized:
		b = cbor.AppendTag(b, wire.TagU64)
	default:
		return b, fmt.Errorf("the integer %d is beyond SurrealDB's, which end at %d: send it as surrealsql.Decimal(%q)", v, int64(math.MaxInt64), strconv.FormatUint(v, 10))
	}
	return cbor.AppendUint(b, v), nil
}

func appendTable(b []byte, name string) ([]byte, error) {
	if name == "" {
		return b, errors.New("a table needs a name")
	}
	return appendText(cbor.AppendTag(b, wire.TagTable), name)
}

func appendUUIDText(b []byte, s string) ([]byte, error) {
	u, err := literal.ParseUUID(s)
	return wire.AppendUUID(b, u), err
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
	enc.keepWidth = false // [int8(1)] is another key than [1], as which it is meant
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

// pathError says where within a value an error lies. It is built from the inside
// out while the error goes up, so that values without errors pay nothing.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return strings.TrimPrefix(e.path, ".") + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// maxPath bounds the message for values that contain themselves.
const maxPath = 200

func errAt(step string, err error) error {
	e, ok := err.(*pathError)
	if !ok {
		return &pathError{step, err}
	}
	if e.path = step + e.path; len(e.path) > maxPath {
		e.path = e.path[:maxPath/2] + "…" + e.path[len(e.path)-maxPath/2:]
		e.path = strings.ToValidUTF8(e.path, "")
	}
	return e
}

func atIndex(i int, err error) error { return errAt("["+strconv.Itoa(i)+"]", err) }

// atField names a key as the author would: bare where it is a word.
func atField(name string, err error) error {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return errAt("["+strconv.Quote(name)+"]", err)
		}
	}
	return errAt("."+name, err)
}

// shorten bounds the text of a value in an error.
func shorten(s string) string {
	if len(s) > 64 {
		return s[:32] + "…"
	}
	return s
}
