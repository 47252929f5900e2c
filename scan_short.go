package surrealsql

import (
	"strconv"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/variable"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Most fields of records hold short values of a usual type, and the keys come in the order of
// the fields. Such fields are filled straight from the bytes, without a decoder.

// inTurn fills fields for as long as the next of n keys is that of the next field, from one
// on, and returns how many it has filled.
func (s *scanInto) inTurn(d *cbor.Decoder, dst variable.Ref, t *destType, from, n int) (done int, err error) {
	fields := t.fields[from:]
	b, at := d.Rest(), 0
	for ; done < n && done < len(fields); done++ {
		f := &fields[done]
		size := f.known.Size(b[at:])
		if size == 0 {
			break
		}
		at += size
		if f.direct {
			if size := s.short(b[at:], dst.Field(f.at), f.typ); size > 0 {
				at += size
				continue
			}
		}
		d.Advance(at)
		if err := s.field(d, dst, t, f); err != nil {
			return done, err
		}
		b, at = d.Rest(), 0
	}
	d.Advance(at)
	return done, nil
}

// short stores a value straight from the bytes that begin with it, and returns its size: 0 for
// what is not short or does not fit, which is left to decode.
func (s *scanInto) short(b []byte, dst variable.Ref, t *destType) (size int) {
	switch t.how {
	case asString:
		if text, size := cbor.ShortText(b); size > 0 {
			dst.SetString(s.texts.String(text))
			return size
		}
		if size = s.longText(b, dst); size > 0 {
			return size
		}
	case asInt:
		v, size := cbor.ShortInt(b)
		if size == 0 {
			v, size = cbor.LongInt(b)
		}
		if size > 0 && dst.SetInt(v, t.size) {
			return size
		}
	case asUint:
		if v, size := cbor.ShortInt(b); size > 0 && v >= 0 && dst.SetUint(uint64(v), t.size) {
			return size
		}
	case asFloat:
		if v, size := cbor.LongFloat(b); size > 0 && dst.SetFloat(v, t.size) {
			return size
		}
		if size = shortFloat(b, dst, t); size > 0 {
			return size
		}
	case asBool:
		if v, size := cbor.ShortBool(b); size > 0 {
			dst.SetBool(v)
			return size
		}
	case asTime:
		if tag, head := cbor.ShortTag(b); head > 0 && tag == wire.TagDatetime {
			if v, size := wire.ShortDatetime(b[head:]); size > 0 {
				variable.Set(dst, v)
				return head + size
			}
		}
	case asRecordID:
		if size = s.shortRecordID(b, dst); size > 0 {
			return size
		}
	case asPointer, asSlice, asTextMap:
		if t.usual && wire.ShortNothing(b) == 0 {
			return s.usual(b, dst, t)
		}
	case asFields:
		if t.usual {
			return s.usual(b, dst, t)
		}
		return 0
	default:
		return 0
	}
	if size = wire.ShortNothing(b); size > 0 {
		dst.Value(t.typ).SetZero()
	}
	return size
}

// shortFloat is short for a float of less than 64 bits and for an integer that goes into a float.
func shortFloat(b []byte, dst variable.Ref, t *destType) (size int) {
	v, size := cbor.ShortFloat(b)
	if size == 0 {
		var n int64
		n, size = cbor.ShortInt(b)
		v = float64(n)
	}
	if size > 0 && !dst.SetFloat(v, t.size) {
		return 0
	}
	return size
}

// longText is short for a text of 24 bytes and more, and for a UUID that goes into a text.
func (s *scanInto) longText(b []byte, dst variable.Ref) (size int) {
	if text, size := cbor.LongText(b); size > 0 {
		dst.SetString(s.texts.String(text))
		return size
	}
	id, size := wire.ShortUUID(b)
	if size > 0 {
		var text [36]byte
		dst.SetString(s.texts.String(literal.AppendUUID(text[:0], id)))
	}
	return size
}

// shortRecordID is short for a record id whose key is a short text or number.
func (s *scanInto) shortRecordID(b []byte, dst variable.Ref) (size int) {
	table, key, size := wire.ShortRecord(b)
	if size == 0 {
		return 0
	}
	var buf [64]byte
	text := append(literal.AppendIdent(buf[:0], table), ':')
	if name, n := cbor.ShortText(key); n > 0 {
		text = literal.AppendIdent(text, name)
	} else {
		number, _ := cbor.ShortInt(key)
		text = strconv.AppendInt(text, number, 10)
	}
	dst.SetString(s.texts.String(text))
	return size
}
