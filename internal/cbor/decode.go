package cbor

// The decoder: the window that it reads, and where it stands.

// MaxDepth is how many arrays, maps and tags may lie in each other before
// [Decoder.Skip] and [Decoder.Raw] refuse the input. Callers that descend by
// themselves should keep to the same bound. It is for what this side reads; the server
// reads less, see wire.MaxDepth.
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

// Rest returns the bytes that lie ready and unread, without consuming them. A
// Source's owner takes them back this way after a reply's end.
func (d *Decoder) Rest() []byte { return d.buf[d.pos:] }

// Advance consumes n bytes of what [Decoder.Rest] gave.
func (d *Decoder) Advance(n int) { d.pos += n }

// Source gives a [Decoder] the bytes that its window does not hold yet.
type Source interface {
	// Fill is called when the window is too short. tail is the part of the
	// window that is still needed; it may be empty. Fill returns the next
	// window: it begins with the bytes of tail and has at least one byte
	// more. The new window may lie in the same memory; everything the decoder
	// returned as "valid until the next call" is then gone, and so is tail.
	//
	// After the last byte Fill returns io.EOF, which the decoder reports as a
	// truncated input. Any other error reaches the decoder's caller wrapped
	// by nothing.
	Fill(tail []byte) ([]byte, error)
}
