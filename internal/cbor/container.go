package cbor

import (
	"io"
	"math"
)

// Arrays and maps, item by item.

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

// maxSizeHint bounds what is allocated ahead by a claim. With MaxDepth arrays
// in each other, each lying about its length, a few megabytes are the worst.
const maxSizeHint = 256

// SizeHint turns a claimed length into a capacity that is safe to allocate at
// once; the rest comes by append. It is never negative.
func SizeHint(n int) int { return max(0, min(n, maxSizeHint)) }

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
