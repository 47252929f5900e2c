package cbor

import (
	"math"
	"unicode/utf8"
)

// Texts and byte strings, in one piece or in chunks.

// Text reads a text and returns a copy. Text that is not UTF-8 is an error.
func (d *Decoder) Text() (string, error) {
	b, err := d.TextBytes()
	return string(b), err
}

// TextBytes reads a text without copying it: the bytes are valid until the
// next call. Text that is not UTF-8 is an error.
func (d *Decoder) TextBytes() ([]byte, error) {
	// This is ShortText. To call it would cost a page of rows three in a hundred.
	if d.pos < len(d.buf) {
		n := uint(d.buf[d.pos]) - majorText
		if end := d.pos + 1 + int(n); n < info8 && end <= len(d.buf) {
			if b := d.buf[d.pos+1 : end : end]; utf8.Valid(b) {
				d.pos = end
				return b, nil
			}
		}
	}
	return d.stringBytes(majorText, "a text")
}

// Bytes reads a byte string and returns a copy that is never nil.
func (d *Decoder) Bytes() ([]byte, error) {
	b, err := d.BytesView()
	if err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(b)), b...), nil
}

// BytesView reads a byte string without copying it: the bytes are valid until
// the next call.
func (d *Decoder) BytesView() ([]byte, error) { return d.stringBytes(majorBytes, "a byte string") }

// BytesLen reads the head of a byte string in one piece and returns how many bytes follow,
// for a caller who reads them by Window and Advance. Over a plain slice they are there.
func (d *Decoder) BytesLen() (int, error) {
	first, n, size, err := d.head()
	switch {
	case err != nil:
		return 0, err
	case first&majorMask != majorBytes:
		return 0, d.wrongKind("a byte string")
	case first&infoMask == infoIndefinite:
		return 0, d.malformed("a byte string in one piece", "one in chunks")
	case n > math.MaxInt-maxHead:
		return 0, d.malformed("a length that fits in memory", "a larger one")
	case d.src == nil && n > uint64(len(d.buf)-d.pos-size):
		return 0, d.truncated(size + int(n))
	}
	d.pos += size
	return int(n), nil
}

func (d *Decoder) stringBytes(major byte, want string) ([]byte, error) {
	first, arg, size, err := d.head()
	if err != nil {
		return nil, err
	}
	if first&majorMask != major {
		return nil, d.wrongKind(want)
	}
	if first&infoMask == infoIndefinite {
		return d.joinChunks(major, size)
	}
	total, err := d.stringEnd(arg, size)
	if err != nil {
		return nil, err
	}
	b := d.buf[d.pos+size : d.pos+total : d.pos+total]
	if major == majorText && !utf8.Valid(b) {
		return nil, d.malformed("a text in UTF-8", "other bytes")
	}
	d.pos += total
	return b, nil
}

// stringEnd makes the n bytes after a head of the given size available, and
// returns how long both are together.
func (d *Decoder) stringEnd(n uint64, size int) (int, error) {
	if n > math.MaxInt-maxHead {
		return 0, d.malformed("a length that fits in memory", "a larger one")
	}
	total := size + int(n)
	return total, d.need(total)
}

// joinChunks reads a string of indefinite length, whose head has the given
// size. Each chunk of a text must be UTF-8 by itself (RFC 8949, section 3.2.3).
func (d *Decoder) joinChunks(major byte, size int) ([]byte, error) {
	d.pos += size
	d.scratch = d.scratch[:0]
	for {
		end, err := d.Break()
		if err != nil {
			return nil, err
		}
		if end {
			return d.scratch, nil
		}
		n, err := d.chunk(major)
		if err != nil {
			return nil, err
		}
		total, err := d.stringEnd(n, 0)
		if err != nil {
			return nil, err
		}
		b := d.buf[d.pos : d.pos+total]
		if major == majorText && !utf8.Valid(b) {
			return nil, d.malformed("a text in UTF-8", "other bytes")
		}
		d.scratch = append(d.scratch, b...)
		d.pos += total
	}
}
