package surrealsql

import (
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// countRecords adds up the records that a text's statements touched. The server
// tells no such count; Exec asks for one null a record, and those are counted.
func (a *answer) countRecords() (result, error) {
	if err := a.align(); err != nil {
		return 0, nil // the text ran; what it touched cannot be told
	}
	total := result(0)
	for i := range a.entries {
		n, err := countEntry(a.query.Statements[a.at[i]].Counting(), a.entries[i].result)
		if err != nil {
			return 0, fmt.Errorf("surrealsql: counting the records of statement %d: %w", a.at[i]+1, err)
		}
		total += n
	}
	return total, nil
}

func countEntry(how surrealql.Counting, raw []byte) (result, error) {
	var d cbor.Decoder
	d.Reset(raw)
	kind, err := d.PeekKind()
	if err != nil {
		return 0, err
	}
	switch {
	case how == surrealql.CountOne && kind == cbor.KindTag:
		if tag, err := d.Tag(); err != nil || tag == literal.TagNone {
			return 0, err // there was no such record
		}
		return 1, nil
	case how == surrealql.CountOne:
		return 1, nil // the null that was asked for, or what the text returns
	case how == surrealql.CountElements && kind == cbor.KindArray:
		return countElements(&d)
	}
	return 0, nil
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
