package rpc

import (
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The trace context of a request, as the W3C's Trace Context defines it for HTTP headers:
// what lets the server's spans join the caller's trace.

// TraceContext is what a request says of the trace that it belongs to; the zero value,
// NoTrace, says nothing. It is made by ParseTraceContext.
type TraceContext struct{ parent, state string }

// NoTrace is the TraceContext of a request that belongs to no trace.
var NoTrace TraceContext

// ParseTraceContext returns what two headers, traceparent and tracestate, say. A malformed
// traceparent, or none, is NoTrace, and a malformed tracestate is left out, as the standard
// asks of those who read them: a server cannot tell what is meant either (3.3.5 and
// 4.0.0-beta.1 begin a trace of their own then).
func ParseTraceContext(traceparent, tracestate string) TraceContext {
	if !isTraceParent(traceparent) {
		return NoTrace
	}
	if !isTraceState(tracestate) {
		tracestate = ""
	}
	return TraceContext{traceparent, tracestate}
}

// append adds the field to a request.
func (t TraceContext) append(b []byte) []byte {
	b = cbor.AppendText(b, "trace_context")
	fields := 1
	if t.state != "" {
		fields = 2
	}
	b = cbor.AppendMapHeader(b, fields)
	b = cbor.AppendText(cbor.AppendText(b, "traceparent"), t.parent)
	if t.state != "" {
		b = cbor.AppendText(cbor.AppendText(b, "tracestate"), t.state)
	}
	return b
}

// parentSize is the length of a traceparent of version 00. Later ones may be longer.
const parentSize = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

// isTraceParent reports whether s is version-traceid-parentid-flags: 2, 32, 16 and 2
// hexadecimal digits in lower case, no id of zeros, and no version ff.
func isTraceParent(s string) bool {
	if len(s) < parentSize || len(s) > parentSize && (s[:2] == "00" || s[parentSize] != '-') {
		return false
	}
	version, trace, span, flags := s[:2], s[3:35], s[36:52], s[53:parentSize]
	return s[2] == '-' && s[35] == '-' && s[52] == '-' &&
		isHex(version) && version != "ff" && isID(trace) && isID(span) && isHex(flags) &&
		isPrintable(s[parentSize:])
}

func isID(s string) bool { return isHex(s) && strings.Trim(s, "0") != "" }

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// maxMembers is how many members a tracestate has at most.
const maxMembers = 32

// isTraceState reports whether s is a list of at most 32 members key=value, no key twice,
// with commas and blanks between them. Members may be empty, and so may be the list.
func isTraceState(s string) bool {
	var keys []string
	for member := range strings.SplitSeq(s, ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue
		}
		key, value, found := strings.Cut(member, "=")
		if !found || !isStateKey(key) || !isStateValue(value) || slices.Contains(keys, key) {
			return false
		}
		keys = append(keys, key)
	}
	return len(keys) <= maxMembers
}

// isStateKey reports whether s is a key: up to 256 small letters, digits and _-*/@, the
// first of them a letter or a digit.
func isStateKey(s string) bool {
	const first = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && len(s) <= 256 && strings.IndexByte(first, s[0]) >= 0 && strings.Trim(s, first+"_-*/@") == ""
}

// isStateValue reports whether s is a value: 1 to 256 printable bytes of ASCII but = (and
// the comma that ends it).
func isStateValue(s string) bool {
	return s != "" && len(s) <= 256 && isPrintable(s) && !strings.Contains(s, "=")
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
