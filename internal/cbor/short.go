package cbor

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// The usual values, read straight from bytes, without the checks that the others need.
// size is that of the item. It is 0 where b does not begin with such a value or does not
// hold all of it: then the Decoder has to read it.

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

// LongInt reads an integer of 64 bits.
func LongInt(b []byte) (v int64, size int) {
	if len(b) < 9 || b[0]&^majorNegInt != info64 || b[1] > 0x7f {
		return 0, 0
	}
	sign := -int64(b[0] >> 5)
	return int64(binary.BigEndian.Uint64(b[1:])) ^ sign, 9
}

// LongFloat reads a float of 64 bits, as SurrealDB sends all of them.
func LongFloat(b []byte) (v float64, size int) {
	if len(b) < 9 || b[0] != majorSimple|info64 {
		return 0, 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b[1:])), 9
}

// ShortFloat reads a float of 16 or 32 bits.
func ShortFloat(b []byte) (v float64, size int) {
	if len(b) < 5 {
		return 0, 0
	}
	switch b[0] {
	case majorSimple | info16:
		return float16(binary.BigEndian.Uint16(b[1:])), 3
	case majorSimple | info32:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b[1:]))), 5
	}
	return 0, 0
}

// float16 widens an IEEE 754 half: 1 bit sign, 5 bits exponent, 10 bits fraction.
func float16(h uint16) float64 {
	exp := int(h>>10) & 0x1f
	frac := uint64(h & 0x3ff)
	sign := uint64(h>>15) << 63
	switch exp {
	case 0: // zero and the subnormals: frac × 2⁻²⁴, exact in 64 bits
		return math.Float64frombits(math.Float64bits(float64(frac)/(1<<24)) | sign)
	case 0x1f: // infinity and NaN
		return math.Float64frombits(sign | 0x7ff<<52 | frac<<42)
	default:
		return math.Float64frombits(sign | uint64(exp-15+1023)<<52 | frac<<42)
	}
}

// ShortBool reads true or false.
func ShortBool(b []byte) (v bool, size int) {
	if len(b) == 0 || b[0]|1 != byteTrue {
		return false, 0
	}
	return b[0] == byteTrue, 1
}

// ShortText reads a text of less than 24 bytes, which is part of b.
func ShortText(b []byte) (text []byte, size int) {
	if len(b) == 0 {
		return nil, 0
	}
	n := int(b[0]) - majorText
	if n < 0 || n >= info8 || n >= len(b) || !isASCII(b[1:], n) && !utf8.Valid(b[1:1+n]) {
		return nil, 0
	}
	return b[1 : 1+n : 1+n], 1 + n
}

// isASCII reports whether the first n bytes, less than 24, are ASCII, if that can be seen in three
// looks at the most: it may need bytes after them. For short texts utf8.Valid takes twice as long.
func isASCII(b []byte, n int) bool {
	if len(b) < 8 {
		return false
	}
	all := binary.LittleEndian.Uint64(b)
	if n < 8 {
		return all<<(64-8*n)&highBits == 0 // of none, it shifts all out
	}
	all |= binary.LittleEndian.Uint64(b[n-8:])
	if n > 16 {
		all |= binary.LittleEndian.Uint64(b[8:])
	}
	return all&highBits == 0
}

const highBits = 0x8080808080808080

// LongText reads a text of 24 bytes and more, which is part of b.
func LongText(b []byte) (text []byte, size int) {
	if len(b) < 3 {
		return nil, 0
	}
	n := 0
	switch b[0] {
	case majorText | info8:
		n, size = int(b[1]), 2
	case majorText | info16:
		n, size = int(binary.BigEndian.Uint16(b[1:])), 3
	}
	if size == 0 || n > len(b)-size || !utf8.Valid(b[size:size+n]) {
		return nil, 0
	}
	return b[size : size+n : size+n], size + n
}

// ShortLen reads the head of an array or a map of less than 24 items or pairs.
func ShortLen(b []byte, kind Kind) (n, size int) {
	if len(b) == 0 || kinds[b[0]] != kind || b[0]&infoMask >= info8 {
		return 0, 0
	}
	return int(b[0] & infoMask), 1
}

// ShortNull reads null.
func ShortNull(b []byte) (size int) {
	if len(b) == 0 || b[0] != byteNull {
		return 0
	}
	return 1
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
