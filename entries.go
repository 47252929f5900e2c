package surrealsql

import (
	"bytes"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/rpc"
)

// entry is a statement's part of a reply: {result, status, time, type?}, and on
// 3.x kind and details when the statement failed.
type entry struct {
	result  []byte // CBOR, in the connection's buffer
	failed  bool
	kind    string
	details []byte // CBOR, in the connection's buffer

	fields int  // that are to come, as MapLen counts
	judged bool // the status has come
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
			return kind == cbor.KindArray && e.kind == "", err
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
			e.judged, e.fields = true, e.fields-1
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
	typeNone     = cbor.MakeKnown(cbor.AppendText(nil, "type"), cbor.AppendNull(cbor.AppendTag(nil, literal.TagNone)))
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
		e.judged, e.failed = true, string(text) != "OK"
	case "kind":
		e.kind, err = optionalText(d)
	case "details":
		e.details, err = d.Raw()
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
}

func (e *entry) check(d *cbor.Decoder) error {
	if !e.judged || e.result == nil {
		return fmt.Errorf("an entry at byte %d without status or result", d.Offset())
	}
	return nil
}

func optionalText(d *cbor.Decoder) (string, error) {
	if kind, err := d.PeekKind(); err != nil || kind != cbor.KindText {
		return "", d.Skip()
	}
	return d.Text()
}

// err returns the error of a failed statement.
func (e *entry) err() *Error {
	return newError(0, e.kind, e.message(), decodeDetails(e.details))
}

// message is the text of a failed statement's error.
func (e *entry) message() string {
	var d cbor.Decoder
	d.Reset(e.result)
	message, err := d.Text()
	if err != nil {
		return "the statement failed with a result that is no text"
	}
	return message
}

// serverError is the error of a request that failed as a whole.
func serverError(e *rpc.ServerError) *Error {
	return newError(e.Code, e.Kind, e.Message, decodeDetails(e.Details))
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

// ambiguous makes the analysis' complaint about columns the driver's.
func ambiguous(err error) error { return fmt.Errorf("%w: %w", ErrAmbiguousColumns, err) }
