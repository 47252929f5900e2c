package scripted

import (
	"fmt"
	"maps"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Messages and what is in them, as CBOR.

// Raw is CBOR that Value takes as it is.
type Raw []byte

// None is SurrealDB's NONE.
var None = Raw{0xC6, 0xF6}

// Value returns v as CBOR: nil, bool, int, float64, string, []byte, Raw, []any
// or map[string]any, whose keys are sorted as the server does it.
func Value(v any) []byte { return appendValue(nil, v) }

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return cbor.AppendNull(b)
	case Raw:
		return append(b, v...)
	case bool:
		return cbor.AppendBool(b, v)
	case int:
		return cbor.AppendInt(b, int64(v))
	case float64:
		return cbor.AppendFloat(b, v)
	case string:
		return cbor.AppendText(b, v)
	case []byte:
		return cbor.AppendBytes(b, v)
	case []any:
		b = cbor.AppendArrayHeader(b, len(v))
		for _, item := range v {
			b = appendValue(b, item)
		}
		return b
	case map[string]any:
		b = cbor.AppendMapHeader(b, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = appendValue(cbor.AppendText(b, key), v[key])
		}
		return b
	}
	panic(fmt.Sprintf("scripted: no CBOR for a %T", v))
}

// Nested returns depth arrays in each other, around null.
func Nested(depth int) []byte {
	b := make([]byte, depth, depth+1)
	for i := range b {
		b[i] = 0x81
	}
	return cbor.AppendNull(b)
}

// Result is the message that answers a request with CBOR.
func Result(id uint64, result []byte) []byte {
	return Value(map[string]any{"id": int(id), "result": Raw(result)})
}

// Error is the message that answers a request with an error as 3.x sends it;
// an empty kind makes it one of 2.x.
func Error(id uint64, code int, kind, message string) []byte {
	return Value(map[string]any{"id": int(id), "error": errorValue(code, kind, message)})
}

// unknownMethod is what a server answers to a method that it does not have (3.3.5).
func unknownMethod(id uint64) []byte {
	e := errorValue(-32601, "NotFound", "Method not found")
	e["details"] = map[string]any{"kind": "Method", "details": map[string]any{"name": "unknown"}}
	return Value(map[string]any{"id": int(id), "error": e})
}

// NamelessError is the answer to a request that the server could not read: an
// error without an id.
func NamelessError(code int, message string) []byte {
	return Value(map[string]any{"error": errorValue(code, "", message)})
}

func errorValue(code int, kind, message string) map[string]any {
	e := map[string]any{"code": code, "message": message}
	if kind != "" {
		e["kind"] = kind
	}
	return e
}

// Notification is a message without an id, as live queries send them.
func Notification(result any) []byte {
	return Value(map[string]any{"result": result})
}

// OK is the entry of a statement that gave a result; a table's rows are an
// []any of map[string]any.
func OK(result any) Raw {
	return Value(map[string]any{"result": result, "status": "OK", "time": "1ms"})
}

// Failed is the entry of a statement that failed.
func Failed(message string) Raw {
	return Value(map[string]any{"result": message, "status": "ERR", "time": "1ms"})
}

// Entries is the result of "query": one entry a statement.
func Entries(entries ...Raw) []byte {
	list := make([]any, len(entries))
	for i, e := range entries {
		list[i] = e
	}
	return Value(list)
}
