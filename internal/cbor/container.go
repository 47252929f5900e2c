package cbor

import (
	"io"
	"math"
)

// ArrayLen reads the head of an array and returns how many items follow, or -1
// where the sender left that open: then a break ends them. [Decoder.More]
// handles both.
//
// The number is a claim. Over a plain slice it was compared with the bytes at
// hand; allocate by it only through [SizeHint].
func (d *Decoder) ArrayLen() (int, error) { return d.containerLen(majorArray, 1, "an array") }

// MapLen is ArrayLen for a map; it counts pairs.
func (d *Decoder) MapLen() (int, error) {
	// Most maps have less than 24 pairs, and their length in their first byte.
	if d.pos < len(d.buf) {
		n := uint(d.buf[d.pos]) - majorMap
		if n < info8 && 2*int(n) < len(d.buf)-d.pos {
			d.pos++
			return int(n), nil
		}
	}
	return d.containerLen(majorMap, 2, "a map")
}

func (d *Decoder) containerLen(major byte, perItem uint64, want string) (int, error) {
	first, arg, size, err := d.head()
	if err != nil {
		return 0, err
	}
	if first&majorMask != major {
		return 0, d.wrongKind(want)
	}
	if first&infoMask == infoIndefinite {
		d.pos += size
		return -1, nil
	}
	if err := d.checkClaim(arg, perItem, size); err != nil {
		return 0, err
	}
	d.pos += size
	return int(arg), nil
}

// checkClaim refuses a number of items that cannot be true. Every item takes
// at least one byte.
func (d *Decoder) checkClaim(n, perItem uint64, headSize int) error {
	if n > math.MaxInt/perItem {
		return d.malformed("a length that fits in memory", "a larger one")
	}
	if have := uint64(len(d.buf) - d.pos - headSize); d.src == nil && n*perItem > have {
		return d.truncated(clampInt(n*perItem) - 1 + headSize)
	}
	return nil
}

// More reports whether one more item (of a map: one more pair) follows in the
// container whose length n came from ArrayLen or MapLen, and counts n down. At
// the end of an open-ended container it consumes the break.
func (d *Decoder) More(n *int) (bool, error) {
	if *n <= 0 {
		return d.moreOpen(n)
	}
	*n--
	return true, nil
}

// moreOpen is More where no counted item is left, apart so that More is inlined.
func (d *Decoder) moreOpen(n *int) (bool, error) {
	if *n == 0 {
		return false, nil
	}
	end, err := d.Break()
	if end {
		*n = 0
	}
	return !end && err == nil, err
}

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

// maxSizeHint bounds what is allocated ahead by a claim. With MaxDepth arrays
// in each other, each lying about its length, a few megabytes are the worst.
const maxSizeHint = 256

// SizeHint turns a claimed length into a capacity that is safe to allocate at
// once; the rest comes by append. It is never negative.
func SizeHint(n int) int { return max(0, min(n, maxSizeHint)) }

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

// Tail checks that nothing follows the items read so far.
func (d *Decoder) Tail() error {
	end, err := d.End()
	if err != nil && err != io.EOF {
		return err
	}
	if !end {
		return d.malformed("the end of the input", kinds[d.buf[d.pos]].String())
	}
	return nil
}
