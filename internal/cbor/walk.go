package cbor

import "iter"

// Arrays and maps as loops, for callers who do not count every nanosecond: decoders of
// rows walk by ArrayLen, MapLen and More.

// Items walks the array that is next, and counts from 0. The body of the loop must read
// or skip each item, and may leave the loop at any time. An error comes last.
func (d *Decoder) Items() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		n, err := d.ArrayLen()
		for i := 0; err == nil; i++ {
			var more bool
			if more, err = d.More(&n); !more {
				break
			}
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// Pairs walks the map that is next. The body of the loop must read or skip the value of
// each key, which is valid until it does, and may leave the loop at any time. An error
// comes last, without a key.
func (d *Decoder) Pairs() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		n, err := d.MapLen()
		for err == nil {
			var more bool
			if more, err = d.More(&n); !more {
				break
			}
			var key []byte
			if key, err = d.TextBytes(); err == nil && !yield(key, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// Find reads up to the value of a key, and reports whether there is one: not if the
// next item is no map, or one without the key.
func (d *Decoder) Find(key string) (bool, error) {
	if kind, err := d.PeekKind(); err != nil || kind != KindMap {
		return false, err
	}
	for k, err := range d.Pairs() {
		if err != nil {
			return false, err
		}
		if string(k) == key {
			return true, nil
		}
		if err := d.Skip(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// OptionalText reads a text, or skips what is none and returns an empty one.
func (d *Decoder) OptionalText() (string, error) {
	if kind, err := d.PeekKind(); err != nil || kind != KindText {
		return "", d.Skip()
	}
	return d.Text()
}
