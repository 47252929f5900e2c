package surrealsql

import (
	"database/sql/driver"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
)

// The rows of a result set that come in blocks (SurrealDB 4.0), in the place of an array.

// blockRows reads a block, or the blocks of a stream one after the other. It is the
// connection's, and goes from one result set to the next.
type blockRows struct {
	rows   shaped.Rows
	scope  *shaped.Scope // own, or that of the stream
	own    shaped.Scope
	known  *knownFit
	fit    *fit                   // of the rows that are read
	others map[*shaped.Shape]*fit // of other shapes in this result

	records *recordFit // of the rows that are read as records, or nil
	scratch []byte     // a value as CBOR that lies otherwise in the row
}

// open is for a new result set.
func (b *blockRows) open(known *knownFit, stream *shaped.Scope) {
	b.known, b.fit, b.others, b.records = known, known.Load(), nil, nil
	b.own.Reset()
	if b.scope = stream; stream == nil {
		b.scope = &b.own
	}
	if b.fit != nil {
		b.scope.Likely = b.fit.shape
	}
	b.scratch = forNext(b.scratch)
}

// begin reads the head of a block and returns how many rows of one shape it begins with: 0
// where it has none.
func (b *blockRows) begin(d *cbor.Decoder) (int, error) {
	tag, err := d.Tag()
	if err == nil {
		err = b.rows.Open(d, b.scope)
	}
	if err != nil {
		return 0, fmt.Errorf("rows in a block (CBOR tag %d): %w", tag, err)
	}
	return b.rows.Batch(d)
}

// beginRows makes d stand before the first row of an array, or of a block, and returns how many
// there are, as ArrayLen does.
func beginRows(d *cbor.Decoder, block *blockRows) (int, error) {
	if block == nil {
		return d.ArrayLen()
	}
	return block.begin(d)
}

// messagesOf returns what a block has, and what follows it.
func messagesOf(d *cbor.Decoder) (messages, rest []byte, err error) {
	if _, err := d.Tag(); err != nil {
		return nil, nil, err
	}
	return shaped.Messages(d)
}

// take consumes a row.
func (b *blockRows) take(d *cbor.Decoder) (shaped.Row, error) {
	row, err := b.rows.Row(d)
	if err == nil {
		b.rows.Take(d, row)
	}
	return row, err
}

// fitOf is the fit of a layout for the rows that are read.
func (b *blockRows) fitOf(l *layout, columns int) *fit {
	shape := b.rows.Shape()
	if b.fit != nil && b.fit.shape == shape && b.fit.layout == l {
		return b.fit
	}
	return b.fitAnew(l, shape, columns)
}

// maxKnownShape is how large a shape may be that is kept with a text, in bytes: one of a
// thousand columns is. What texts hold is bounded otherwise (maxAnalysisBytes).
const maxKnownShape = 64 << 10

// remember keeps a fit for the next answer to the text.
func (b *blockRows) remember(f *fit) {
	if len(f.shape.Announcement()) <= maxKnownShape {
		b.known.Store(f)
	}
}

// maxFits bounds what is kept of a result whose rows come in many shapes. The server makes some
// twenty for a statement at the most (4.0.0-beta.1); a thousand columns of each are 100 KB.
const maxFits = 64

func (b *blockRows) fitAnew(l *layout, shape *shaped.Shape, columns int) *fit {
	f := b.others[shape]
	if f == nil || f.layout != l {
		f = makeFit(l, shape, columns)
		switch {
		case b.others == nil:
			b.others = make(map[*shaped.Shape]*fit)
			b.remember(f)
		case len(b.others) == maxFits:
			clear(b.others)
		}
		b.others[shape] = f
	}
	b.fit = f
	return f
}

// nextOfBlock decodes the row that d stands on.
func (s *resultSet) nextOfBlock(d *cbor.Decoder, dest []driver.Value) error {
	row, err := s.block.take(d)
	if err == nil {
		f := s.block.fitOf(s.layout, len(s.columns))
		var keys oddKeys
		if keys, err = f.decode(row, dest, s.values, &s.block.scratch, s.checksKeys()); err == nil {
			err = s.checkKeys(keys, row)
		}
	}
	return s.rowError(err)
}

// checksKeys reports whether the keys of the next row are to be compared with the columns.
func (s *resultSet) checksKeys() bool { return !s.verified || s.asFirst }

// checkKeys is what is wrong with the keys of a row that has been read.
func (s *resultSet) checkKeys(keys oddKeys, row shaped.Row) error {
	switch {
	case s.asFirst && keys.stray != "":
		return s.errNewKey(keys.stray)
	case s.verified:
		return nil
	}
	err := keys.err()
	s.verified = err == nil && isObjectRow(row)
	return err
}

// isObjectRow is isObject for a row of a block.
func isObjectRow(row shaped.Row) bool {
	if !row.Shape.Single {
		return true
	}
	item := row.Var(row.Shape.Rest)
	return len(item) > 0 && cbor.KindOf(item[0]) == cbor.KindMap
}

// rowAsCBOR returns the row that d stands on as CBOR, which is valid until the next row.
func (b *blockRows) rowAsCBOR(d *cbor.Decoder) ([]byte, error) {
	row, err := b.rows.Row(d)
	if err != nil {
		return nil, err
	}
	b.scratch, err = row.AppendCBOR(b.scratch[:0])
	return b.scratch, err
}

// openStarOfBlock lays out whole records, as openStar does. Where the rows of a shape all have the
// same keys, the shape tells them.
func (s *resultSet) openStarOfBlock() error {
	if f := s.block.fit; f != nil && f.columns != nil {
		if alone, err := s.hasOnly(f.shape); alone || err != nil {
			s.columns, s.layout = f.columns, f.layout
			return err
		}
	}
	keys, plain, only, err := s.keysOfBlock()
	if err != nil {
		return err
	}
	s.layOutKeys(keys, plain)
	if only != nil {
		s.block.learn(makeFit(s.layout, only, len(s.columns)), s.columns)
	}
	return nil
}

// openStarOfStream lays out whole records by the shape of the first of them, which are still
// arriving: all are to have the same keys.
func (s *resultSet) openStarOfStream() {
	s.asFirst = true
	if f := s.block.fit; f != nil && f.columns != nil && f.shape == s.block.rows.Shape() {
		s.columns, s.layout = f.columns, f.layout
		return
	}
	keys := make(map[string]struct{})
	addKeysOfShape(keys, s.block.rows.Shape())
	s.layOutKeys(keys, false)
	s.block.learn(makeFit(s.layout, s.block.rows.Shape(), len(s.columns)), s.columns)
}

// learn keeps a fit whose columns the shape has given.
func (b *blockRows) learn(f *fit, columns []string) {
	f.columns, b.fit = columns, f
	b.remember(f)
}

// errNewKey is of a record that has a key which those before it had not, when its columns
// have been told already.
func (s *resultSet) errNewKey(key string) error {
	s.reply.query.starStreams.Store(false)
	return fmt.Errorf("%w: a record has the field %q, which the first ones had not, and they were read before it had arrived: name the columns, or call again, for this text's records are kept from now on until all of them are here", ErrAmbiguousColumns, key)
}

// eachBatch visits the batches of the block: how many rows each has, of which the next is the
// first. What visit leaves of them is passed over.
func (s *resultSet) eachBatch(visit func(rows int) error) error {
	err := s.rewind()
	for n := s.left; n > 0 && err == nil; {
		if err = visit(n); err == nil {
			err = s.block.rows.Pass(&s.memory)
		}
		if err == nil {
			n, err = s.block.rows.Batch(&s.memory)
		}
	}
	return err
}

// hasOnly reports whether there are rows, and all of one shape.
func (s *resultSet) hasOnly(shape *shaped.Shape) (alone bool, err error) {
	others, total := false, 0
	err = s.eachBatch(func(rows int) error {
		others = others || s.block.rows.Shape() != shape
		total += rows
		return nil
	})
	return total > 0 && !others, err
}

// keysOfBlock returns the keys of all rows, and whether there are rows that are no objects. only
// is the shape of all rows, where that alone tells their keys.
func (s *resultSet) keysOfBlock() (keys map[string]struct{}, plain bool, only *shaped.Shape, err error) {
	keys = make(map[string]struct{})
	alone := true
	err = s.eachBatch(func(rows int) error {
		shape := s.block.rows.Shape()
		alone = alone && (only == nil || only == shape)
		only = shape
		if shape.Exact() {
			addKeysOfShape(keys, shape)
			return nil
		}
		alone = false
		for range rows {
			row, err := s.block.take(&s.memory)
			if err != nil {
				return err
			}
			object, err := addKeysOf(keys, row)
			if err != nil {
				return err
			}
			plain = plain || !object
		}
		return nil
	})
	if !alone {
		only = nil
	}
	return keys, plain, only, err
}

func addKeysOfShape(keys map[string]struct{}, shape *shaped.Shape) {
	for i := 0; i < len(shape.Columns); i = shape.Columns[i].Next {
		keys[shape.Columns[i].Name] = struct{}{}
	}
}

// addKeysOf adds the keys of a row, and reports whether it is an object.
func addKeysOf(keys map[string]struct{}, row shaped.Row) (object bool, err error) {
	shape := row.Shape
	add := func(key []byte) {
		if _, known := keys[string(key)]; !known {
			keys[string(key)] = struct{}{}
		}
	}
	if shape.Single {
		item, err := row.Item(shape.Rest)
		if err != nil || len(item) == 0 || cbor.KindOf(item[0]) != cbor.KindMap {
			return false, err
		}
		return true, eachKey(item, add)
	}
	for i := 0; i < len(shape.Columns); i = shape.Columns[i].Next {
		if c := &shape.Columns[i]; row.State(c) != shaped.Absent {
			keys[c.Name] = struct{}{}
		}
	}
	var others cbor.Decoder
	if more, err := row.Remainder(&others, shape.Rest); err != nil || !more {
		return true, err
	}
	return true, eachKey(others.Rest(), add)
}
