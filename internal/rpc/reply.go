package rpc

import (
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// The server's messages, taken apart.

// Reply answers one request: it has either a result or an error.
type Reply struct {
	ID     uint64
	Result []byte // CBOR, valid until the connection is used again
	Err    *ServerError
}

// envelope is a parsed message from the server.
type envelope struct {
	Reply
	hasID bool
}

// parse takes a message apart: {id, result}, {id, error}, {error} for a request
// that the server could not read, or {result} for a live notification. Further
// fields, as 3.x's session, are skipped.
func parse(d *cbor.Decoder, msg []byte) (e envelope, err error) {
	d.Reset(msg)
	for key, err := range d.Pairs() {
		if err == nil {
			err = e.parseField(d, key)
		}
		if err != nil {
			return e, unreadable(err)
		}
	}
	if err := d.Tail(); err != nil {
		return e, unreadable(err)
	}
	if e.Err == nil && e.Result == nil {
		return e, errors.New("rpc: a reply with neither result nor error")
	}
	if e.Err != nil {
		e.Result = nil
	}
	return e, nil
}

func unreadable(err error) error { return fmt.Errorf("rpc: unreadable reply: %w", err) }

func (e *envelope) parseField(d *cbor.Decoder, key []byte) (err error) {
	switch string(key) {
	case "id":
		e.ID, e.hasID, err = parseID(d)
	case "result":
		e.Result, err = d.Raw()
	case "error":
		e.Err, err = ReadError(d)
	default:
		err = d.Skip()
	}
	return err
}

// parseID reads an id. Ours are positive integers; null and NONE are no id.
func parseID(d *cbor.Decoder) (id uint64, has bool, err error) {
	kind, err := d.PeekKind()
	if err != nil {
		return 0, false, err
	}
	switch kind {
	case cbor.KindNull:
		return 0, false, d.Null()
	case cbor.KindTag:
		tag, err := d.Tag()
		if err == nil && tag != wire.TagNone {
			err = fmt.Errorf("an id with tag %d", tag)
		}
		if err == nil {
			err = d.Null()
		}
		return 0, false, err
	}
	v, err := d.Int()
	return uint64(v), true, err
}

// beginResult reports whether a message begins as the reply to a request does that has a
// result: {id, result, …}, in this order, as the server sorts them. The decoder stands before
// the result then, and fields are to come after it.
func beginResult(d *cbor.Decoder, msg []byte, request uint64) (fields int, ok bool) {
	d.Reset(msg)
	n, err := d.MapLen()
	if err != nil || n < 2 || !d.Take(&keyID) {
		return 0, false
	}
	id, err := d.Uint()
	if err != nil || id != request || !d.Take(&keyResult) {
		return 0, false
	}
	return n - 2, true
}

var keyID, keyResult = cbor.KnownText("id"), cbor.KnownText("result")

// skipFields reads the fields of a map that are to come, as MapLen counts.
func skipFields(d *cbor.Decoder, n *int) error {
	for {
		more, err := d.More(n)
		if err != nil || !more {
			return err
		}
		if err = d.Skip(); err == nil {
			err = d.Skip()
		}
		if err != nil {
			return err
		}
	}
}
