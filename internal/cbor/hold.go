package cbor

// Input that is kept while it is read.

// Hold makes the decoder keep all it reads from here on, until Held ends that.
// Between the two, Raw must not be called.
func (d *Decoder) Hold() { d.mark, d.marked = d.pos, true }

// Held returns the bytes that were read since Hold. They are valid until the
// next call. After an error they are of no use.
func (d *Decoder) Held() []byte {
	d.marked = false
	return d.buf[d.mark:d.pos:d.pos]
}
