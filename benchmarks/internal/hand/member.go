package hand

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// The least that decoding shaped rows can be: a loop that is written for one shape alone
// and believes every byte.

// Member is what a member is decoded into, column by column.
type Member struct {
	ID, Name, City, Token string
	Age                   int64
	Score                 float64
	Active                bool
	Created               time.Time
}

// Where a member's columns lie in a row: 45 bytes, then where each of three texts ends,
// then the texts.
const (
	atAge, atCreated, atScore, atToken, atActive = 0, 8, 20, 28, 44
	endOfCity, endOfID, endOfName, texts         = 45, 49, 53, 57
)

var errShape = errors.New("hand: rows that have not the shape of a member")

// DecodeMembers decodes the rows of a block into m, one after the other, and counts them.
func DecodeMembers(block []byte, m *Member) (rows int, err error) {
	b, rows, err := members(block)
	if err != nil {
		return 0, err
	}
	number := func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }
	text := make([]byte, 0, 64)
	for range rows {
		city := binary.LittleEndian.Uint32(b[endOfCity:])
		id := binary.LittleEndian.Uint32(b[endOfID:])
		name := binary.LittleEndian.Uint32(b[endOfName:])
		held := b[texts:]
		m.Age = number(b[atAge:])
		m.Created = time.Unix(number(b[atCreated:]), int64(binary.LittleEndian.Uint32(b[atCreated+8:]))).UTC()
		m.Score = math.Float64frombits(binary.LittleEndian.Uint64(b[atScore:]))
		m.Active = b[atActive] == 1
		m.City = string(held[:city])
		m.Name = string(held[id:name])
		text = strconv.AppendInt(append(text[:0], "member:"...), number(held[city+1:]), 10)
		m.ID = string(text)
		text = literal.AppendUUID(text[:0], [16]byte(b[atToken:]))
		m.Token = string(text)
		b = held[name:]
	}
	return rows, nil
}

// members finds the rows in the message that follows their shape's.
func members(block []byte) (rows []byte, count int, err error) {
	const version, head, id, root, presence = 1, 5, 4, 1, 4
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(block[i:]) }
	if len(block) < 64 {
		return nil, 0, errShape
	}
	const size = version + head + id + root + presence
	if at(size) != endOfCity || at(size+4) != (texts-endOfCity)/4 {
		return nil, 0, errShape
	}
	batch := version + head + int(at(version+1)) + head
	return block[batch+id+4:], int(at(batch + id)), nil
}
