package surrealsql

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// What an insertion fails with: which rows are in force, and which one is at fault.

// RowRange is a range of rows, by their indexes from 0: From is the first of them, To is the
// one after the last.
type RowRange struct{ From, To int }

// String says which rows these are, both ends included.
func (r RowRange) String() string {
	if r.To == r.From+1 {
		return fmt.Sprintf("row %d", r.From)
	}
	return fmt.Sprintf("rows %d to %d", r.From, r.To-1)
}

// InsertError is an error of [Insert]. errors.Is and errors.As find Err.
//
// [IsRetryable] is false where rows are in force, because inserting all of them again would
// write those twice.
type InsertError struct {
	Table string
	// Batch are the rows of the statement that failed, the first of several; empty where
	// none did: the iterator or the context ended the insertion.
	Batch RowRange
	// Row is the index of the row at fault, from 0, and ID its record, where it has an id
	// of its own. Row is -1 where it is not known.
	Row int
	ID  RecordID
	// Done are the rows that were inserted. Unknown are those of which that is not known,
	// because the connection was lost before the answer came: errors.Is(err,
	// ErrOutcomeUnknown) holds then. All others were not. Both are in order. In a
	// transaction, which can only be rolled back now, none are in force.
	Done, Unknown []RowRange
	Err           error

	inTx bool
}

// Error says what failed, where, and which rows are in force.
func (e *InsertError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "surrealsql: inserting into %s: ", e.Table)
	if e.Row >= 0 {
		fmt.Fprintf(&b, "row %d", e.Row)
		if e.ID != "" {
			fmt.Fprintf(&b, " (%s)", e.ID)
		}
		if e.Batch.To > e.Batch.From+1 {
			fmt.Fprintf(&b, " of %s", e.Batch)
		}
		b.WriteString(": ")
	} else if e.Batch.To > 0 {
		fmt.Fprintf(&b, "%s: ", e.Batch)
	}
	b.WriteString(strings.TrimPrefix(e.Err.Error(), "surrealsql: "))
	switch {
	case e.inTx:
	case len(e.Done) > 0:
		fmt.Fprintf(&b, "; in force: %s", listRanges(e.Done))
	case len(e.Unknown) == 0:
		b.WriteString("; no row is in force")
	}
	if len(e.Unknown) > 0 && !e.inTx {
		fmt.Fprintf(&b, "; not known: %s", listRanges(e.Unknown))
	}
	return b.String()
}

// listRanges names the first few of some ranges.
func listRanges(all []RowRange) string {
	const most = 4
	var names []string
	for _, r := range all[:min(len(all), most)] {
		names = append(names, r.String())
	}
	if len(all) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

// Unwrap returns Err.
func (e *InsertError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrOutcomeUnknown] and some rows' outcome is.
func (e *InsertError) Is(target error) bool {
	switch target {
	case ErrOutcomeUnknown:
		return len(e.Unknown) > 0
	case errInForce:
		return len(e.Done) > 0 && !e.inTx
	}
	return false
}

// outcome is the error of an insertion, whose source may have ended with one, or nil.
func (in *insertion) outcome(source error) error {
	e := in.err
	switch {
	case e != nil:
	case source != nil:
		e = &InsertError{Table: in.table, Row: -1, Err: source}
	default:
		return nil
	}
	e.Done, e.Unknown, e.inTx = in.done, in.unknown, in.inTx
	return e
}

// isOfData reports whether an error is that of a record, so that one of a batch has it.
func isOfData(err error) bool {
	_, answered := errors.AsType[*Error](err)
	return answered && (IsInvalid(err) || IsDuplicate(err) || IsThrown(err))
}

// locate finds which row of a statement is at fault: one that could not be encoded, the one
// that the server names, or the last of the fewest that the server does not take. The server
// inserts rows in their order, so that is one, however many follow it that it would not take
// either. In a transaction it cannot be asked.
func (in *insertion) locate(e *InsertError, rows reflect.Value, batch *rowBatch) {
	at := batch.bad
	if at < 0 && isOfData(e.Err) {
		if at = in.named(e.Err, rows); at < 0 && !batch.inTx {
			at = in.search(rows)
		}
	}
	if at < 0 {
		return
	}
	e.Row, e.ID = e.Batch.From+at, in.idOf(rows.Index(at))
}

// named finds the only row with the id that an error names as its record, or returns -1.
func (in *insertion) named(err error, rows reflect.Value) int {
	server, ok := errors.AsType[*Error](err)
	if !ok || server.Record == "" || server.Is(ErrDuplicate) && server.Value != "" { // of an index: that record was there before
		return -1
	}
	id, failed := ParseRecordID(server.Record)
	if failed != nil {
		return -1
	}
	found := -1
	for i := range rows.Len() {
		if in.idOf(rows.Index(i)) != id {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// search finds the last of the fewest rows that the server does not take, or returns -1.
func (in *insertion) search(rows reflect.Value) int {
	most := rows.Len()
	few, many := 0, most // it takes the few first, and not so many
	for many-few > 1 {
		n := few + (many-few)/2
		takes, known := in.dryRun(rows.Slice(0, n))
		if !known {
			return -1
		}
		if takes {
			few = n
		} else {
			many = n
		}
	}
	if many == most { // it has not been asked about all: meanwhile it may take them
		if takes, known := in.dryRun(rows); takes || !known {
			return -1
		}
	}
	return many - 1
}

// idOf is the record id that a row has, or "".
func (in *insertion) idOf(row reflect.Value) RecordID {
	raw, err := appendElem(nil, row, encoding{sized: true}, maxDepth)
	if err != nil {
		return ""
	}
	var d cbor.Decoder
	d.Reset(raw)
	if found, err := d.Find("id"); !found || err != nil {
		return ""
	}
	key, err := decodeExact(&d)
	if err != nil {
		return ""
	}
	switch key := key.(type) {
	case RecordID:
		return key
	case nil, NoneType:
		return ""
	}
	id, err := NewRecordID(in.table, key)
	if err != nil {
		return ""
	}
	return id
}
