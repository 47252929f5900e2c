package shapedtest

import (
	"encoding/binary"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Blocks, written message by message.

// Kinds of messages.
const (
	MessageShape = 1
	MessageBatch = 2
)

// Block is what the byte string of a block holds.
type Block []byte

// New is a block without a message.
func New() Block { return Block{1} }

// Message adds a message of any kind.
func (b Block) Message(kind uint8, payload []byte) Block {
	b = binary.LittleEndian.AppendUint32(append(b, kind), uint32(len(payload)))
	return append(b, payload...)
}

// Announce adds the shape that batches then name by an id.
func (b Block) Announce(id uint32, s *Shape) Block {
	return b.Message(MessageShape, s.Append(binary.LittleEndian.AppendUint32(nil, id)))
}

// Batch adds rows of a shape.
func (b Block) Batch(id uint32, rows ...Row) Block {
	var all []byte
	for _, r := range rows {
		all = r.Append(all)
	}
	return b.BatchOf(id, uint32(len(rows)), all)
}

// BatchOf adds a batch that claims to be so many rows.
func (b Block) BatchOf(id, count uint32, rows []byte) Block {
	payload := binary.LittleEndian.AppendUint32(nil, id)
	payload = binary.LittleEndian.AppendUint32(payload, count)
	return b.Message(MessageBatch, append(payload, rows...))
}

// Append appends the block as an item of CBOR.
func (b Block) Append(to []byte) []byte {
	return cbor.AppendBytes(cbor.AppendTag(to, wire.TagBlock), b)
}

// Of is a block of one shape and its rows.
func Of(s *Shape, values ...any) Block {
	rows := make([]Row, len(values))
	for i, v := range values {
		rows[i] = s.Row(v)
	}
	return New().Announce(0, s).Batch(0, rows...)
}
