package cbor

// What is sent without a length: its parts, and the break that ends it.

// Break consumes a break if one is next, and reports whether it did.
func (d *Decoder) Break() (bool, error) {
	if err := d.need(1); err != nil {
		return false, err
	}
	if d.buf[d.pos] != byteBreak {
		return false, nil
	}
	d.pos++
	return true, nil
}

// chunk consumes the head of one chunk of an indefinite-length string: a
// string of the same major and of definite length.
func (d *Decoder) chunk(major byte) (uint64, error) {
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	if first&majorMask != major || first&infoMask == infoIndefinite {
		return 0, d.wrongKind("a chunk of the string, or its end")
	}
	d.pos += size
	return arg, nil
}
