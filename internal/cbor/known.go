package cbor

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Known is one or more whole items that are expected, such as the keys of an object:
// [Decoder.Take] recognizes them by their bytes, without parsing a head or
// validating anything again.
type Known struct {
	bytes      []byte
	head, mask uint64 // the first eight bytes, and which of them there are
}

// MakeKnown joins encoded items.
func MakeKnown(items ...[]byte) Known {
	k := Known{bytes: slices.Concat(items...)}
	var head, mask [8]byte
	for i := range copy(head[:], k.bytes) {
		mask[i] = 0xff
	}
	k.head, k.mask = binary.LittleEndian.Uint64(head[:]), binary.LittleEndian.Uint64(mask[:])
	return k
}

// KnownText is the text, as a key is one.
func KnownText(s string) Known { return MakeKnown(AppendText(nil, s)) }

// Size returns the size of the known bytes if b begins with them, else 0. Where less
// than eight bytes are left it returns 0, too.
func (k *Known) Size(b []byte) int {
	if len(b) < 8 || (binary.LittleEndian.Uint64(b)^k.head)&k.mask != 0 {
		return 0
	}
	n := len(k.bytes)
	if n > 8 && (len(b) < n || string(b[8:n]) != string(k.bytes[8:])) {
		return 0
	}
	return n
}

// Take consumes the next bytes if they are exactly the known ones, and reports
// whether it did. Where the window ends before them it reports false, and what is
// there is there to be read.
func (d *Decoder) Take(k *Known) bool {
	b := d.buf[d.pos:]
	n := k.Size(b)
	if len(b) < 8 && bytes.HasPrefix(b, k.bytes) {
		n = len(k.bytes)
	}
	d.pos += n
	return n > 0
}
