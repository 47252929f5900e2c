package cbor

import (
	"errors"
	"fmt"
	"io"
)

// The window of a Decoder, and how it comes to hold what is needed.

// errNoProgress reports a Source that breaks its promise; without it the
// decoder would ask forever.
var errNoProgress = errors.New("cbor: the source returned a window without a new byte")

// need makes sure that n bytes lie ahead of the position.
func (d *Decoder) need(n int) error {
	if len(d.buf)-d.pos >= n {
		return nil
	}
	return d.fill(n)
}

// Window makes sure that n bytes lie ahead, and returns all that do, without consuming any.
// They are valid until the next call.
func (d *Decoder) Window(n int) ([]byte, error) {
	if err := d.need(n); err != nil {
		return nil, err
	}
	return d.buf[d.pos:], nil
}

func (d *Decoder) fill(n int) error {
	for len(d.buf)-d.pos < n {
		if err := d.more(); err != nil {
			if err == io.EOF {
				return d.truncated(n)
			}
			return err
		}
	}
	return nil
}

// more asks the source once. It returns io.EOF where no byte can come.
func (d *Decoder) more() error {
	if d.src == nil {
		return io.EOF
	}
	keep := d.pos
	if d.marked {
		keep = d.mark
	}
	tail := d.buf[keep:]
	held := len(tail)
	window, err := d.src.Fill(tail)
	if err != nil {
		return err
	}
	if len(window) <= held {
		return fmt.Errorf("%w (%d bytes held)", errNoProgress, held)
	}
	d.base += int64(keep)
	d.pos -= keep
	d.mark -= keep
	d.buf = window
	return nil
}

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
