package drivertest

import (
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Long results, and replies with them that a scripted server sends in pieces.

// Numbers are the rows of a long result.
func Numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// Pieces are a reply of equal rows: what comes before the first row, a thousand
// rows, and what comes after the last.
type Pieces struct{ Head, Thousand, Tail []byte }

// StreamReply is a reply of count rows. Body is the beginning of the result, as the
// head of an array is.
func StreamReply(id uint64, body, row []byte, count int, status string) Pieces {
	head := cbor.AppendArrayHeader(nil, 1)
	head = cbor.AppendText(cbor.AppendMapHeader(head, 2), "result")
	head = append(head, body...)
	tail := cbor.AppendText(cbor.AppendText(nil, "status"), status)
	envelope := scripted.Result(id, nil)
	size := len(envelope) + len(head) + count*len(row) + len(tail)
	return Pieces{
		Head:     append(append(scripted.Claim(scripted.OpBinary, uint64(size)), envelope...), head...),
		Thousand: []byte(strings.Repeat(string(row), 1000)),
		Tail:     tail,
	}
}

// NumberedReply is a StreamReply whose rows are objects with the key i.
func NumberedReply(id uint64, count int, status string) Pieces {
	row := cbor.AppendInt(cbor.AppendText(cbor.AppendMapHeader(nil, 1), "i"), 12345)
	return StreamReply(id, cbor.AppendArrayHeader(nil, count), row, count, status)
}
