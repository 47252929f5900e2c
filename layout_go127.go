//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Since Go 1.27 a row is located: where the values of its columns lie is noted, and each
// is decoded when it is asked for. These are the twins of the methods in layout.go that
// decode a row; why there are two is said at decodeInTurn.

// span is where in a row the value of a column lies. The zero span is a value
// that is missing.
type span struct{ from, to int }

// locate notes where the columns of the row lie, counted from the decoder's position. What
// it skips is well-formed, and not deeper than Skip allows.
func (l *layout) locate(d *cbor.Decoder, spans []span, values decoding) error {
	if kind, err := d.PeekKind(); err != nil {
		return err
	} else if kind != cbor.KindMap || l.always {
		return l.locateWhole(d, spans, values)
	}
	keys, err := l.locateObject(d, d.Offset(), spans)
	if err == nil && keys.missing > 0 {
		err = keys.err()
	}
	return err
}

// locateObject is decodeObject without decoding. Spans are counted from start.
func (l *layout) locateObject(d *cbor.Decoder, start int64, spans []span) (keys oddKeys, err error) {
	n, err := d.MapLen()
	if err != nil {
		return keys, err
	}
	done := 0
	if n == len(l.targets) { // nearly every row
		done, err = l.locateInTurn(d, start, spans)
		if err != nil || done == n {
			return keys, err
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
func (l *layout) locateRest(d *cbor.Decoder, n, first int, start int64, spans []span) (keys oddKeys, err error) {
	keys.missing = len(l.targets) - first
	for hint := first; ; {
		more, err := d.More(&n)
		if err != nil || !more {
			return keys, err
		}
		i, err := l.nextTarget(d, hint, &keys.stray)
		if err != nil {
			return keys, err
		}
		from := int(d.Offset() - start)
		if err := d.Skip(); err != nil {
			return keys, err
		}
		if i >= 0 {
			hint = i + 1
			keys.missing--
			spans[l.targets[i].first] = span{from, int(d.Offset() - start)}
		}
	}
}

// locateWhole is decodeWhole without decoding, unless for an error.
func (l *layout) locateWhole(d *cbor.Decoder, spans []span, values decoding) error {
	if l.whole < 0 {
		return l.decodeWhole(d, nil, values)
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
	if found, err := d.Find(step); !found {
		return span{}, err
	}
	from := at.from + int(d.Offset())
	err := d.Skip()
	return span{from, at.from + int(d.Offset())}, err
}

// located is the row that ScanColumn reads. Its bytes lie where the decoder has
// read them and are valid until it reads on.
type located struct {
	row   []byte
	spans []span // by column; empty when there is no row
	cell  column // that is being scanned, kept here because it would escape

	fit     *fit   // of a row in a block, else nil: where the columns lie that have no span
	scratch []byte // the value of such a column as CBOR
}

// reuse forgets the row, and leaves what the next ones can use.
func (l *located) reuse() {
	if l.row == nil && len(l.spans) == 0 {
		return // it is done already
	}
	l.row, l.fit, l.spans, l.scratch, l.cell = nil, nil, l.spans[:0], forNext(l.scratch), column{}
}

// detach moves the row out of the connection's buffer.
func (l *located) detach() { l.row = bytes.Clone(l.row) }

// open prepares for a row of so many columns, all of them missing.
func (l *located) open(columns int) {
	if l.fit != nil {
		l.fit = nil
	}
	if cap(l.spans) < columns {
		l.spans = make([]span, columns)
		return
	}
	l.spans = l.spans[:columns]
	clear(l.spans)
}
