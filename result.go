package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// How many records Exec touched.

// result is what Exec returns: the number of records that its statements
// touched.
type result int64

// uncounted is what Exec returns where that number is not known.
type uncounted struct{ why error }

var (
	_ driver.Result = result(0)
	_ driver.Result = uncounted{}
)

func (r result) RowsAffected() (int64, error) { return int64(r), nil }

func (u uncounted) RowsAffected() (int64, error) { return 0, u.why }

// LastInsertId has no answer: SurrealDB's ids are records, not integers.
func (r result) LastInsertId() (int64, error) { return 0, errNoInsertID }

func (u uncounted) LastInsertId() (int64, error) { return 0, errNoInsertID }

var errNoInsertID = errors.New("surrealsql: SurrealDB has no integer insert id: add RETURN to the statement and use QueryRow, as in `CREATE person … RETURN VALUE id`")

// countRecords adds up the records that a text's statements touched. The server
// tells no such count; Exec asks for one null a record, and those are counted. Where a
// statement may have written what its result does not tell, RowsAffected says so: its
// text has run, so that Exec is no error.
func (r *reply) countRecords() driver.Result {
	if err := r.align(); err != nil {
		return uncounted{err}
	}
	total := result(0)
	for i := range r.entries {
		at := r.at[i]
		n, err := r.countEntry(i, &r.query.Statements[at], at+1)
		if err != nil {
			return uncounted{err}
		}
		total += n
	}
	return total
}

// countEntry is the number of records that the statement of an aligned entry touched, which
// counts like s. Its error calls the statement by the number that it has to the program.
func (r *reply) countEntry(i int, s *surrealql.Statement, number int) (result, error) {
	n, err := countResult(s.Counting(), r.entries[i].result)
	if err != nil {
		return 0, fmt.Errorf("surrealsql: how many records statement %d (%s) wrote is not known: %w", number, s.Kind, err)
	}
	return n, nil
}

var errUncounted = errors.New("SurrealDB tells no counts, and Exec counts CREATE, INSERT, RELATE, UPDATE, UPSERT and DELETE that are statements of their own, do not say RETURN NONE and come after no OPTION IMPORT: write it so, or return the number and use QueryRow")

func countResult(how surrealql.Counting, raw []byte) (result, error) {
	var d cbor.Decoder
	d.Reset(raw)
	kind, err := d.PeekKind()
	if err != nil {
		return 0, err
	}
	switch {
	case how == surrealql.CountNothing:
		return 0, nil
	case how == surrealql.CountElements && kind == cbor.KindArray:
		return countElements(&d)
	case how == surrealql.CountElements && shaped.IsBlock(&d):
		return countBlock(&d)
	case how != surrealql.CountOne && how != surrealql.CountFound:
		return 0, errUncounted
	case kind == cbor.KindTag:
		tag, err := d.Tag()
		if err != nil || tag != wire.TagNone {
			return 1, err
		}
		if how == surrealql.CountFound {
			return 0, errUncounted
		}
		return 0, nil // there was no such record
	}
	return 1, nil // the null that was asked for, or what the text returns
}

func countElements(d *cbor.Decoder) (result, error) {
	n, err := d.ArrayLen()
	if err != nil || n >= 0 {
		return result(n), err
	}
	count := result(0)
	for {
		more, err := d.More(&n)
		if err != nil || !more {
			return count, err
		}
		if err := d.Skip(); err != nil {
			return count, err
		}
		count++
	}
}

func countBlock(d *cbor.Decoder) (result, error) {
	if _, err := d.Tag(); err != nil {
		return 0, err
	}
	n, err := shaped.Count(d)
	return result(n), err
}
