package shapedtest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Items of CBOR in words, in which items that mean the same are the same.

// Show writes an item out: floats by their value, whatever width they came in, objects with
// their keys in order, blocks as they are. What is no item of CBOR it says, too.
func Show(item []byte) string {
	var d cbor.Decoder
	d.Reset(item)
	text, err := show(&d)
	if err == nil {
		err = d.Tail()
	}
	if err != nil {
		return fmt.Sprintf("%x: %v", item, err)
	}
	return text
}

func show(d *cbor.Decoder) (string, error) {
	kind, err := d.PeekKind()
	if err != nil {
		return "", err
	}
	switch kind {
	case cbor.KindInt:
		return showInt(d)
	case cbor.KindFloat:
		v, err := d.Float()
		if v == 0 && math.Signbit(v) {
			return "-0.0", err
		}
		return fmt.Sprintf("%gf", v), err
	case cbor.KindBytes:
		v, err := d.Bytes()
		return fmt.Sprintf("h'%x'", v), err
	case cbor.KindText:
		v, err := d.Text()
		return fmt.Sprintf("%q", v), err
	case cbor.KindArray:
		var all []string
		for _, err := range d.Items() {
			if err != nil {
				return "", err
			}
			if err := add(d, &all, ""); err != nil {
				return "", err
			}
		}
		return "[" + strings.Join(all, ", ") + "]", nil
	case cbor.KindMap:
		var all []string
		for key, err := range d.Pairs() {
			if err != nil {
				return "", err
			}
			if err := add(d, &all, fmt.Sprintf("%q: ", key)); err != nil {
				return "", err
			}
		}
		slices.Sort(all)
		return "{" + strings.Join(all, ", ") + "}", nil
	case cbor.KindTag:
		return showTagged(d)
	}
	raw, err := d.Raw()
	return map[byte]string{0xf4: "false", 0xf5: "true", 0xf6: "null"}[raw[0]], err
}

func add(d *cbor.Decoder, all *[]string, before string) error {
	text, err := show(d)
	*all = append(*all, before+text)
	return err
}

// showInt reads an integer that may be too large for an int64.
func showInt(d *cbor.Decoder) (string, error) {
	if v, err := d.Int(); err == nil {
		return fmt.Sprint(v), nil
	}
	v, err := d.Uint()
	return fmt.Sprint(v), err
}

func showTagged(d *cbor.Decoder) (string, error) {
	tag, err := d.Tag()
	if err != nil {
		return "", err
	}
	if tag == wire.TagDuration {
		seconds, nanos, err := wire.ReadDuration(d)
		return fmt.Sprintf("%d(%d, %d)", tag, seconds, nanos), err
	}
	text, err := show(d)
	return fmt.Sprintf("%d(%s)", tag, text), err
}
