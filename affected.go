package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// countRecords adds up the records that a text's statements touched. The server
// tells no such count; Exec asks for one null a record, and those are counted. Where a
// statement may have written what its result does not tell, RowsAffected says so: its
// text has run, so that Exec is no error.
func (a *answer) countRecords() driver.Result {
	if err := a.align(); err != nil {
		return uncounted{err}
	}
	total := result(0)
	for i := range a.entries {
		s := &a.query.Statements[a.at[i]]
		n, err := countEntry(s.Counting(), a.entries[i].result)
		if err != nil {
			return uncounted{fmt.Errorf("surrealsql: how many records statement %d (%s) wrote is not known: %w", a.at[i]+1, s.Kind, err)}
		}
		total += n
	}
	return total
}

var errUncounted = errors.New("SurrealDB tells no counts, and Exec counts CREATE, INSERT, RELATE, UPDATE, UPSERT and DELETE that are statements of their own, do not say RETURN NONE and stand behind no OPTION IMPORT: write it so, or return the number and use QueryRow")

func countEntry(how surrealql.Counting, raw []byte) (result, error) {
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
	case how != surrealql.CountOne && how != surrealql.CountFound:
		return 0, errUncounted
	case kind == cbor.KindTag:
		tag, err := d.Tag()
		if err != nil || tag != literal.TagNone {
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
