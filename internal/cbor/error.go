package cbor

import (
	"fmt"
	"io"
	"math"
)

// SyntaxError tells that the input is not what the caller asked for or not
// CBOR at all. When the input merely ended too early it wraps
// [io.ErrUnexpectedEOF].
type SyntaxError struct {
	Offset int64  // where the item begins, counted from the first byte read
	Want   string // what was expected
	Got    string // what came instead
	Err    error  // the cause, or nil
}

// Error says where, what was expected, and what came.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("cbor: at byte %d: expected %s, found %s", e.Offset, e.Want, e.Got)
}

// Unwrap returns the cause: io.ErrUnexpectedEOF for truncated input.
func (e *SyntaxError) Unwrap() error { return e.Err }

// wrongKind is the error for an item of another kind at the present position.
// It is kept out of the callers so that they stay small.
func (d *Decoder) wrongKind(want string) error {
	b := d.buf[d.pos]
	got := kinds[b].String()
	if kinds[b] == KindInvalid || kinds[b] == KindSimple {
		got = fmt.Sprintf("%s (0x%02x)", got, b)
	}
	return &SyntaxError{Offset: d.Offset(), Want: want, Got: got}
}

func (d *Decoder) malformed(want, got string) error {
	return &SyntaxError{Offset: d.Offset(), Want: want, Got: got}
}

func (d *Decoder) truncated(need int) error {
	want := "one more byte"
	if need != 1 {
		want = fmt.Sprintf("%d bytes", need)
	}
	got := "the end of the input"
	if have := len(d.buf) - d.pos; have > 0 {
		got = fmt.Sprintf("the end of the input after %d", have)
	}
	return &SyntaxError{Offset: d.Offset(), Want: want, Got: got, Err: io.ErrUnexpectedEOF}
}

func clampInt(n uint64) int { return int(min(n, math.MaxInt)) }
