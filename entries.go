package surrealsql

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rpc"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// entry is a statement's part of a reply: {result, status, time, type?}, and on
// 3.x kind and details when the statement failed.
type entry struct {
	result  []byte // CBOR, in the connection's buffer
	failed  bool
	kind    string
	details []byte // CBOR, in the connection's buffer
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
	status := false
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var key []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		switch string(key) {
		case "result":
			e.result, err = d.Raw()
		case "status":
			var text []byte
			text, err = d.TextBytes()
			status, e.failed = true, !bytes.Equal(text, okStatus)
		case "kind":
			e.kind, err = optionalText(d)
		case "details":
			e.details, err = d.Raw()
		default:
			err = d.Skip()
		}
	}
	if err == nil && (!status || e.result == nil) {
		err = fmt.Errorf("an entry at byte %d without status or result", d.Offset())
	}
	return e, err
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

// align gives the statement of each entry. Which statements a server answers
// differs between versions, and where a block fails or returns early. Entries
// that no statement is left for mean that the text was not understood as the
// server did: then there is no telling which columns belong to which result.
func (c *Conn) align(q *analysis, entries []entry) ([]*surrealql.Statement, error) {
	aligner := q.Align(c.major, len(entries))
	statements := make([]*surrealql.Statement, len(entries))
	for i := range entries {
		message := ""
		if entries[i].failed {
			message = entries[i].message()
		}
		at, ok := aligner.Next(entries[i].failed, message)
		if !ok {
			return nil, fmt.Errorf("surrealsql: the server gave %d answers, of which only %d belong to statements read in the text: send the statements one by one", len(entries), i)
		}
		statements[i] = &q.Statements[at]
	}
	return statements, nil
}

// ambiguous makes the analysis' complaint about columns the driver's.
func ambiguous(err error) error { return fmt.Errorf("%w: %w", ErrAmbiguousColumns, err) }

func hasLive(q *analysis) bool {
	return slices.ContainsFunc(q.Statements, func(s surrealql.Statement) bool { return s.Kind == surrealql.Live })
}
