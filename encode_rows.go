package surrealsql

import (
	"database/sql"
	"errors"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// The records of one INSERT of many (bulk.go), as an argument. How many of them go is found
// while they are encoded, so nothing is encoded twice; and what came of it is written down
// here, where who made the call finds it, whatever wrapper of the driver lies between.

// rowBatch is an argument that is a list of records, as many as fit.
type rowBatch struct {
	rows  any // a slice
	bytes int // it ends with the record that brings it to so many

	sent int  // how many of the rows went
	bad  int  // the index of one that cannot be sent, or -1
	inTx bool // it went in a transaction
}

// rowsArgument binds a batch to the $rows of a text.
func rowsArgument(r *rowBatch) sql.NamedArg { return sql.Named("rows", r) }

var errNoRecord = errors.New("it is nil: expected a struct, a map or a pointer to one")

// append appends the rows that fit: one at least. database/sql may call for it more than once,
// where a connection turns out to be dead before anything was sent.
func (r *rowBatch) append(b []byte, enc encoding) ([]byte, error) {
	r.sent, r.bad = 0, -1
	if enc.blocks {
		out, n, ok, err := appendBlock(b, r.rows, enc, r.bytes)
		if ok {
			return r.appended(out, n, err)
		}
		b = out[:len(b)]
	}
	return r.appended(appendRecords(b, reflect.ValueOf(r.rows), enc, r.bytes))
}

func (r *rowBatch) appended(b []byte, n int, err error) ([]byte, error) {
	if r.sent = n; err != nil {
		r.sent, r.bad = 0, n
	}
	return b, err
}

// appendRecords appends the elements of a slice up to the one that brings them to so many bytes.
// n is how many these are, or the index of the one that err is of.
func appendRecords(b []byte, list reflect.Value, enc encoding, bytes int) (_ []byte, n int, err error) {
	start := len(b)
	b = cbor.AppendOpenArray(b)
	for ; n < list.Len() && (n == 0 || len(b)-start < bytes); n++ {
		v := list.Index(n)
		if isNilRecord(v) {
			return b, n, errNoRecord
		}
		if b, err = appendElem(b, v, enc, maxDepth-1); err != nil {
			return b, n, err
		}
	}
	return cbor.AppendBreak(b), n, nil
}

// isNilRecord reports whether an element of a list is no record, but nothing.
func isNilRecord(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Pointer:
		return v.IsNil()
	case reflect.Interface:
		return v.IsNil() || isNilRecord(v.Elem())
	}
	return false
}
