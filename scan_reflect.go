package surrealsql

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/variable"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values go from a result's bytes into Go's variables by what is known of their types: whole
// records into what a program reads them as (record_request.go), and since Go 1.27 columns, too.
// It is found once, see scan_dest.go.

// scanInto decodes into any Go value what assign would store there, without the
// tree of values that assign starts from. What is out of the ordinary is still
// decoded to a value and assigned; nothing of that has fields of a struct in it.
type scanInto struct {
	values decoding
	strict bool       // a key that no field takes is an error
	texts  *box.Texts // makes the strings, or nil
	depth  int        // how many arrays, maps and tags the decoder stands in
	pause  int        // how many more arrays and objects are not tried as usual ones
}

// undecodable says of an error that the fault is the value's.
func undecodable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("surrealsql: a value that cannot be decoded: %w", err)
}

// into reads the next item into a variable.
func (s *scanInto) into(d *cbor.Decoder, dst reflect.Value) error {
	return s.decode(d, variable.Of(dst), destOf(dst.Type()))
}

// decode reads the next item into dst, which is of type t.
func (s *scanInto) decode(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	kind, err := d.PeekKind()
	if err != nil {
		return err
	}
	if (kind == cbor.KindNull || kind == cbor.KindUndefined || kind == cbor.KindTag) && isNothing(d) {
		return s.assign(d, dst, t)
	}
	switch t.how {
	case asPointer, asNull, asValue, asDelegate:
		return s.wrapped(d, dst, t)
	case asAny:
		v, err := s.values.decode(d)
		if err == nil && v != nil {
			dst.Value(t.typ).Set(reflect.ValueOf(v))
		}
		return undecodable(err)
	case asEndless:
		return pointsNowhere(t.typ)
	}
	switch kind {
	case cbor.KindTag, cbor.KindArray, cbor.KindMap:
		if s.depth == cbor.MaxDepth {
			return undecodable(errTooDeepInto)
		}
		s.depth++
		err := s.composite(d, kind, dst, t)
		s.depth--
		return err
	}
	if done, err := s.scalar(d, kind, dst, t); done {
		return err
	}
	return s.assign(d, dst, t)
}

var errTooDeepInto = errors.New("its values lie too deep in each other")

// wrapped reads an item into what holds the variable that takes it.
func (s *scanInto) wrapped(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	switch t.how {
	case asPointer:
		p := dst.Value(t.typ)
		if p.IsNil() {
			p.Set(reflect.New(t.elem.typ))
		}
		return s.decode(d, variable.Of(p.Elem()), t.elem)
	case asNull:
		err := s.decode(d, dst.Field(t.value), t.elem)
		dst.Field(t.valid).SetBool(err == nil)
		return err
	case asValue:
		p, valid := dst.Value(t.typ).Addr().Interface().(valueDest).parts()
		v := reflect.ValueOf(p).Elem()
		err := s.decode(d, variable.Of(v), t.elem)
		if *valid = err == nil; err != nil {
			v.SetZero()
		}
		return err
	}
	field, err := reach(dst.Value(t.typ), t.path) // asDelegate
	if err != nil {
		return err
	}
	return s.decode(d, variable.Of(field), t.elem)
}

// composite reads what has others in it.
func (s *scanInto) composite(d *cbor.Decoder, kind cbor.Kind, dst variable.Ref, t *destType) error {
	switch {
	case kind == cbor.KindTag:
		return s.tagged(d, dst, t)
	case kind == cbor.KindMap && t.how == asFields:
		return s.object(d, dst, t)
	case kind == cbor.KindArray && t.how == asSlice:
		return s.slice(d, dst, t)
	case kind == cbor.KindArray && t.how == asArray:
		return s.array(d, dst, t)
	case kind == cbor.KindMap && t.how == asTextMap:
		return s.textMap(d, dst, t)
	case kind == cbor.KindMap && t.how == asMap && t.typ != reflect.TypeFor[map[string]any]():
		return s.mapping(d, dst, t)
	}
	return s.assign(d, dst, t) // of a map[string]any, the value is what is to be stored
}

func (s *scanInto) assign(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	v, err := s.values.decode(d)
	if err != nil {
		return undecodable(err)
	}
	return assign(dst.Value(t.typ), v)
}

// scalar stores values in types of their own kind, if they fit.
func (s *scanInto) scalar(d *cbor.Decoder, kind cbor.Kind, dst variable.Ref, t *destType) (done bool, err error) {
	rest := d.Rest()
	switch {
	case kind == cbor.KindText && t.how == asString:
		text, err := d.TextBytes()
		if err == nil {
			dst.SetString(s.texts.String(text))
		}
		return true, undecodable(err)
	case kind == cbor.KindInt && t.how == asInt:
		if v, err := d.Int(); err == nil && dst.SetInt(v, t.size) {
			return true, nil
		}
	case kind == cbor.KindInt && t.how == asUint:
		if v, err := d.Int(); err == nil && v >= 0 && dst.SetUint(uint64(v), t.size) {
			return true, nil
		}
	case kind == cbor.KindInt && t.how == asFloat:
		if v, err := d.Int(); err == nil && dst.SetFloat(float64(v), t.size) {
			return true, nil
		}
	case kind == cbor.KindFloat && t.how == asFloat:
		if v, err := d.Float(); err == nil && dst.SetFloat(v, t.size) {
			return true, nil
		}
	case kind == cbor.KindBool && t.how == asBool:
		v, err := d.Bool()
		dst.SetBool(v)
		return true, undecodable(err)
	}
	d.Reset(rest)
	return false, nil
}

// tagged reads the usual values that have a tag.
func (s *scanInto) tagged(d *cbor.Decoder, dst variable.Ref, t *destType) (err error) {
	rest := d.Rest()
	if size := s.short(rest, dst, t); size > 0 {
		d.Advance(size)
		return nil
	}
	tag, err := d.Tag()
	if err != nil {
		return undecodable(err)
	}
	switch {
	case tag == wire.TagDatetime && t.how == asTime:
		v, err := wire.ReadDatetime(d)
		variable.Set(dst, v)
		return undecodable(err)
	case tag == wire.TagRecord && t.how == asRecordID:
		id, err := decodeRecordID(d)
		dst.SetString(string(id))
		return undecodable(err)
	case tag == wire.TagSet && t.how == asSlice:
		return s.slice(d, dst, t)
	case tag == wire.TagSet && t.how == asArray:
		return s.array(d, dst, t)
	case tag == wire.TagBlock && !s.values.inBlock:
		return s.block(d, dst, t)
	case wire.IsSized(tag):
		if done, err := s.sized(d, tag, dst, t); done {
			return err
		}
	}
	d.Reset(rest)
	return s.assign(d, dst, t)
}

// block reads rows in SurrealDB 4.0's format as the array that they stand for, as
// decoding.block does.
func (s *scanInto) block(d *cbor.Decoder, dst variable.Ref, t *destType) error {
	list, err := shaped.AppendArray(nil, d)
	if err != nil {
		return undecodable(err)
	}
	var sub cbor.Decoder
	sub.Reset(list)
	s.values.inBlock = true
	err = s.decode(&sub, dst, t)
	s.values.inBlock = false
	return err
}

// sized stores a number that has a width in a number that takes it, whose methods nobody
// asks.
func (s *scanInto) sized(d *cbor.Decoder, tag uint64, dst variable.Ref, t *destType) (done bool, err error) {
	if t.how != asInt && t.how != asUint && t.how != asFloat {
		return false, nil
	}
	n, err := wire.ReadSized(d, tag)
	if err != nil {
		return true, undecodable(err)
	}
	switch {
	case t.how == asFloat && n.IsFloat():
		return dst.SetFloat(float64(n.Float), t.size), nil
	case n.IsFloat():
		return false, nil
	case t.how == asFloat && n.IsNegative():
		return dst.SetFloat(float64(int64(n.Bits)), t.size), nil
	case t.how == asFloat:
		return dst.SetFloat(float64(n.Bits), t.size), nil
	case t.how == asInt && (n.IsNegative() || int64(n.Bits) >= 0):
		return dst.SetInt(int64(n.Bits), t.size), nil
	case t.how == asUint && !n.IsNegative():
		return dst.SetUint(n.Bits, t.size), nil
	}
	return false, nil
}
