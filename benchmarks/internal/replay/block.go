package replay

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// A block of shaped rows (SurrealDB 4.0), cut into its rows, so that a reply can have
// any number of them.

const (
	blockVersion = 1
	shapeMessage = 1
	batchMessage = 2

	messageHead = 1 + 4 // kind, length
	batchHead   = 4 + 4 // shape, count of rows

	// longBytes is the head of a byte string whose length has four bytes. The server
	// sends every block with it, however short (4.0.0-beta.1).
	longBytes = 0x5a
)

var errBlock = errors.New("a block that is not one shape and one batch of rows")

// cutBlock returns the message that announces the shape, and the rows. A block of
// another make than the server's for a short result of one shape is refused.
func cutBlock(b []byte) (shape []byte, rows [][]byte, err error) {
	if len(b) == 0 || b[0] != blockVersion {
		return nil, nil, errBlock
	}
	shape, rest, err := cutMessage(b[1:], shapeMessage)
	if err != nil {
		return nil, nil, err
	}
	batch, rest, err := cutMessage(rest, batchMessage)
	if err != nil || len(rest) > 0 || len(batch) < messageHead+batchHead {
		return nil, nil, errBlock
	}
	rows, err = cutRows(shape, batch[messageHead+4:])
	return shape, rows, err
}

// cutMessage cuts a message off, with its head.
func cutMessage(b []byte, kind byte) (message, rest []byte, err error) {
	if len(b) < messageHead || b[0] != kind {
		return nil, nil, errBlock
	}
	size := messageHead + uint64(binary.LittleEndian.Uint32(b[1:]))
	if uint64(len(b)) < size {
		return nil, nil, errBlock
	}
	return b[:size], b[size:], nil
}

// cutRows cuts rows by what the shape says of the region before their texts.
func cutRows(shape, counted []byte) (rows [][]byte, err error) {
	const presence, fixed, slots, end = 5, 9, 13, 17 // after the shape's id and its root
	if len(shape) < messageHead+end {
		return nil, errBlock
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint32(shape[messageHead+i:])) }
	head := (at(presence)+7)/8 + at(fixed) + 4*at(slots)
	count, b := binary.LittleEndian.Uint32(counted), counted[4:]
	for range count {
		size := head
		if at(slots) > 0 && len(b) >= head {
			size += int(binary.LittleEndian.Uint32(b[head-4:]))
		}
		if size > len(b) {
			return nil, fmt.Errorf("%w: a row of %d bytes where %d are left", errBlock, size, len(b))
		}
		rows, b = append(rows, b[:size:size]), b[size:]
	}
	if len(b) > 0 {
		return nil, fmt.Errorf("%w: %d bytes after the last row", errBlock, len(b))
	}
	return rows, nil
}

// appendBlockHead appends all of a block that precedes so many rows of so many bytes.
func appendBlockHead(b, shape []byte, rows, size int) []byte {
	const fixed = 1 + messageHead + batchHead
	b = cbor.AppendTag(b, wire.TagBlock)
	b = binary.BigEndian.AppendUint32(append(b, longBytes), uint32(fixed+len(shape)+size))
	b = append(append(b, blockVersion), shape...)
	b = binary.LittleEndian.AppendUint32(append(b, batchMessage), uint32(batchHead+size))
	b = append(b, shape[messageHead:messageHead+4]...) // its id
	return binary.LittleEndian.AppendUint32(b, uint32(rows))
}
