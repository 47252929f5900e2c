//go:build go1.27 && !purego

package surrealsql

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// typed decodes into any Go value what assign would store there, without the
// tree of values that assign starts from. What is out of the ordinary is still
// decoded to a value and assigned. The input must be well-formed and not too
// deep, as [cbor.Decoder.Skip] finds it.
type typed struct{ read reader }

func unfit(dest any, err error) error {
	return fmt.Errorf("surrealsql: storing into a %s: %w", reflect.TypeOf(dest).Elem(), err)
}

// decode reads the next item into dst, which can be set.
func (t typed) decode(d *cbor.Decoder, dst reflect.Value) error {
	kind, err := d.PeekKind()
	if err != nil {
		return err
	}
	switch kind {
	case cbor.KindNull, cbor.KindUndefined:
		return t.assign(d, dst)
	case cbor.KindTag:
		return t.tagged(d, dst)
	}
	shape := shapeOf(dst.Type())
	switch {
	case shape == reflect.Pointer:
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		return t.decode(d, dst.Elem())
	case kind == cbor.KindArray && shape == reflect.Slice:
		return t.slice(d, dst)
	case kind == cbor.KindMap && shape == reflect.Map:
		return t.mapping(d, dst)
	case kind == cbor.KindMap && shape == reflect.Struct:
		return t.object(d, dst)
	}
	if done, err := scalar(d, kind, shape, dst); done {
		return err
	}
	return t.assign(d, dst)
}

func (t typed) assign(d *cbor.Decoder, dst reflect.Value) error {
	v, err := t.read.read(d)
	if err != nil {
		return undecodable(err)
	}
	return assign(dst, v)
}

// scalar stores values in types of their own kind, if they fit.
func scalar(d *cbor.Decoder, kind cbor.Kind, shape reflect.Kind, dst reflect.Value) (done bool, err error) {
	rest := d.Rest()
	switch {
	case kind == cbor.KindText && shape == reflect.String:
		s, err := d.Text()
		if err == nil {
			dst.SetString(s)
		}
		return true, undecodable(err)
	case kind == cbor.KindInt && shape == reflect.Int:
		v, err := d.Int()
		if err == nil && !dst.OverflowInt(v) {
			dst.SetInt(v)
			return true, nil
		}
	case kind == cbor.KindInt && shape == reflect.Uint:
		v, err := d.Int()
		if err == nil && v >= 0 && !dst.OverflowUint(uint64(v)) {
			dst.SetUint(uint64(v))
			return true, nil
		}
	case kind == cbor.KindInt && shape == reflect.Float64:
		v, err := d.Int()
		if err == nil {
			dst.SetFloat(float64(v))
			return true, nil
		}
	case kind == cbor.KindFloat && shape == reflect.Float64:
		v, err := d.Float()
		if err == nil && !dst.OverflowFloat(v) {
			dst.SetFloat(v)
			return true, nil
		}
	case kind == cbor.KindBool && shape == reflect.Bool:
		v, err := d.Bool()
		dst.SetBool(v)
		return true, undecodable(err)
	}
	d.Reset(rest)
	return false, nil
}

// tagged reads the usual values that have a tag.
func (t typed) tagged(d *cbor.Decoder, dst reflect.Value) (err error) {
	rest := d.Rest()
	tag, err := d.Tag()
	if err != nil {
		return undecodable(err)
	}
	switch p := dst.Addr().Interface().(type) {
	case *time.Time:
		if tag == literal.TagDatetime {
			*p, err = literal.ReadDatetime(d)
			return undecodable(err)
		}
	case *RecordID:
		if tag == literal.TagRecord {
			*p, err = decodeRecordID(d)
			return undecodable(err)
		}
	}
	d.Reset(rest)
	return t.assign(d, dst)
}

func (t typed) slice(d *cbor.Decoder, dst reflect.Value) error {
	n, err := d.ArrayLen()
	if err != nil {
		return undecodable(err)
	}
	hint := cbor.SizeHint(n)
	dst.Set(reflect.MakeSlice(dst.Type(), hint, hint))
	for i := 0; ; i++ {
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			dst.SetLen(i)
			return nil
		}
		if i >= dst.Len() {
			dst.Grow(1)
			dst.SetLen(dst.Cap())
		}
		if err := t.decode(d, dst.Index(i)); err != nil {
			return atIndex(i, err)
		}
	}
}

func (t typed) mapping(d *cbor.Decoder, dst reflect.Value) error {
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	rt := dst.Type()
	m := reflect.MakeMapWithSize(rt, cbor.SizeHint(n))
	key, value := reflect.New(rt.Key()).Elem(), reflect.New(rt.Elem()).Elem()
	for {
		more, err := d.More(&n)
		if err != nil {
			return undecodable(err)
		}
		if !more {
			dst.Set(m)
			return nil
		}
		name, err := d.Text()
		if err != nil {
			return undecodable(err)
		}
		key.SetZero()
		value.SetZero()
		if err := assignMapKey(key, name); err != nil {
			return atField(name, err)
		}
		if err := t.decode(d, value); err != nil {
			return atField(name, err)
		}
		m.SetMapIndex(key, value)
	}
}

func (t typed) object(d *cbor.Decoder, dst reflect.Value) error {
	plan, all := planOf(dst.Type()), d.Rest()
	n, err := d.MapLen()
	if err != nil {
		return undecodable(err)
	}
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return undecodable(err)
		}
		key, err := d.TextBytes()
		if err != nil {
			return undecodable(err)
		}
		f := plan.byName[string(key)]
		if f == nil {
			f = plan.folded(string(key), all)
		}
		if f == nil {
			if err = d.Skip(); err != nil {
				return err
			}
			continue
		}
		field, err := reach(dst, f.index)
		if err == nil {
			err = t.decode(d, field)
		}
		if err != nil {
			return atField(f.name, err)
		}
	}
}

// folded finds the field for a key in another case, unless the object has the
// key in the right case, too.
func (p *structPlan) folded(key string, object []byte) *structField {
	f := p.lookup(key)
	if f == nil {
		return nil
	}
	exact := false
	_ = walkObject(object, func(key, _ []byte) bool {
		exact = exact || string(key) == f.name
		return !exact
	})
	if exact {
		return nil
	}
	return f
}

// shapes remembers of a type the kind of values that it takes without asking its
// methods: Int, Uint and Float64 stand for all widths, and Invalid for none.
var shapes sync.Map // of reflect.Type to reflect.Kind

func shapeOf(t reflect.Type) reflect.Kind {
	if k, ok := shapes.Load(t); ok {
		return k.(reflect.Kind)
	}
	k := newShape(t)
	shapes.Store(t, k)
	return k
}

func newShape(t reflect.Type) reflect.Kind {
	k := t.Kind()
	if k == reflect.Pointer {
		return k
	}
	if ownTypes[t] || modelTypes[t] || t.PkgPath() == modelsPath || nullable(t) != "" || readsItself(reflect.PointerTo(t)) || isBytes(t) {
		return reflect.Invalid
	}
	switch {
	case k == reflect.String, k == reflect.Bool, k == reflect.Slice, k == reflect.Map:
		return k
	case k == reflect.Struct:
		if planOf(t).opaque {
			return reflect.Invalid
		}
		return k
	case k >= reflect.Int && k <= reflect.Int64:
		return reflect.Int
	case k >= reflect.Uint && k <= reflect.Uint64:
		return reflect.Uint
	case k == reflect.Float32, k == reflect.Float64:
		return reflect.Float64
	}
	return reflect.Invalid
}
