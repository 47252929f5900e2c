package cbor

// Whole items, passed over or cut out.

// Skip consumes the next item with all that is in it, and checks that it is
// well-formed in the sense of RFC 8949, appendix C. It does not check that
// texts are UTF-8. Over a source it holds nothing of what it skips.
func (d *Decoder) Skip() error { return d.skip(MaxDepth) }

// Raw returns the bytes of the next whole item, well-formed as Skip says. They
// are valid until the next call.
func (d *Decoder) Raw() ([]byte, error) {
	d.Hold()
	err := d.skip(MaxDepth)
	raw := d.Held()
	if err != nil {
		return nil, err
	}
	return raw, nil
}

// skipWhole consumes the next item if its first byte tells its size, and it is at hand.
func (d *Decoder) skipWhole() bool {
	if d.pos >= len(d.buf) {
		return false
	}
	n := int(wholeSize[d.buf[d.pos]])
	if n == 0 || n > len(d.buf)-d.pos {
		return false
	}
	d.pos += n
	return true
}

func (d *Decoder) skip(depth int) error {
	for { // a tag's content is the next item: loop rather than recurse
		if d.skipWhole() {
			return nil
		}
		first, arg, size, err := d.head()
		if err != nil {
			return err
		}
		switch first & majorMask {
		case majorUint, majorNegInt:
			d.pos += size
			return nil
		case majorBytes, majorText:
			if first&infoMask == infoIndefinite {
				d.pos += size
				return d.skipChunks(first & majorMask)
			}
			d.pos += size
			return d.discard(arg)
		case majorArray, majorMap:
			if depth <= 0 {
				return d.tooDeep()
			}
			return d.skipItems(first, arg, size, depth-1)
		case majorTag:
			if depth--; depth < 0 {
				return d.tooDeep()
			}
			d.pos += size
		default:
			return d.skipSimple(first, arg, size)
		}
	}
}

func (d *Decoder) tooDeep() error {
	return d.malformed("at most 512 arrays, maps and tags in each other", "more")
}

func (d *Decoder) skipItems(first byte, n uint64, size, depth int) error {
	perItem := uint64(1)
	if first&majorMask == majorMap {
		perItem = 2
	}
	if first&infoMask != infoIndefinite {
		if err := d.checkClaim(n, perItem, size); err != nil {
			return err
		}
		d.pos += size
		for n *= perItem; n > 0; n-- {
			if d.skipWhole() {
				continue
			}
			if err := d.skip(depth); err != nil {
				return err
			}
		}
		return nil
	}
	d.pos += size
	for {
		end, err := d.Break()
		if end || err != nil {
			return err
		}
		for range perItem {
			if err := d.skip(depth); err != nil {
				return err
			}
		}
	}
}

func (d *Decoder) skipChunks(major byte) error {
	for {
		end, err := d.Break()
		if end || err != nil {
			return err
		}
		n, err := d.chunk(major)
		if err != nil {
			return err
		}
		if err := d.discard(n); err != nil {
			return err
		}
	}
}

// skipSimple takes what major 7 holds. A simple value below 32 in the
// two-byte form is not well-formed, and a break stands only where it ends
// something.
func (d *Decoder) skipSimple(first byte, arg uint64, size int) error {
	if first == byteBreak {
		return d.wrongKind("an item")
	}
	if first == majorSimple|info8 && arg < 32 {
		return d.malformed("a simple value of 32 or more", "a smaller one in two bytes")
	}
	d.pos += size
	return nil
}

// Discard consumes n bytes, whatever they are.
func (d *Decoder) Discard(n int) error { return d.discard(uint64(n)) }

// discard skips n bytes without asking the source to hold them all at once.
func (d *Decoder) discard(n uint64) error {
	for {
		have := uint64(len(d.buf) - d.pos)
		if n <= have {
			d.pos += int(n)
			return nil
		}
		if d.src == nil {
			return d.truncated(clampInt(n))
		}
		n -= have
		d.pos = len(d.buf)
		if err := d.fill(1); err != nil {
			return err
		}
	}
}
