//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Since Go 1.27 database/sql asks for one column at a time and shows where it
// goes, so that nothing is boxed on the way. Wrappers that know only
// driver.Rows still use Next.

var _ driver.RowsColumnScanner = (*rows)(nil)

// located is the row that ScanColumn reads. Its bytes lie where the decoder has
// read them and are valid until it reads on.
type located struct {
	row   []byte
	spans []span // by column; empty when there is no row
	cell  column // that is being scanned, kept here because it would escape
}

// span is where in a row the value of a column lies. The zero span is a value
// that is missing.
type span struct{ from, to int }

// reusable is what the next rows can use.
func (l *located) reusable() located { return located{spans: l.spans[:0]} }

// detach moves the row out of the connection's buffer.
func (l *located) detach() { l.row = bytes.Clone(l.row) }

// open prepares for a row of so many columns, all of them missing.
func (l *located) open(columns int) {
	if cap(l.spans) < columns {
		l.spans = make([]span, columns)
		return
	}
	l.spans = l.spans[:columns]
	clear(l.spans)
}

// NextRow finds the columns of the next row and decodes nothing: a value that
// this driver does not know is an error of ScanColumn.
func (r *rows) NextRow() error {
	if r.scans == 0 {
		r.left = nil
	}
	if r.cursor == nil {
		return io.EOF
	}
	r.open(len(r.set.columns))
	if err := r.set.locate(&r.located); err != nil {
		r.located = r.reusable()
		return r.judge(err)
	}
	r.count++
	return nil
}

// ScanColumn decodes a column of the row into dest. What Rows.Scan could do with
// the value that Next gives, it does with the same result; beyond that it fills
// what Into fills.
func (r *rows) ScanColumn(ctx driver.ScanContext, index int, dest any) error {
	row := r.current(index)
	if row == nil {
		return errors.New("surrealsql: the rows are closed")
	}
	if uint(index) >= uint(len(row.spans)) {
		return fmt.Errorf("surrealsql: there is no column %d in a row of %d", index, len(row.spans))
	}
	raw := missing
	if at := row.spans[index]; at.to > 0 {
		raw = row.row[at.from:] // more than the value, which its first bytes delimit
	}
	if quick(raw, dest) {
		return nil
	}
	row.cell.d.Reset(raw)
	if done, err := row.cell.plain(dest); done {
		return r.unscanned(undecodable(err))
	}
	r.scans++
	defer r.scanned()
	return r.unscanned(row.cell.scanRare(ctx, dest))
}

// unscanned is afterWrite, unless the destination has closed the rows.
func (r *rows) unscanned(err error) error {
	if err == nil || r.cursor == nil {
		return err
	}
	return r.afterWrite(err)
}

func (r *rows) scanned() { r.scans-- }

// missing is what a column holds whose key the row lacks: null.
var missing = []byte{0xf6}

// locate walks the next row.
func (s *resultSet) locate(to *located) error {
	d, err := s.row()
	if err != nil {
		return err
	}
	d.Hold()
	object := !s.placed && isObject(d)
	if err = s.layout.locate(d, to.spans, s.read); s.stray(err) {
		err = nil
	}
	s.placed = s.placed || object && err == nil
	to.row = d.Held()
	for i := 0; s.layout.nested && err == nil && i < len(s.layout.targets); i++ {
		err = s.layout.targets[i].locate(to.row, to.spans)
	}
	return s.judge(err)
}

// locate notes where behind the decoder's position the columns of the row lie. What it
// skips is well-formed, and not deeper than that allows.
func (l *layout) locate(d *cbor.Decoder, spans []span, read reader) error {
	if kind, err := d.PeekKind(); err != nil {
		return err
	} else if kind != cbor.KindMap || l.always {
		return l.locateWhole(d, spans, read)
	}
	start := d.Offset()
	n, err := d.MapLen()
	if err != nil {
		return err
	}
	done := 0
	if n == len(l.targets) { // nearly every row
		done, err = l.locateInTurn(d, start, spans)
		if err != nil || done == n {
			return err
		}
	}
	return l.locateRest(d, n-done, done, start, spans)
}

// locateInTurn locates keys for as long as each is that of the next target, and returns
// how many were.
func (l *layout) locateInTurn(d *cbor.Decoder, start int64, spans []span) (int, error) {
	b, at, base := d.Rest(), 0, int(d.Offset()-start)
	for i := range l.targets {
		t := &l.targets[i]
		from := at + t.known.Size(b[at:])
		if from == at {
			d.Advance(at)
			return i, nil
		}
		if size := cbor.ShortSize(b[from:]); size > 0 {
			at = from + size
			spans[t.first] = span{base + from, base + at}
			continue
		}
		d.Advance(from)
		if err := d.Skip(); err != nil {
			return i, err
		}
		from += base
		b, at, base = d.Rest(), 0, int(d.Offset()-start)
		spans[t.first] = span{from, base}
	}
	d.Advance(at)
	return len(l.targets), nil
}

// locateRest locates n keys, those of the first targets being located.
func (l *layout) locateRest(d *cbor.Decoder, n, first int, start int64, spans []span) error {
	missing, stray := len(l.targets)-first, ""
	for hint := first; ; {
		more, err := d.More(&n)
		if err == nil && !more {
			return misplaced(missing, stray)
		}
		if err != nil {
			return err
		}
		i, err := l.nextTarget(d, hint, &stray)
		if err != nil {
			return err
		}
		from := int(d.Offset() - start)
		if err := d.Skip(); err != nil {
			return err
		}
		if i >= 0 {
			hint = i + 1
			missing--
			spans[l.targets[i].first] = span{from, int(d.Offset() - start)}
		}
	}
}

// locateWhole is decodeWhole without decoding, unless for an error.
func (l *layout) locateWhole(d *cbor.Decoder, spans []span, read reader) error {
	if l.whole < 0 {
		return l.decodeWhole(d, nil, read)
	}
	start := d.Offset()
	err := d.Skip()
	spans[l.whole] = span{0, int(d.Offset() - start)}
	return err
}

// locate finds the columns that are fed from within the value of a key. The
// span of the first is that of the whole value.
func (t *target) locate(row []byte, spans []span) (err error) {
	if t.column >= 0 {
		return nil
	}
	whole := spans[t.first]
	for _, c := range t.cells {
		at := whole
		for _, step := range c.path {
			if at, err = stepInto(row, at, step); err != nil {
				return err
			}
		}
		spans[c.column] = at
	}
	return nil
}

// stepInto finds a key of an object that lies in a row, as decodeAt does.
func stepInto(row []byte, at span, step string) (span, error) {
	if at.to == 0 {
		return at, nil
	}
	var d cbor.Decoder
	d.Reset(row[at.from:at.to])
	if kind, err := d.PeekKind(); err != nil || kind != cbor.KindMap {
		return span{}, err
	}
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var key []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		found := string(key) == step
		from := at.from + int(d.Offset())
		if err = d.Skip(); found {
			return span{from, at.from + int(d.Offset())}, err
		}
	}
	return span{}, err
}

// shown is of use before Go 1.27, where Scan refuses what it takes since.
type shown struct{}

func (shown) show([]driver.Value)            {}
func (shown) hinted(names []string) []string { return names }
func misfitted(_ any, err error) error       { return err }
