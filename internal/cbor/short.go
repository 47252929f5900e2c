package cbor

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// The usual values, read from bytes that lie ready, without what the others need to be
// checked for. size is that of the item, and 0 where b does not begin with such a
// value or does not hold it whole: then it is a Decoder's to read.

// ShortInt reads an integer of up to 32 bits, and needs five bytes to look at.
func ShortInt(b []byte) (v int64, size int) {
	if len(b) < 5 {
		return 0, 0
	}
	sign := -int64(b[0] >> 5) // -1, all bits set, for CBOR's negative ones
	switch first := b[0] &^ majorNegInt; {
	case first < info8:
		return int64(first) ^ sign, 1
	case first == info8:
		return int64(b[1]) ^ sign, 2
	case first == info16:
		return int64(binary.BigEndian.Uint16(b[1:])) ^ sign, 3
	case first == info32:
		return int64(binary.BigEndian.Uint32(b[1:])) ^ sign, 5
	}
	return 0, 0
}

// LongFloat reads a float of 64 bits, as SurrealDB sends all of them.
func LongFloat(b []byte) (v float64, size int) {
	if len(b) < 9 || b[0] != majorSimple|info64 {
		return 0, 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[1:])), 9
}

// ShortText reads a text of less than 24 bytes, which is part of b.
func ShortText(b []byte) (text []byte, size int) {
	if len(b) == 0 {
		return nil, 0
	}
	n := int(b[0]) - majorText
	if n < 0 || n >= info8 || n >= len(b) || !utf8.Valid(b[1:1+n]) {
		return nil, 0
	}
	return b[1 : 1+n : 1+n], 1 + n
}

// ShortTag reads a tag below 24.
func ShortTag(b []byte) (tag uint64, size int) {
	if len(b) == 0 {
		return 0, 0
	}
	if tag = uint64(b[0]) - majorTag; tag >= info8 {
		return 0, 0
	}
	return tag, 1
}

// ShortSize returns the size of a value whose first bytes tell it, so that it is passed
// over without a walk: of numbers, short strings and datetimes.
func ShortSize(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n := int(wholeSize[b[0]])
	if _, tag := ShortTag(b); tag > 0 {
		if n = pairSize(b[tag:]); n > 0 {
			n += tag
		}
	}
	if n > len(b) {
		return 0
	}
	return n
}

// pairSize is ShortSize for an array of two such numbers or strings.
func pairSize(b []byte) int {
	if len(b) < 2 || b[0] != majorArray|2 {
		return 0
	}
	second := 1 + int(wholeSize[b[1]])
	if second == 1 || second >= len(b) || wholeSize[b[second]] == 0 {
		return 0
	}
	return second + int(wholeSize[b[second]])
}
