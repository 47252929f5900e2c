package rpc

import (
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/ws"
)

// How a request fails: without an answer, or by one that is an error.

// Failure says that a request got no answer. The connection is broken then.
type Failure struct {
	Op   string // "write" or "read"
	Sent bool   // a byte of the request may have left, and what the server did with it is unknown
	Size int    // how many bytes may have left
	Err  error
}

func (e *Failure) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Failure) Unwrap() error { return e.Err }

// Close frames that tell why by their reason (source, 3.3.5 and 4.0.0-beta.1). Their code
// is 1013, try again later, as registered with IANA.
const (
	closeTryAgain  = 1013
	reasonNoMemory = "The server is unable to handle the request"
	reasonLagging  = "Notifications were produced faster than this connection read them"
)

// IsOutOfMemory reports whether an error is the Close frame of a server whose memory is
// used up. It sends that in place of reading a request.
func IsOutOfMemory(err error) bool { return closedFor(err, reasonNoMemory) }

// IsLagging reports whether an error is the Close frame of a server whose notifications of
// live queries were not read fast enough.
func IsLagging(err error) bool { return closedFor(err, reasonLagging) }

func closedFor(err error, reason string) bool {
	gone, closed := errors.AsType[*ws.CloseError](err)
	return closed && gone.Code == closeTryAgain && gone.Reason == reason
}

// ServerError is the error of a reply, or of a part of one. Code differs between versions
// of the server, and a statement's error has none; Kind and Details come with 3.x only.
type ServerError struct {
	Code    int64
	Message string
	Kind    string
	Details []byte       // CBOR, a copy; nil if there are none
	Cause   *ServerError // the error underneath; nil if the server gives none
}

func (e *ServerError) Error() string { return e.Message }

// maxCauses is how many errors one after the other are read below an error. Servers give
// one (3.3.5); a hostile one may nest as many as a message holds.
const maxCauses = 8

// ReadError reads an error object wherever a message has one: {message, code?, kind?,
// details?, cause?}, with its fields in any order. It returns nil for null, and an error
// only where the message cannot be read on.
func ReadError(d *cbor.Decoder) (*ServerError, error) {
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
	return readObject(d, maxCauses)
}

// readObject reads an error that is an object, with at most so many causes.
func readObject(d *cbor.Decoder, causes int) (*ServerError, error) {
	e := new(ServerError)
	for key, err := range d.Pairs() {
		if err == nil {
			err = e.readField(d, key, causes)
		}
		if err != nil {
			return nil, fmt.Errorf("its error: %w", err)
		}
	}
	return e, nil
}

// readField reads the value of a key. An odd one must not hide the error that it is in.
func (e *ServerError) readField(d *cbor.Decoder, key []byte, causes int) (err error) {
	var raw []byte
	switch string(key) {
	case "code":
		e.Code, err = optionalInt(d)
	case "message":
		e.Message, err = d.OptionalText()
	case "kind":
		e.Kind, err = d.OptionalText()
	case "details":
		raw, err = d.Raw()
		e.Details = append([]byte(nil), raw...)
	case "cause":
		e.Cause, err = readCause(d, causes)
	default:
		err = d.Skip()
	}
	return err
}

// readCause reads the error below another one; nil where it is none, or one too many.
func readCause(d *cbor.Decoder, causes int) (*ServerError, error) {
	switch kind, err := d.PeekKind(); {
	case err != nil:
		return nil, err
	case kind == cbor.KindText && causes > 0:
		text, err := d.Text()
		return &ServerError{Message: text}, err
	case kind != cbor.KindMap || causes == 0:
		return nil, d.Skip()
	}
	return readObject(d, causes-1)
}

func optionalInt(d *cbor.Decoder) (int64, error) {
	if v, err := d.Int(); err == nil {
		return v, nil
	}
	return 0, d.Skip() // a call that fails consumes nothing
}
