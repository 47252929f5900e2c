package rpc

import (
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// envelope is a parsed message from the server.
type envelope struct {
	Reply
	hasID bool
}

const tagNone = 6

// parse takes a message apart: {id, result}, {id, error}, {error} for a request
// that the server could not read, or {result} for a live notification. Further
// fields, as 3.x's session, are skipped.
func (c *Conn) parse(msg []byte) (e envelope, err error) {
	d := &c.dec
	d.Reset(msg)
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		err = c.parseField(d, &e)
	}
	if err == nil {
		err = d.Tail()
	}
	if err != nil {
		return e, fmt.Errorf("rpc: unreadable reply: %w", err)
	}
	if e.Err == nil && e.Result == nil {
		return e, errors.New("rpc: a reply with neither result nor error")
	}
	if e.Err != nil {
		e.Result = nil
	}
	return e, nil
}

func (c *Conn) parseField(d *cbor.Decoder, e *envelope) error {
	key, err := d.TextBytes()
	if err != nil {
		return err
	}
	switch string(key) {
	case "id":
		e.ID, e.hasID, err = parseID(d)
	case "result":
		e.Result, err = d.Raw()
	case "error":
		e.Err, err = parseError(d)
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
		if err == nil && tag != tagNone {
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
