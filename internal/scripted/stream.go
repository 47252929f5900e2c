package scripted

import (
	"fmt"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Frames of a streamed query as 3.3 sends them: each is the result of a message with the
// request's id. They are measured ones, of 3.3.5; Object makes any other.

// StreamBegin opens a stream of at most so many statements.
func StreamBegin(statements int) Raw {
	return Object("statements", statements, "stream", "begin", "version", 1)
}

// StreamRows are some rows of a statement; for an object use map[string]any.
func StreamRows(index int, rows ...any) Raw {
	return Object("index", index, "stream", "rows", "values", append([]any{}, rows...))
}

// StreamValue is all of a statement whose result is no list.
func StreamValue(index int, value any) Raw {
	return Object("index", index, "stream", "value", "value", value)
}

// StreamFinished ends a statement whose result is a list.
func StreamFinished(index int) Raw { return finished(index, false) }

// StreamSingle ends a statement whose result is no list.
func StreamSingle(index int) Raw { return finished(index, true) }

func finished(index int, single bool) Raw {
	return Object("index", index, "single", single, "stream", "finished", "time", "1ms", "type", None)
}

// StreamFailed ends a statement that failed, which takes its rows back.
func StreamFailed(index int, message string) Raw {
	return Object("error", StreamError("Thrown", message),
		"index", index, "single", false, "stream", "finished", "time", "1ms", "type", None)
}

// StreamEnd ends the stream, of which so many statements have finished.
func StreamEnd(results int) Raw {
	return Object("results", results, "stream", "end", "time", "1ms")
}

// StreamBroken ends the stream with an error, which takes back what has not finished.
func StreamBroken(results int, message string) Raw {
	return Object("error", StreamError("Internal", message),
		"results", results, "stream", "end", "time", "1ms")
}

// StreamStopped is how a stream ends that was cancelled.
func StreamStopped(results int) Raw {
	return StreamBroken(results, "The streaming query was stopped before it completed")
}

// StreamError is the error in a frame.
func StreamError(kind, message string) Raw {
	return Object("cause", None, "code", -32000, "kind", kind, "message", message)
}

// Object is an object whose keys come in this order, and as often: key, value, key, value.
// The values are those of Value.
func Object(pairs ...any) Raw {
	b := cbor.AppendMapHeader(nil, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		b = appendValue(cbor.AppendText(b, pair[0].(string)), pair[1])
	}
	return b
}

// Streamed are frames of a stream as bytes, to be cut and to be dripped.
func Streamed(id uint64, frames ...Raw) []byte {
	var b []byte
	for _, f := range frames {
		b = append(b, Binary(Result(id, f))...)
	}
	return b
}

// Cancels is the id of the request that a query_cancel names.
func (r Request) Cancels() (uint64, error) {
	if r.Method != "query_cancel" || len(r.Params) != 1 {
		return 0, fmt.Errorf("a %s with %d parameters cancels nothing", r.Method, len(r.Params))
	}
	var d cbor.Decoder
	d.Reset(r.Params[0])
	return d.Uint()
}
