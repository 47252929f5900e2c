package cbor

import (
	"encoding/binary"
	"io"
	"math"
)

// MaxDepth is how many arrays, maps and tags may lie in each other before
// [Decoder.Skip] and [Decoder.Raw] refuse the input. Callers that descend by
// themselves should keep to the same bound.
const MaxDepth = 512

// Decoder reads CBOR items one after another. The zero value reads an empty
// input. It must not be used by several goroutines at once.
type Decoder struct {
	buf     []byte // the window
	pos     int    // the next byte to read within buf
	base    int64  // how many bytes of the input lie before buf
	mark    int    // with marked: keep the window from here on
	marked  bool
	src     Source
	scratch []byte // joins strings that come in chunks
}

// Reset makes the decoder read b. The decoder does not change b, but what it
// returns without copying is part of it.
func (d *Decoder) Reset(b []byte) {
	d.buf, d.pos, d.base, d.marked = b, 0, 0, false
	if d.src != nil { // often done, and mostly without one
		d.src = nil
	}
}

// Rewind makes the decoder read once more what Reset gave it.
func (d *Decoder) Rewind() { d.pos, d.marked = 0, false }

// ResetSource makes the decoder read b and then what s gives. With a nil s it
// is the same as Reset.
func (d *Decoder) ResetSource(b []byte, s Source) {
	*d = Decoder{buf: b, src: s, scratch: d.scratch[:0]}
}

// Offset returns how many bytes of the input were consumed.
func (d *Decoder) Offset() int64 { return d.base + int64(d.pos) }

// Buffered returns how many bytes lie ready. Over a plain slice that is all
// there is left.
func (d *Decoder) Buffered() int { return len(d.buf) - d.pos }

// Rest returns the bytes that lie ready and unread, without consuming them. A
// Source's owner takes them back this way after a reply's end.
func (d *Decoder) Rest() []byte { return d.buf[d.pos:] }

// End reports whether the input is used up, asking the source if need be.
func (d *Decoder) End() (bool, error) {
	if d.pos < len(d.buf) {
		return false, nil
	}
	switch err := d.more(); err {
	case nil:
		return false, nil
	case io.EOF:
		return true, nil
	default:
		return false, err
	}
}

// PeekKind tells what the next item is and consumes nothing. KindInvalid comes
// with an error.
func (d *Decoder) PeekKind() (Kind, error) {
	if d.pos >= len(d.buf) {
		if err := d.fill(1); err != nil {
			return KindInvalid, err
		}
	}
	k := kinds[d.buf[d.pos]]
	if k == KindInvalid {
		return k, d.wrongKind("an item")
	}
	return k, nil
}

// Advance consumes n bytes of what [Decoder.Rest] gave.
func (d *Decoder) Advance(n int) { d.pos += n }

// Next is PeekKind for a caller who has another way where the byte is not at hand
// or not valid: it returns KindInvalid then.
func (d *Decoder) Next() Kind {
	if d.pos < len(d.buf) {
		return kinds[d.buf[d.pos]]
	}
	return KindInvalid
}

// argSize gives the number of bytes that follow the first one, by additional
// information. The reserved ones are refused before this is asked.
var argSize = [32]uint8{info8: 1, info16: 2, info32: 4, info64: 8}

// head reads the first byte and the argument of the next item, and consumes
// nothing: size is what the caller adds to d.pos once it is content. The
// argument of an indefinite length is 0; info tells.
func (d *Decoder) head() (first byte, arg uint64, size int, err error) {
	if d.pos >= len(d.buf) {
		if err := d.fill(1); err != nil {
			return 0, 0, 0, err
		}
	}
	first = d.buf[d.pos]
	info := first & infoMask
	if info < info8 {
		return first, uint64(info), 1, nil
	}
	if kinds[first] == KindInvalid {
		return first, 0, 0, d.wrongKind("an item")
	}
	size = 1 + int(argSize[info])
	if len(d.buf)-d.pos < size {
		if err := d.fill(size); err != nil {
			return 0, 0, 0, err
		}
	}
	b := d.buf[d.pos+1 : d.pos+size]
	switch info {
	case info8:
		arg = uint64(b[0])
	case info16:
		arg = uint64(binary.BigEndian.Uint16(b))
	case info32:
		arg = uint64(binary.BigEndian.Uint32(b))
	case info64:
		arg = binary.BigEndian.Uint64(b)
	}
	return first, arg, size, nil
}

// Int reads an integer. One that does not fit in 64 bits with a sign is an
// error.
func (d *Decoder) Int() (int64, error) {
	if v, size := ShortInt(d.buf[d.pos:]); size > 0 {
		d.pos += size
		return v, nil
	}
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	switch first & majorMask {
	case majorUint, majorNegInt:
	default:
		return 0, d.wrongKind("an integer")
	}
	if arg > math.MaxInt64 {
		return 0, d.malformed("an integer within 64 bits", "a larger one")
	}
	d.pos += size
	if first&majorMask == majorNegInt {
		return -1 - int64(arg), nil
	}
	return int64(arg), nil
}

// Uint reads an integer that is not negative. SurrealDB counts the seconds of
// a duration in all 64 bits.
func (d *Decoder) Uint() (uint64, error) {
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	switch first & majorMask {
	case majorUint:
		d.pos += size
		return arg, nil
	case majorNegInt:
		return 0, d.malformed("an integer of 0 or more", "a negative one")
	}
	return 0, d.wrongKind("an integer")
}

// Float reads a float of 16, 32 or 64 bits. It does not take integers.
func (d *Decoder) Float() (float64, error) {
	if v, size := LongFloat(d.buf[d.pos:]); size > 0 {
		d.pos += size
		return v, nil
	}
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	var f float64
	switch first {
	case majorSimple | info16:
		f = float16(uint16(arg))
	case majorSimple | info32:
		f = float64(math.Float32frombits(uint32(arg)))
	case majorSimple | info64:
		f = math.Float64frombits(arg)
	default:
		return 0, d.wrongKind("a float")
	}
	d.pos += size
	return f, nil
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

// Bool reads true or false.
func (d *Decoder) Bool() (bool, error) {
	if err := d.need(1); err != nil {
		return false, err
	}
	switch d.buf[d.pos] {
	case byteTrue:
		d.pos++
		return true, nil
	case byteFalse:
		d.pos++
		return false, nil
	}
	return false, d.wrongKind("a boolean")
}

// Null reads null.
func (d *Decoder) Null() error { return d.one(byteNull, "null") }

// Undefined reads undefined.
func (d *Decoder) Undefined() error { return d.one(byteUndefined, "undefined") }

func (d *Decoder) one(b byte, name string) error {
	if err := d.need(1); err != nil {
		return err
	}
	if d.buf[d.pos] != b {
		return d.wrongKind(name)
	}
	d.pos++
	return nil
}

// Tag reads a tag's number. The item it stands before is read next.
func (d *Decoder) Tag() (uint64, error) {
	if tag, size := ShortTag(d.buf[d.pos:]); size > 0 {
		d.pos += size
		return tag, nil
	}
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	if first&majorMask != majorTag {
		return 0, d.wrongKind("a tag")
	}
	d.pos += size
	return arg, nil
}

func clampInt(n uint64) int { return int(min(n, math.MaxInt)) }
