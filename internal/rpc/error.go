package rpc

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Failure says that a request got no answer. The connection is broken then.
type Failure struct {
	Op   string // "write" or "read"
	Sent bool   // a byte of the request may have left: what the server did with it is unknown
	Size int    // how many bytes may have left
	Err  error
}

func (e *Failure) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Failure) Unwrap() error { return e.Err }

// ServerError is the error of a reply. Code differs between versions of the
// server; Kind and Details come with 3.x only.
type ServerError struct {
	Code    int64
	Message string
	Kind    string
	Details []byte // CBOR, a copy; nil if there are none
}

func (e *ServerError) Error() string { return e.Message }

// parseError reads an error, or nil from null.
func parseError(d *cbor.Decoder) (*ServerError, error) {
	switch kind, err := d.PeekKind(); {
	case err != nil:
		return nil, err
	case kind == cbor.KindNull:
		return nil, d.Null()
	case kind == cbor.KindText:
		text, err := d.Text() // as in a statement's entry
		return &ServerError{Message: text}, err
	case kind != cbor.KindMap:
		return &ServerError{Message: "an error that is " + kind.String() + ", expected an object"}, d.Skip()
	}
	e := new(ServerError)
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		err = e.parseField(d)
	}
	if err != nil {
		return nil, fmt.Errorf("its error: %w", err)
	}
	return e, nil
}

func (e *ServerError) parseField(d *cbor.Decoder) error {
	key, err := d.TextBytes()
	if err != nil {
		return err
	}
	var raw []byte
	switch string(key) {
	case "code":
		e.Code, err = optionalInt(d)
	case "message":
		e.Message, err = optionalText(d)
	case "kind":
		e.Kind, err = optionalText(d)
	case "details":
		raw, err = d.Raw()
		e.Details = append([]byte(nil), raw...)
	default:
		err = d.Skip()
	}
	return err
}

func optionalInt(d *cbor.Decoder) (int64, error) {
	if v, err := d.Int(); err == nil {
		return v, nil
	}
	return 0, d.Skip() // a call that fails consumes nothing
}

// optionalText reads a text, or skips what is none: an odd error must still be
// reported as the error it is.
func optionalText(d *cbor.Decoder) (string, error) {
	if kind, err := d.PeekKind(); err != nil || kind != cbor.KindText {
		return "", d.Skip()
	}
	return d.Text()
}
