package surrealsql

import (
	"reflect"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/variable"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Arrays and objects in which there is nothing but usual values, and few of them, are read
// straight from the bytes, too. Whether they are of that kind shows on the way. Where they are not,
// what was stored stays: who decodes them then stores the same there.

// pauseAfterMiss is how many are left to the decoder after one that was not of that kind: a table
// has more like it.
const pauseAfterMiss = 64

// usual is short for arrays and objects, and what points to a value.
func (s *scanInto) usual(b []byte, dst variable.Ref, t *destType) (size int) {
	if s.pause > 0 {
		s.pause--
		return 0
	}
	if s.depth == cbor.MaxDepth {
		return 0
	}
	s.depth++
	switch t.how {
	case asFields:
		size = s.usualObject(b, dst, t)
	case asSlice:
		size = s.usualSlice(b, dst, t)
	case asTextMap:
		size = s.usualTextMap(b, dst, t)
	case asPointer:
		size = s.usualPointer(b, dst, t)
	}
	s.depth--
	if size == 0 {
		s.pause = pauseAfterMiss
	}
	return size
}

func (s *scanInto) usualObject(b []byte, dst variable.Ref, t *destType) int {
	n, at := cbor.ShortLen(b, cbor.KindMap)
	if at == 0 {
		return 0
	}
	for next := 0; n > 0; n-- {
		var f *destField
		if next < len(t.fields) {
			f = &t.fields[next]
			if size := f.known.Size(b[at:]); size > 0 {
				at += size
			} else {
				f = nil
			}
		}
		if f == nil {
			key, size := cbor.ShortText(b[at:])
			if f = t.byName[string(key)]; f == nil || size == 0 {
				return 0
			}
			at += size
		}
		next = f.next
		size := s.short(b[at:], dst.Field(f.at), f.typ)
		if size == 0 {
			return 0
		}
		at += size
	}
	return at
}

func (s *scanInto) usualSlice(b []byte, dst variable.Ref, t *destType) int {
	n, at := cbor.ShortLen(b, cbor.KindArray)
	if at == 0 || n >= len(b) {
		return 0
	}
	items := newSlice(dst, t, n)
	for i := range n {
		size := s.short(b[at:], items.At(i), t.elem)
		if size == 0 {
			return 0
		}
		at += size
	}
	return at
}

// newSlice stores a slice of n elements in a variable of type t.
func newSlice(dst variable.Ref, t *destType, n int) variable.Items {
	if t.typ == textsType {
		texts := make([]string, n)
		variable.Set(dst, texts)
		return variable.ItemsIn(texts)
	}
	list := dst.Value(t.typ)
	if n == 0 {
		list.Set(t.empty)
	} else {
		list.SetZero()
		list.Grow(n) // reflect.MakeSlice would take an allocation more
		list.SetLen(n)
	}
	return variable.ItemsOf(list)
}

var textsType = reflect.TypeFor[[]string]()

func (s *scanInto) usualTextMap(b []byte, dst variable.Ref, t *destType) int {
	n, at := cbor.ShortLen(b, cbor.KindMap)
	if at == 0 || 2*n >= len(b) {
		return 0
	}
	m := make(map[string]string, n)
	for range n {
		name, size := cbor.ShortText(b[at:])
		if size == 0 {
			return 0
		}
		at += size
		text, size := cbor.ShortText(b[at:])
		if size == 0 {
			return 0
		}
		at += size
		m[s.key(name)] = s.texts.String(text)
	}
	variable.Set(dst, m)
	return at
}

func (s *scanInto) usualPointer(b []byte, dst variable.Ref, t *destType) int {
	if wire.ShortNothing(b) > 0 {
		return 0
	}
	p := dst.Value(t.typ)
	if p.IsNil() {
		p.Set(reflect.New(t.elem.typ))
	}
	return s.short(b, variable.Of(p.Elem()), t.elem)
}
