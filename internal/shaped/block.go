package shaped

import (
	"encoding/binary"
	"errors"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Whole blocks: counted, joined, and as the array that they stand for. The decoders stand
// after the tag of the block.

// Count returns how many rows a block has, without looking at them.
func Count(d *cbor.Decoder) (total int, err error) {
	var (
		scope Scope
		rows  Rows
	)
	if err := rows.Open(d, &scope); err != nil {
		return 0, err
	}
	for {
		n, err := rows.Batch(d)
		if n == 0 || err != nil {
			return total, err
		}
		total += n
		if err := rows.Pass(d); err != nil {
			return total, err
		}
	}
}

// AppendArray appends the rows of a block as an array, which has no length of its own.
func AppendArray(b []byte, d *cbor.Decoder) ([]byte, error) {
	var (
		scope Scope
		rows  Rows
	)
	if err := rows.Open(d, &scope); err != nil {
		return b, err
	}
	limit := len(b) + expansion(rows.Left())
	b = cbor.AppendOpenArray(b)
	for {
		n, err := rows.Batch(d)
		if err != nil {
			return b, err
		}
		if n == 0 {
			return cbor.AppendBreak(b), nil
		}
		for range n {
			row, err := rows.Row(d)
			if err == nil {
				b, err = row.AppendCBOR(b)
			}
			if limit -= rowCost; err == nil && len(b) > limit {
				err = errors.New("a block of few bytes that stands for a far larger array: set protocol=cbor.2")
			}
			if err != nil {
				return b, err
			}
			rows.Take(d, row)
		}
	}
}

// expansion bounds how many bytes the array of a block of n bytes may have, where rowCost is
// what a row counts for besides: the keys that a shape has once stand in each row of an array,
// and a row may take no bytes at all. A large block may become four times what it is, and
// 128 MiB: 17 MB of long names would stand for 2 GB.
func expansion(n int) int { return min(16<<20+128*n, 128<<20+4*n) }

const rowCost = 64

// Messages returns the bytes of a block's messages, and what follows the block.
func Messages(d *cbor.Decoder) (messages, rest []byte, err error) {
	n, err := open(d)
	if err != nil {
		return nil, nil, err
	}
	messages, err = d.Window(n)
	if err != nil {
		return nil, nil, err
	}
	return messages[:n], messages[n:], nil
}

// Joined is one block that is made of those which a stream gives for one statement. It
// announces the shapes of its rows itself, also those that the stream has announced before.
type Joined struct {
	HasRows   bool
	announced map[uint32]*Shape
}

// blockHead is the head of a block whose length is yet to be written, and its version.
var blockHead = append(binary.BigEndian.AppendUint64(append(cbor.AppendTag(nil, wire.TagBlock), 0x5b), 0), version)

// Begin appends the head of the block.
func (j *Joined) Begin(b []byte) []byte { return append(b, blockHead...) }

// End completes the block, which is all that b has.
func (j *Joined) End(b []byte) []byte {
	length := len(blockHead) - 1
	binary.BigEndian.PutUint64(b[length-8:], uint64(len(b)-length))
	return b
}

// Exact reports whether there are rows, all of one shape, and all with the same keys.
func (j *Joined) Exact() bool {
	for _, shape := range j.announced {
		return len(j.announced) == 1 && shape.Exact()
	}
	return false
}

// Add appends the rows of a block, whose shapes are looked for in the scope of its stream.
// Without keep it only looks at them. What follows the block is left to read.
func (j *Joined) Add(b []byte, d *cbor.Decoder, scope *Scope, keep bool) ([]byte, error) {
	var rows Rows
	if err := rows.Open(d, scope); err != nil {
		return b, err
	}
	for {
		n, err := rows.Batch(d)
		if n == 0 || err != nil {
			return b, err
		}
		j.HasRows = true
		content := d.Rest()[:rows.batch]
		if keep {
			b = j.announce(b, rows.id, rows.shape)
			b = appendMessage(b, messageBatch, batchHead+len(content), rows.id)
			b = append(binary.LittleEndian.AppendUint32(b, uint32(n)), content...)
		}
		if err := rows.Pass(d); err != nil {
			return b, err
		}
	}
}

func (j *Joined) announce(b []byte, id uint32, shape *Shape) []byte {
	if j.announced[id] == shape {
		return b
	}
	if j.announced == nil {
		j.announced = make(map[uint32]*Shape, 1)
	}
	j.announced[id] = shape
	return append(appendMessage(b, messageShape, 4+len(shape.announced), id), shape.announced...)
}

func appendMessage(b []byte, kind byte, size int, id uint32) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, kind), uint32(size))
	return binary.LittleEndian.AppendUint32(b, id)
}
