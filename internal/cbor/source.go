package cbor

import (
	"errors"
	"fmt"
	"io"
)

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
