package surrealsql

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A result set gives the rows of one statement one by one, wherever they come from.

// source is where the rows of a result set come from.
type source uint8

const (
	inMemory  source = iota // the result lies in memory, and its statement has succeeded
	unsettled               // it lies in memory; the statement's status follows it in the reply
	arriving                // the rows are read from the reply's stream; the status follows them
	inFrames                // they come frame by frame; the status follows them
	notified                // they are notifications of a live query, which feed gives
)

// resultSet is one statement's result: an array of rows, or one row.
type resultSet struct {
	columns []string
	layout  *layout
	types   []columnType // learned on demand
	values  decoding
	records *recordRequest // that the rows answer, or nil

	source source
	reply  *reply       // that the status is to be read from, unless inMemory
	raw    []byte       // the result, unless arriving or inFrames
	flat   bool         // raw is an array that was made of a block, and the set's own
	memory cbor.Decoder // of raw or of a frame, or of the row that an arriving set was laid out by
	block  *blockRows   // reads the rows where they come in blocks; nil where they are an array
	room   *blockRows   // for the next set that needs one, or nil
	feed   *feed        // of a live query, or nil

	left     int  // rows to come, as ArrayLen counts, or of one shape in a block; meaningless when single
	single   bool // the result itself is the one row
	done     bool
	verified bool                  // a row has shown that the columns are where the layout has them
	toLayOut *surrealql.Projection // by the first row that arrives, or nil
	asFirst  bool                  // the first row's keys are the columns: no other may come
}

// decoder stands on the next row.
func (s *resultSet) decoder() *cbor.Decoder {
	if s.source == arriving {
		return s.reply.stream.Decoder()
	}
	return &s.memory
}

// move makes the set read from a copy of its result.
func (s *resultSet) move(raw []byte) {
	if s.layout == nil || s.flat {
		return // no set is open, or it needs none
	}
	at := len(s.raw) - len(s.memory.Rest())
	s.raw = raw
	s.memory.Reset(raw[at:])
}

// collect moves the rows that are still to come to memory.
func (s *resultSet) collect(ctx context.Context) {
	if s.done || !s.reply.unread {
		return
	}
	rows := s.reply.collectFrames(ctx, &s.memory, s.left, s.block)
	if s.block != nil {
		s.block.rows.Extend(len(rows) - s.block.rows.Left())
		s.memory.Reset(rows)
		return
	}
	s.memory.Reset(cbor.AppendBreak(rows))
	s.left = openLength
}

// openLength is what ArrayLen says of an array of which nobody has said how long it is.
const openLength = -1

// next decodes one row into dest.
func (s *resultSet) next(dest []driver.Value) error {
	d, err := s.row()
	if err != nil {
		return err
	}
	if s.block != nil {
		return s.nextOfBlock(d, dest)
	}
	object := !s.verified && isObject(d)
	if err := s.layout.decode(d, dest, s.values); err != nil && !s.stray(err) {
		return s.rowError(err)
	}
	s.verified = s.verified || object
	return nil
}

// stray reports an error of oddKeys in a result whose columns were where they should
// be: which keys a row has depends on the text and the server, not on the row.
func (s *resultSet) stray(err error) bool { return s.verified && errors.Is(err, ErrAmbiguousColumns) }

// row returns a decoder that stands on the next row, or io.EOF. After the last row it
// says whether the statement succeeded, where that is still to be read.
func (s *resultSet) row() (*cbor.Decoder, error) {
	if s.left > 0 && s.toLayOut == nil && !s.done { // rareRow, for nearly every row
		s.left--
		return s.decoder(), nil
	}
	return s.rareRow()
}

func (s *resultSet) rareRow() (*cbor.Decoder, error) {
	if s.done {
		return nil, io.EOF
	}
	if s.feed != nil {
		return s.feed.next(s)
	}
	d := s.decoder()
	if s.single {
		s.done = true
		return d, nil
	}
	more, err := s.more(d)
	if err == nil && !more && s.source == inFrames {
		if s.left, err = s.reply.nextRows(d, s.block); err != nil {
			s.done = true
			return nil, err
		}
		return s.row()
	}
	switch {
	case err != nil:
		return nil, s.rowError(err)
	case more && s.toLayOut == nil:
		return d, nil
	case more:
		d, err := s.layOutByFirst(d)
		return d, s.rowError(err)
	}
	s.done = true
	if s.source == inMemory {
		return nil, io.EOF
	}
	return nil, s.reply.finish(d)
}

// more reports whether a row follows, and counts it. In a block it goes on to the next batch.
func (s *resultSet) more(d *cbor.Decoder) (bool, error) {
	if s.block == nil || s.left > 0 {
		return d.More(&s.left)
	}
	n, err := s.block.rows.Batch(d)
	s.left = max(n-1, 0)
	return n > 0, err
}

// rowError is what an error in a row means. Where the status is still to be read, the
// rows are over then.
func (s *resultSet) rowError(err error) error {
	if err == nil || s.source == inMemory {
		return err
	}
	s.done = true
	switch s.source {
	case inFrames:
		return s.reply.failFrames(err)
	case notified:
		return undecodableRow(err)
	}
	return s.reply.failRow(err, s.raw)
}

// skip reads to the end without decoding.
func (s *resultSet) skip() error {
	s.toLayOut = nil
	for {
		d, err := s.row()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = s.rowError(s.pass(d))
		}
		if err != nil {
			return err
		}
	}
}

// pass consumes the row that d stands on.
func (s *resultSet) pass(d *cbor.Decoder) error {
	if s.block == nil {
		return d.Skip()
	}
	_, err := s.block.take(d)
	return err
}

// rewind stands before the first row.
func (s *resultSet) rewind() (err error) {
	s.memory.Reset(s.raw)
	s.left = 0
	switch {
	case s.block != nil:
		s.block.own.Reset()
		s.left, err = s.block.begin(&s.memory)
	case !s.single:
		s.left, err = s.memory.ArrayLen()
	}
	return err
}
