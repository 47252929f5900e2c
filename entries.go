package surrealsql

import (
	"bytes"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
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

// parseEntries takes the reply to a query apart, without decoding the results.
func parseEntries(entries []entry, reply []byte) ([]entry, error) {
	var d cbor.Decoder
	d.Reset(reply)
	n, err := d.ArrayLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var e entry
		e, err = parseEntry(&d)
		entries = append(entries, e)
	}
	if err == nil {
		err = d.Tail()
	}
	if err != nil {
		return nil, fmt.Errorf("unreadable reply to a query: %w", err)
	}
	return entries, nil
}

func parseEntry(d *cbor.Decoder) (e entry, err error) {
	if e.fields, err = d.MapLen(); err != nil {
		return e, err
	}
	return e, e.parseFields(d, false)
}

// parseFields reads the fields that are to come. keep copies what is found, for
// a decoder whose bytes move.
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
		case d.Take(statusOK):
			e.judged, e.failed = true, false
		case d.Take(keyTime):
			err = d.Skip()
		default:
			if err = e.parseNext(d); err == nil && keep {
				e.own()
			}
		}
		if err != nil {
			return err
		}
	}
}

// parseNext reads a key and its value.
func (e *entry) parseNext(d *cbor.Decoder) error {
	if d.Take(keyResult) {
		return e.parseField(d, "result")
	}
	key, err := d.TextBytes()
	if err != nil {
		return err
	}
	return e.parseField(d, string(key))
}

var (
	keyResult = cbor.AppendText(nil, "result")
	keyTime   = cbor.AppendText(nil, "time")
	statusOK  = cbor.AppendText(cbor.AppendText(nil, "status"), "OK")
)

// own copies what lies in the connection's buffer.
func (e *entry) own() {
	e.result = bytes.Clone(e.result)
	e.details = bytes.Clone(e.details)
}

func (e *entry) parseField(d *cbor.Decoder, key string) (err error) {
	switch key {
	case "result":
		e.result, err = d.Raw()
	case "status":
		var text []byte
		text, err = d.TextBytes()
		e.judged, e.failed = true, !bytes.Equal(text, okStatus)
	case "kind":
		e.kind, err = optionalText(d)
	case "details":
		e.details, err = d.Raw()
	default:
		err = d.Skip()
	}
	return err
}

func (e *entry) check(d *cbor.Decoder) error {
	if !e.judged || e.result == nil {
		return fmt.Errorf("an entry at byte %d without status or result", d.Offset())
	}
	return nil
}

var okStatus = []byte("OK")

func optionalText(d *cbor.Decoder) (string, error) {
	if kind, err := d.PeekKind(); err != nil || kind != cbor.KindText {
		return "", d.Skip()
	}
	return d.Text()
}

// err returns the error of a failed statement; index is its place in the text.
func (e *entry) err(index int) *Error {
	failure := newError(0, e.kind, e.message(), decodeDetails(e.details))
	failure.Statement = index
	return failure
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

// firstError returns the error of the first statement that failed by itself,
// not because a neighbour did; nil if none failed.
func firstError(entries []entry) error {
	var collateral *Error
	for i := range entries {
		if !entries[i].failed {
			continue
		}
		err := entries[i].err(i)
		if !isCollateral(err) {
			return err
		}
		if collateral == nil {
			collateral = err
		}
	}
	if collateral == nil {
		return nil
	}
	return collateral
}

// align gives the statement of each entry, as an index. Which statements a
// server answers differs between versions, and where a block fails or returns
// early. Entries that no statement is left for mean that the text was not
// understood as the server did: then there is no telling which columns belong to
// which result.
func (c *Conn) align(q *analysis, entries []entry) ([]int, error) {
	at := c.aligned[:0]
	if len(q.Statements) == 1 && len(entries) == 1 {
		c.aligned = append(at, 0)
		return c.aligned, nil
	}
	aligner := q.Align(c.major, len(entries))
	for i := range entries {
		message := ""
		if entries[i].failed {
			message = entries[i].message()
		}
		statement, ok := aligner.Next(entries[i].failed, message)
		if !ok {
			return nil, fmt.Errorf("surrealsql: the server gave %d answers, of which only %d belong to statements read in the text: send the statements one by one", len(entries), i)
		}
		at = append(at, statement)
	}
	c.aligned = at
	return at, nil
}

// ambiguous makes the analysis' complaint about columns the driver's.
func ambiguous(err error) error { return fmt.Errorf("%w: %w", ErrAmbiguousColumns, err) }
