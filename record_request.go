package surrealsql

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// Whoever reads typed rows (records.go) wants each of them whole and in a variable of its own.
// database/sql has no words for that, so the request travels in the context of the call, which
// every wrapper of a driver passes on, and so does the variable: the rows that the driver gives
// have one column, and Next stores the record where the request says, by the bytes that came.

// recordRequest asks the driver for whole records. One call of the program makes it and reads
// by it, in one goroutine.
type recordRequest struct {
	callRequest
	live    bool // it is a LIVE SELECT, whose notifications hold the records
	typ     *destType
	into    scanInto
	methods bool // decoding calls methods of the program's

	dest  variable.Ref // where the next record goes, empty and of type typ; invalid unless one is asked for
	came  bool         // a record has come that the reader has not seen
	left  int          // how many more are known to come
	raw   []byte       // the record, where the reader is to decode it
	texts box.Texts    // of such records
	d     cbor.Decoder // of the record
	err   error        // why it could not be stored
}

func newRecordRequest(text string, t reflect.Type, strict bool) *recordRequest {
	return &recordRequest{callRequest: callRequest{text: text}, typ: destOf(t), into: scanInto{strict: strict}, methods: calls(reflect.PointerTo(t))}
}

// claim takes the request for the rows of a text, or returns nil.
func (r *recordRequest) claim(text string) *recordRequest {
	if r == nil || !r.claimFor(text) {
		return nil
	}
	return r
}

// unclaim is for a call that gives no rows: database/sql may make it again.
func (r *recordRequest) unclaim() {
	if r != nil {
		r.claimed.Store(false)
	}
}

var errReadAhead = errors.New("surrealsql: a wrapper of the driver reads rows before they are asked for: then they cannot be read as records, use Scan")

// takeAtHand stores the record that d stands before, if it lies ready in whole and is as it should
// be. Else it returns false and has done nothing: then its bytes are to be found first.
func (r *recordRequest) takeAtHand(d *cbor.Decoder, values decoding) bool {
	if r.methods || r.expect(values) != nil {
		return false
	}
	bytes := d.Rest()
	if r.decode(bytes) != nil {
		r.dest.Value(r.typ.typ).SetZero()
		r.came = false
		return false
	}
	d.Advance(len(bytes) - len(r.d.Rest()))
	r.err = nil
	return true
}

// take stores a record, whose bytes are well-formed and valid for the call. Next calls it, and
// database/sql holds the lock of the connection meanwhile: where decoding may call a method of
// the program's, which may use that connection, it is left to the reader. An error is that of
// the destination, not of the rows.
func (r *recordRequest) take(raw []byte, values decoding) error {
	if err := r.expect(values); err != nil {
		return err
	}
	if r.methods {
		r.raw = append(r.raw[:0], raw...)
		r.into.values.boxes, r.into.texts = nil, &r.texts // others may use the connection, whose the boxes are
		return nil
	}
	r.err = r.decode(raw)
	return nil
}

// expect notes that a record has come.
func (r *recordRequest) expect(values decoding) error {
	if r.came || !r.dest.IsValid() {
		return errReadAhead
	}
	r.came = true
	r.into.values, r.into.texts = values, values.boxes.Texts()
	return nil
}

func (r *recordRequest) decode(raw []byte) error {
	r.d.Reset(raw)
	r.into.depth = 0
	return r.into.record(&r.d, r.dest, r.typ)
}

var errNotRecords = errors.New("surrealsql: the rows are not read as records, because the driver has not been asked for that: the Querier is of another driver, or what is between has dropped the call's context or changed its text")

// finish tells the reader, to whom Next has said that there is a row, what became of it.
func (r *recordRequest) finish() error {
	if !r.came {
		return errNotRecords
	}
	r.came = false
	if r.methods {
		r.err = r.decode(r.raw)
	}
	r.dest = variable.Ref{} // until the reader asks for the next one
	if r.err != nil {
		return unfit(r.typ.typ, r.err)
	}
	return nil
}

// record stores a row, before which d stands, in dst, which is empty and of type t.
func (s *scanInto) record(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	if isObject(d) && t.one {
		return s.onlyField(d, dst, t)
	}
	return s.whole(d, dst, t)
}

// onlyField stores the value of a record's only field.
func (s *scanInto) onlyField(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	if n != 1 {
		return fmt.Errorf("a record of %d fields does not fit in a %s: name one of them, or SELECT VALUE", n, t.typ)
	}
	key, err := d.Text()
	if err != nil {
		return undecodable(err)
	}
	if err := s.whole(d, dst, t); err != nil {
		return atField(key, err)
	}
	return nil
}

// whole stores a value that is a row's. Unlike a field it may be nothing only where dst can say
// so, as database/sql has it.
func (s *scanInto) whole(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	if !isNothing(d) || t.nothing {
		return s.decode(d, dst, t)
	}
	if scanner, ok := dst.Value(t.typ).Addr().Interface().(sql.Scanner); ok {
		if err := scanner.Scan(nil); err != nil {
			return err
		}
		return undecodable(d.Skip())
	}
	return fmt.Errorf("NULL or NONE is nothing that a %s can hold: read a *%[1]s, a sql.Null[%[1]s] or a surrealsql.Value[%[1]s]", t.typ)
}
