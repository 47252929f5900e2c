package surrealsql

import (
	"errors"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/surrealql"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// A result set is laid out from two sides: the text tells the author's columns and their
// order, the reply tells the keys that are there.

// open lays out the result of a statement and stands before its first row.
func (s *resultSet) open(q *analysis, statement int, raw []byte) error {
	err := s.openResult(q, statement, raw)
	if err != nil && !errors.Is(err, ErrAmbiguousColumns) {
		return undecodableRow(err)
	}
	return err
}

func (s *resultSet) openResult(q *analysis, statement int, raw []byte) error {
	s.begin()
	s.raw = raw
	kind, none, block, err := s.peek()
	if err != nil {
		return err
	}
	p := &q.Statements[statement].Projection
	if p.Form == surrealql.Nothing && none {
		s.done = true
		return nil
	}
	s.single = p.Shape == surrealql.One || kind != cbor.KindArray
	switch {
	case block && s.single:
		err = s.flatten()
	case block:
		s.openBlock(&q.fits[statement], nil)
	}
	if err != nil {
		return err
	}
	s.done = s.single && none && !s.rowOfNone(p.Form, kind)
	switch form := p.Form; {
	case s.records != nil && form == surrealql.Dynamic:
		err = s.openRecords(kind)
	case s.records != nil:
		s.openValue()
	case form == surrealql.Columns:
		s.columns = q.names[statement]
		err = s.openColumns(p, q.layouts[statement])
	case form == surrealql.Value:
		s.openValue()
	case form == surrealql.Star:
		err = s.openStar()
	default:
		err = s.openDynamic(kind)
	}
	if err != nil {
		return err
	}
	return s.rewind()
}

// rowOfNone reports whether a result that is NONE or NULL is a row, with nil in it. In place
// of a record it is no row, nor is it for who wants a record and nothing else.
func (s *resultSet) rowOfNone(form surrealql.Form, kind cbor.Kind) bool {
	if form == surrealql.Dynamic && s.records != nil && !s.records.typ.nothing {
		return false
	}
	return form == surrealql.Dynamic || form == surrealql.Value && kind == cbor.KindNull
}

// peek tells what the result is. NONE and NULL both count as none, a block as the array that it
// stands for.
func (s *resultSet) peek() (kind cbor.Kind, none, block bool, err error) {
	var d cbor.Decoder
	d.Reset(s.raw)
	kind, err = d.PeekKind()
	if err == nil && kind == cbor.KindTag {
		var tag uint64
		tag, err = d.Tag()
		none, block = tag == wire.TagNone, tag == wire.TagBlock
	}
	if block {
		kind = cbor.KindArray
	}
	return kind, none || kind == cbor.KindNull, block, err
}

// flatten makes an array of a block which, as a whole, is the one row: 4.0 sends every list as
// rows, also that which a RETURN gives.
func (s *resultSet) flatten() error {
	s.memory.Reset(s.raw)
	if _, err := s.memory.Tag(); err != nil {
		return err
	}
	array, err := shaped.AppendArray(nil, &s.memory)
	s.raw, s.flat, s.block = array, true, nil
	return err
}

// openBlock is for rows in blocks. stream is the scope of those that a stream gives, or nil.
func (s *resultSet) openBlock(known *knownFit, stream *shaped.Scope) {
	if s.room == nil {
		s.room = new(blockRows)
	}
	s.block = s.room
	s.block.open(known, stream)
}

func (s *resultSet) openValue() {
	s.columns = justValue
	s.layout = wholeRow
}

// begin is for a new result. A set that was never used has nothing to be cleared,
// and most are the only one.
func (s *resultSet) begin() {
	if s.layout != nil {
		*s = s.without()
	}
	s.layout = noLayout
}

// without is the set without a result.
func (s *resultSet) without() resultSet {
	return resultSet{values: s.values, records: s.records, room: s.room}
}

// openUnread stands before the first row of a reply whose rows are unread.
func (s *resultSet) openUnread(r *reply, statement int) error {
	if r.streamed == nil && !r.stream.Arriving() {
		err := s.open(r.query, statement, r.stream.Decoder().Rest())
		s.source, s.reply = unsettled, r
		return err
	}
	s.begin()
	s.source, s.reply = arriving, r
	var scope *shaped.Scope
	if r.streamed != nil {
		s.source, scope = inFrames, &r.shapes
		s.memory.Reset(r.first)
	}
	if shaped.IsBlock(s.decoder()) {
		s.openBlock(&r.query.fits[statement], scope)
	}
	p := &r.query.Statements[statement].Projection
	switch known := r.query.layouts[statement]; {
	case p.Form == surrealql.Value, r.whole:
		s.openValue()
	case known != nil:
		s.columns, s.layout = r.query.names[statement], known
	case p.Form == surrealql.Star: // by the shape, which follows
	default:
		s.columns, s.toLayOut = r.query.names[statement], p
	}
	left, err := beginRows(s.decoder(), s.block)
	if err != nil {
		return s.rowError(err)
	}
	s.left = left
	if p.Form == surrealql.Star && !r.whole {
		s.openStarOfStream()
	}
	return nil
}

// each walks the rows from the first on, without decoding them, until visit
// returns false.
func (s *resultSet) each(visit func(raw []byte, kind cbor.Kind) bool) error {
	if err := s.rewind(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := first, error(nil)
		if !s.single {
			more, err = s.more(&s.memory)
		}
		if err != nil || !more {
			return err
		}
		raw, err := s.rawRow()
		if err != nil || !visit(raw, cbor.KindOf(raw[0])) {
			return err
		}
	}
}

// rawRow consumes a row of a result that lies in memory. Its bytes are valid until the next one.
func (s *resultSet) rawRow() ([]byte, error) {
	if s.block == nil {
		return s.memory.Raw()
	}
	raw, err := s.block.rowAsCBOR(&s.memory)
	if err == nil {
		err = s.pass(&s.memory)
	}
	return raw, err
}

// openDynamic lets the result decide: an object is one row, an array of objects
// is rows, anything else is one row with the column `value`. So are an empty
// object and an empty array, which would be a row without columns and no row.
func (s *resultSet) openDynamic(kind cbor.Kind) error {
	rows, empty := 0, true
	err := s.each(func(raw []byte, kind cbor.Kind) bool {
		if kind != cbor.KindMap {
			rows = 0
			return false
		}
		rows++
		empty = empty && len(keysAt(raw, nil)) == 0
		return true
	})
	if err != nil {
		return err
	}
	if rows == 0 || empty {
		s.single = true
		s.openValue()
		if s.block != nil {
			return s.flatten()
		}
		return nil
	}
	if s.records != nil {
		return nil
	}
	return s.openStar()
}
