package cbor

import (
	"encoding/binary"
	"math"
)

// What kind the next item is, and the items that hold no others: numbers, booleans,
// null, undefined, and tags by themselves.

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

// Next is PeekKind without an error: it returns KindInvalid where the next byte is not
// in the window, or not valid, and the caller asks PeekKind then.
func (d *Decoder) Next() Kind {
	if d.pos < len(d.buf) {
		return kinds[d.buf[d.pos]]
	}
	return KindInvalid
}

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

// PeekTag is Tag, but consumes nothing. What is no tag is no error.
func (d *Decoder) PeekTag() (tag uint64, ok bool, err error) {
	first, tag, _, err := d.head()
	return tag, err == nil && first&majorMask == majorTag, err
}
