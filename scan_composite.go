package surrealsql

import (
	"fmt"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// Arrays, sets and objects go item by item into slices, arrays, maps and structs, whose own
// memory takes them.

// maxExpected bounds the memory, in bytes, that is made ready for rows and elements that are still
// to come: only the server says how many.
const maxExpected = 1 << 20

func (s *scanInto) slice(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	n, err := d.ArrayLen()
	if err != nil {
		return undecodable(err)
	}
	have := cbor.SizeHint(n)
	if s.depth <= 1 { // else arrays in each other could each claim that many
		have = max(have, min(n, maxExpected/max(int(t.elem.size), 1)))
	}
	items := newSlice(dst, t, have)
	for i := 0; ; i++ {
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			if i < have {
				dst.Value(t.typ).SetLen(i)
			}
			return nil
		}
		if i == have {
			list := dst.Value(t.typ)
			list.Grow(1)
			have = list.Cap()
			list.SetLen(have)
			items = variable.ItemsOf(list)
		}
		if size := s.short(d.Rest(), items.At(i), t.elem); size > 0 {
			d.Advance(size)
		} else if err := s.decode(d, items.At(i), t.elem); err != nil {
			return atIndex(i, err)
		}
	}
}

// array fills an array that has as many elements as there are.
func (s *scanInto) array(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	n, err := d.ArrayLen()
	if err != nil {
		return undecodable(err)
	}
	list := dst.Value(t.typ)
	items, length := variable.ItemsOf(list), list.Len()
	for i := 0; ; i++ {
		if n >= 0 && i+n != length {
			return fmt.Errorf("an array of %d elements does not fit in a %s", i+n, t.typ)
		}
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		switch {
		case more && i == length:
			return fmt.Errorf("an array of more than %d elements does not fit in a %s", i, t.typ)
		case !more && i < length:
			return fmt.Errorf("an array of %d elements does not fit in a %s", i, t.typ)
		case !more:
			return nil
		}
		if err := s.decode(d, items.At(i), t.elem); err != nil {
			return atIndex(i, err)
		}
	}
}

func (s *scanInto) mapping(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	m := reflect.MakeMapWithSize(t.typ, cbor.SizeHint(n))
	nameOf, value := reflect.New(t.typ.Key()).Elem(), reflect.New(t.elem.typ).Elem()
	for {
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			dst.Value(t.typ).Set(m)
			return nil
		}
		key, err := d.TextBytes()
		if err != nil {
			return undecodable(err)
		}
		name := s.key(key)
		nameOf.SetZero()
		value.SetZero()
		if err := assignMapKey(nameOf, name); err != nil {
			return atField(name, err)
		}
		if err := s.decode(d, variable.Of(value), t.elem); err != nil {
			return atField(name, err)
		}
		m.SetMapIndex(nameOf, value)
	}
}

// textMap is mapping for the map that most programs have, without package reflect.
func (s *scanInto) textMap(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	m := make(map[string]string, cbor.SizeHint(n))
	for {
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			variable.Set(dst, m)
			return nil
		}
		key, err := d.TextBytes()
		if err != nil {
			return undecodable(err)
		}
		name := s.key(key)
		if text, size := cbor.ShortText(d.Rest()); size > 0 {
			m[name] = s.texts.String(text)
			d.Advance(size)
			continue
		}
		var value string
		if err := s.decode(d, variable.To(&value), t.elem); err != nil {
			return atField(name, err)
		}
		m[name] = value
	}
}

// key is the key of a map that keeps it. The objects of a result mostly have the same few.
func (s *scanInto) key(name []byte) string {
	if s.values.boxes == nil {
		return s.texts.String(name)
	}
	return s.values.boxes.Key(name)
}

// object fills a struct. The server sorts the keys of an object, as fields is sorted, so the
// next key is most often that of the next field.
func (s *scanInto) object(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	all := d.Rest()
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	for next := 0; ; {
		done, err := s.inTurn(d, dst, t, next, n)
		if err != nil {
			return err
		}
		next += done
		n -= done
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			return nil
		}
		f, err := s.fieldOf(d, t, all)
		switch {
		case err != nil:
		case f == nil:
			err = undecodable(d.Skip())
		default:
			next = f.next
			err = s.field(d, dst, t, f)
		}
		if err != nil {
			return err
		}
	}
}

// field reads the value of a field of a struct of type t.
func (s *scanInto) field(d *cbor.Decoder, dst variable.Ref, t *destType, f *destField) error {
	if f.direct {
		dst = dst.Field(f.at)
	} else {
		field, err := reach(dst.Value(t.typ), f.index)
		if err != nil {
			return atField(f.name, err)
		}
		dst = variable.Of(field)
	}
	if err := s.decode(d, dst, f.typ); err != nil {
		return atField(f.name, err)
	}
	return nil
}

// fieldOf reads a key and finds its field; nil where there is none.
func (s *scanInto) fieldOf(d *cbor.Decoder, t *destType, object []byte) (*destField, error) {
	key, err := d.TextBytes()
	if err != nil {
		return nil, undecodable(err)
	}
	f := t.byName[string(key)]
	if f == nil {
		f = t.folded(string(key), object)
	}
	if f == nil && s.strict && t.inAnyCase(string(key)) == nil {
		return nil, atField(string(key), fmt.Errorf("a %s has no field for it", t.typ))
	}
	return f, nil
}
