package shaped

import (
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// A block, read message by message and row by row.

const (
	version = 1

	messageShape = 0x01
	messageBatch = 0x02

	messageHead = 1 + 4 // kind and length
	batchHead   = 4 + 4 // shape and number of rows
)

// Rows reads the rows of one block after the other, from a decoder that is given with each
// call and that nothing else moves meanwhile. After an error the block is of no use.
type Rows struct {
	scope *Scope
	id    uint32 // of the batch's shape
	shape *Shape
	block int // bytes of the block that follow those of the batch
	batch int // bytes of the batch that are left
}

// Open reads the head of a block after its tag. Its shapes are looked for in a scope.
func (r *Rows) Open(d *cbor.Decoder, scope *Scope) (err error) {
	*r = Rows{scope: scope}
	r.block, err = open(d)
	return err
}

// open reads the head of a block after its tag, and returns how many bytes its messages have.
func open(d *cbor.Decoder) (int, error) {
	n, err := d.BytesLen()
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("a block without a version")
	}
	b, err := d.Window(1)
	if err != nil {
		return 0, err
	}
	if b[0] != version {
		return 0, fmt.Errorf("a block of version %d, where this driver knows version %d: set protocol=cbor.2", b[0], version)
	}
	d.Advance(1)
	return n - 1, nil
}

// IsBlock reports whether a decoder stands before a block.
func IsBlock(d *cbor.Decoder) bool {
	tag, ok, _ := d.PeekTag()
	return ok && tag == wire.TagBlock
}

// UseScope has the shapes looked for in another scope from here on.
func (r *Rows) UseScope(scope *Scope) { r.scope = scope }

// Shape is that of the rows that Batch has found.
func (r *Rows) Shape() *Shape { return r.shape }

// Left returns how many bytes of the block are left.
func (r *Rows) Left() int { return r.block + r.batch }

// Extend makes the messages of another block follow, n bytes of them, which the decoder is
// given in the place of the end of this one.
func (r *Rows) Extend(n int) { r.block += n }

// Batch goes on to the next rows, when those before are read, and returns how many of one
// shape follow. At the end of the block that is 0.
func (r *Rows) Batch(d *cbor.Decoder) (n int, err error) {
	if r.batch != 0 {
		return 0, fmt.Errorf("a batch with %d bytes after its rows", r.batch)
	}
	for r.block > 0 {
		kind, size, err := r.message(d)
		if err != nil {
			return 0, err
		}
		switch kind {
		case messageShape:
			b, err := d.Window(size)
			if err != nil {
				return 0, err
			}
			if err := r.scope.Announce(b[:size]); err != nil {
				return 0, err
			}
			d.Advance(size)
		case messageBatch:
			if n, err = r.beginBatch(d, size); n > 0 || err != nil {
				return n, err
			}
		default: // of a version to come
			if err := d.Discard(size); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
}

// message reads the head of a message.
func (r *Rows) message(d *cbor.Decoder) (kind byte, size int, err error) {
	if r.block < messageHead {
		return 0, 0, fmt.Errorf("a block that ends in the head of a message, %d bytes after it began", r.block)
	}
	b, err := d.Window(messageHead)
	if err != nil {
		return 0, 0, err
	}
	kind, length := b[0], u32(b[1:])
	r.block -= messageHead
	if uint64(length) > uint64(r.block) {
		return 0, 0, fmt.Errorf("a message of %d bytes in a block that has %d left", length, r.block)
	}
	d.Advance(messageHead)
	r.block -= int(length)
	return kind, int(length), nil
}

// beginBatch reads the head of a batch.
func (r *Rows) beginBatch(d *cbor.Decoder, size int) (int, error) {
	if size < batchHead {
		return 0, fmt.Errorf("a batch of %d bytes, which has no head", size)
	}
	b, err := d.Window(batchHead)
	if err != nil {
		return 0, err
	}
	id, count := u32(b), u32(b[4:])
	d.Advance(batchHead)
	r.batch = size - batchHead
	r.id, r.shape = id, r.scope.Shape(id)
	switch {
	case r.shape == nil:
		return 0, fmt.Errorf("a batch of shape %d, which was not announced", id)
	case r.shape.header == 0 && count > maxEmptyRows:
		return 0, fmt.Errorf("a batch of %d empty rows: at most %d are allowed", count, maxEmptyRows)
	case uint64(count)*uint64(r.shape.header) > uint64(r.batch):
		return 0, fmt.Errorf("a batch of %d rows in %d bytes: each takes %d or more", count, r.batch, r.shape.header)
	case count == 0 && r.batch > 0:
		return 0, fmt.Errorf("a batch with %d bytes after its rows", r.batch)
	}
	return int(count), nil
}

// Row looks at the next row of the batch, and consumes nothing. The row is valid until the
// decoder's next call. Its lengths are checked, and what of its bits must be clear; its
// values are checked when they are read.
func (r *Rows) Row(d *cbor.Decoder) (Row, error) {
	s := r.shape
	b := d.Rest()
	if len(b) < s.header {
		var err error
		if b, err = r.window(d, s.header); err != nil {
			return Row{}, err
		}
	}
	if s.padding != 0 && b[s.presence-1]&s.padding != 0 {
		return Row{}, errors.New("a row that has bits set after those that tell of its columns")
	}
	end := uint32(0)
	for ends := b[s.endsAt:s.header]; len(ends) >= 4; ends = ends[4:] {
		next := u32(ends)
		if next < end {
			return Row{}, errors.New("a row whose var slots end before they begin")
		}
		end = next
	}
	if uint64(s.header)+uint64(end) > uint64(r.batch) {
		return Row{}, fmt.Errorf("a row of %d bytes in a batch that has %d left", uint64(s.header)+uint64(end), r.batch)
	}
	n := s.header + int(end)
	if len(b) < n {
		var err error
		if b, err = r.window(d, n); err != nil {
			return Row{}, err
		}
	}
	return Row{s, b[:n:n]}, nil
}

func (r *Rows) window(d *cbor.Decoder, n int) ([]byte, error) {
	if n > r.batch {
		return nil, fmt.Errorf("a row of at least %d bytes in a batch that has %d left", n, r.batch)
	}
	return d.Window(n)
}

// Take consumes a row that Row has looked at.
func (r *Rows) Take(d *cbor.Decoder, row Row) {
	d.Advance(len(row.Bytes))
	r.batch -= len(row.Bytes)
}

// Pass consumes what is left of the batch, without looking at it.
func (r *Rows) Pass(d *cbor.Decoder) error {
	n := r.batch
	r.batch = 0
	return d.Discard(n)
}
