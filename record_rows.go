package surrealsql

import (
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
)

// The rows of a result set that are read as whole records, as a recordRequest says.

// openRecords lets the result, and what its rows are to be stored in, decide: an array is rows,
// unless the destination takes an array itself, or anything and some element is no object.
func (s *resultSet) openRecords(kind cbor.Kind) error {
	s.openValue()
	switch t := s.records.typ; {
	case s.single:
		return nil
	case t.how == asAny:
		return s.openDynamic(kind)
	case !t.list:
		return nil
	}
	s.single = true
	if s.block != nil {
		return s.flatten()
	}
	return nil
}

// nextRecord stores one row as the request says.
func (s *resultSet) nextRecord() error {
	d, err := s.row()
	if err != nil {
		return err
	}
	q := s.records
	if q.left = max(s.left, 0); s.single {
		q.left = 0
	}
	if s.block != nil {
		return s.rowError(s.block.storeRecord(d, q, s.values))
	}
	if q.takeAtHand(d, s.values) {
		return nil
	}
	raw, err := d.Raw()
	if err != nil {
		return s.rowError(err)
	}
	return q.take(raw, s.values)
}

// storeRecord stores the row that d stands on.
func (b *blockRows) storeRecord(d *cbor.Decoder, q *recordRequest, values decoding) error {
	row, err := b.take(d)
	if err != nil {
		return err
	}
	if f := b.recordFitOf(row.Shape, q.typ); !q.methods && f.fits(row, q.into.strict) {
		return q.takeSlots(row, f, values, &b.scratch)
	}
	var raw []byte
	if row.Shape.Single {
		raw, err = row.Item(row.Shape.Rest)
	} else {
		raw, err = row.AppendCBOR(b.scratch[:0])
		b.scratch = raw
	}
	if err != nil {
		return err
	}
	return q.take(raw, values)
}

func (q *recordRequest) takeSlots(row shaped.Row, f *recordFit, values decoding, scratch *[]byte) (err error) {
	if err := q.expect(values); err != nil {
		return err
	}
	err, q.err = q.into.shapedRecord(row, q.dest, f, &q.d, scratch)
	return err
}

// recordFitOf is the fit of a type for the rows that are read.
func (b *blockRows) recordFitOf(shape *shaped.Shape, t *destType) *recordFit {
	if f := b.records; f != nil && f.shape == shape && f.typ == t {
		return f
	}
	if b.records == nil && (b.fit == nil || b.fit.shape != shape) {
		b.remember(makeFit(wholeRow, shape, 1)) // the next answer's shape need not be read again
	}
	b.records = makeRecordFit(shape, t)
	return b.records
}
