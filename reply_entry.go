package surrealsql

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// entry is a statement's part of a reply: {result, status, time, type?}, and on
// 3.x kind and details when the statement failed.
type entry struct {
	result  []byte // CBOR, in the connection's buffer
	failed  bool
	told    bool // the program has been told of the failure by other means than the rows
	kind    string
	details []byte // CBOR, in the connection's buffer
	cause   []byte // likewise, an error object: the one underneath

	fields    int  // that are to come, as MapLen counts
	hasStatus bool // the status has come

	refused *rpc.ServerError // of a streamed statement that failed
	open    bool             // a streamed statement's result is rows, whose end is still to be written
	joined  *shaped.Joined   // those rows, where they are blocks; nil where they are an array
}

// findRows reads up to the result, and reports whether that is rows. What tells of a
// failure is sorted before it. keep is for a decoder whose bytes move.
func (e *entry) findRows(d *cbor.Decoder, keep bool) (bool, error) {
	for {
		more, err := d.More(&e.fields)
		if err == nil && !more {
			err = e.check(d)
		}
		if err != nil {
			return false, err
		}
		if d.Take(&keyResult) {
			kind, err := d.PeekKind()
			return (kind == cbor.KindArray || kind == cbor.KindTag && shaped.IsBlock(d)) && e.kind == "", err
		}
		if err := e.parseField(d, keep); err != nil {
			return false, err
		}
	}
}

// parseFields reads the fields that are to come.
func (e *entry) parseFields(d *cbor.Decoder, keep bool) error {
	for {
		more, err := d.More(&e.fields)
		if err != nil {
			return err
		}
		if !more {
			return e.check(d)
		}
		switch { // what nearly every entry has comes first
		case e.fields >= 1 && d.Take(&statusOKTime):
			e.hasStatus, e.fields = true, e.fields-1
			err = d.Skip()
		case d.Take(&typeNone):
		default:
			err = e.parseField(d, keep)
		}
		if err != nil {
			return err
		}
	}
}

var (
	keyResult    = cbor.KnownText("result")
	statusOKTime = cbor.MakeKnown(cbor.AppendText(nil, "status"), cbor.AppendText(nil, "OK"), cbor.AppendText(nil, "time"))
	typeNone     = cbor.MakeKnown(cbor.AppendText(nil, "type"), wire.AppendNone(nil))
)

// parseField reads a key and its value.
func (e *entry) parseField(d *cbor.Decoder, keep bool) error {
	key, err := d.TextBytes()
	if err != nil {
		return err
	}
	switch string(key) {
	case "result":
		e.result, err = d.Raw()
	case "status":
		var text []byte
		text, err = d.TextBytes()
		e.hasStatus, e.failed = true, string(text) != "OK"
	case "kind":
		e.kind, err = d.OptionalText()
	case "details":
		e.details, err = d.Raw()
	case "cause":
		e.cause, err = d.Raw()
	default:
		err = d.Skip()
	}
	if keep {
		e.own()
	}
	return err
}

// own copies what lies in the connection's buffer.
func (e *entry) own() {
	e.result = bytes.Clone(e.result)
	e.details = bytes.Clone(e.details)
	e.cause = bytes.Clone(e.cause)
}

func (e *entry) check(d *cbor.Decoder) error {
	if !e.hasStatus || e.result == nil {
		return fmt.Errorf("an entry at byte %d without status or result", d.Offset())
	}
	return nil
}

// A streamed statement's entry is put together from its frames.

// hasRows reports whether a frame has given rows, and the statement has not finished.
func (e *entry) hasRows() bool {
	return e.open && (len(e.result) > 1 && e.joined == nil || e.joined != nil && e.joined.HasRows)
}

// addRows appends the rows of a frame to the result, or only reads them. The shapes of blocks
// are those of their stream.
func (e *entry) addRows(frames *rpc.Frames, body []byte, keep bool, scope *shaped.Scope) error {
	if e.result != nil && !e.open {
		return errors.New("rows of a statement whose result is a value")
	}
	var d cbor.Decoder
	d.Reset(body)
	block := shaped.IsBlock(&d)
	switch {
	case !e.open && block:
		e.open, e.joined = true, new(shaped.Joined)
		e.result = e.joined.Begin(make([]byte, 0, len(body)+8))
	case !e.open:
		e.open, e.result = true, cbor.AppendOpenArray(make([]byte, 0, len(body)+2))
	case block != (e.joined != nil):
		return errors.New("rows in a block after rows in an array, or the other way round")
	}
	rest, err := e.appendRows(&d, keep, scope)
	if err != nil {
		return err
	}
	return frames.EndOfBody(rest)
}

func (e *entry) appendRows(d *cbor.Decoder, keep bool, scope *shaped.Scope) (rest []byte, err error) {
	if e.joined == nil {
		items, rest, err := elements(d)
		if keep {
			e.result = append(e.result, items...)
		}
		return rest, err
	}
	if _, err := d.Tag(); err != nil {
		return nil, err
	}
	e.result, err = e.joined.Add(e.result, d, scope, keep)
	return d.Rest(), err
}

// close writes the end of the rows.
func (e *entry) close() []byte {
	if e.joined == nil {
		return cbor.AppendBreak(e.result)
	}
	return e.joined.End(e.result)
}

// elements returns the bytes of an array's elements, and what follows it.
func elements(d *cbor.Decoder) (items, rest []byte, err error) {
	n, err := d.ArrayLen()
	if err != nil {
		return nil, nil, err
	}
	return remaining(d, n)
}

// remaining returns the bytes of the n elements that d stands before, and what follows them.
func remaining(d *cbor.Decoder, n int) (items, rest []byte, err error) {
	from := d.Rest()
	for {
		end := len(from) - len(d.Rest()) // before the byte that ends an open array
		more, err := d.More(&n)
		if err != nil {
			return nil, nil, err
		}
		if !more {
			return from[:end], d.Rest(), nil
		}
		if err := d.Skip(); err != nil {
			return nil, nil, err
		}
	}
}

// finish notes the outcome of a statement.
func (e *entry) finish(f rpc.Frame) {
	switch {
	case f.Err != nil:
		e.fail(f.Err)
	case e.open:
		e.result, e.open = e.close(), false
	case e.result == nil && f.Single:
		e.result = wire.AppendNone(nil)
	case e.result == nil:
		e.result = cbor.AppendArrayHeader(nil, 0)
	}
	e.hasStatus = true
}

// fail takes back what the statement has given.
func (e *entry) fail(err *rpc.ServerError) {
	*e = entry{failed: true, hasStatus: true, refused: err, kind: err.Kind, details: err.Details, result: []byte{}}
}

// err returns the error of a failed statement.
func (e *entry) err() *Error {
	if e.refused != nil {
		return serverError(e.refused)
	}
	err := &rpc.ServerError{Kind: e.kind, Message: e.message(), Details: e.details}
	if e.cause != nil {
		var d cbor.Decoder
		d.Reset(e.cause)
		err.Cause, _ = rpc.ReadError(&d) // the error itself matters more
	}
	return serverError(err)
}

// message is the text of a failed statement's error.
func (e *entry) message() string {
	if e.refused != nil {
		return e.refused.Message
	}
	var d cbor.Decoder
	d.Reset(e.result)
	message, err := d.Text()
	if err != nil {
		return "the statement failed with a result that is no text"
	}
	return message
}

// list is the result where it is one.
func (e *entry) list() ([]any, bool) {
	if e.failed {
		return nil, false
	}
	var d cbor.Decoder
	d.Reset(e.result)
	v, err := decodeValue(&d)
	list, ok := v.([]any)
	return list, ok && err == nil
}

// serverError is the error of a request that failed as a whole, or of a statement, with
// those underneath.
func serverError(e *rpc.ServerError) *Error {
	err := newError(e.Code, e.Kind, e.Message, decodeDetails(e.Details))
	if e.Cause != nil {
		err.Cause = serverError(e.Cause)
		err.Hint = cmp.Or(err.Hint, err.Cause.Hint)
	}
	return err
}

// decodeDetails decodes an error's details; what cannot be decoded is left out,
// because the error itself matters more.
func decodeDetails(raw []byte) any {
	if raw == nil {
		return nil
	}
	var d cbor.Decoder
	d.Reset(raw)
	v, err := decodeValue(&d)
	if err != nil {
		return nil
	}
	return v
}
