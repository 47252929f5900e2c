//go:build go1.27

package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// What Scan did before Go 1.27 it still does, to the letter: the usual
// destinations have a short cut that boxes nothing, all others get the
// driver.Value that Next gives, through sql.ConvertAssign. Only what that
// refuses, and could never take, is new.

// column is the value of a column on its way to a destination.
type column struct {
	d    cbor.Decoder // over the value, which NextRow has found well-formed
	read reader
}

var errNilDest = errors.New("surrealsql: the destination is a nil pointer")

func (c *column) scan(ctx driver.ScanContext, dest any) error {
	if done, err := c.plain(dest); done {
		if err == nil {
			return nil
		}
		return undecodable(err)
	}
	c.d.Rewind()
	switch p := dest.(type) {
	case into:
		return c.store(p.dest)
	case filler:
		return p.fill(c)
	}
	t := reflect.TypeOf(dest)
	if t == nil || t.Kind() != reflect.Pointer {
		return c.convert(ctx, dest)
	}
	r := routeOf(t)
	if _, own := dest.(*RecordID); reflect.ValueOf(dest).IsNil() && (own || r != byConversion || !t.Implements(scannerType)) {
		return errNilDest // a Scan method may not mind
	}
	switch r {
	case byPointer:
		return c.pointer(ctx, reflect.ValueOf(dest).Elem())
	case byNull:
		v := reflect.ValueOf(dest).Elem()
		return c.null(ctx, v.Field(0).Addr().Interface(), v.Field(1).Addr().Interface().(*bool))
	case byType:
		return c.fit(dest)
	case byEither:
		return c.either(ctx, dest)
	}
	return c.convert(ctx, dest)
}

// undecodable says of an error that the fault is the value's.
func undecodable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("surrealsql: a value that cannot be decoded: %w", err)
}

// value is what Next gives.
func (c *column) value() (driver.Value, error) {
	c.d.Rewind()
	v, err := c.read.read(&c.d)
	return v, undecodable(err)
}

func (c *column) convert(ctx driver.ScanContext, dest any) error {
	v, err := c.value()
	if err != nil {
		return err
	}
	return sql.ConvertAssign(ctx, dest, v)
}

// isNull is isNothing without the NONE of WithExactTypes, which is a value.
func (c *column) isNull() bool {
	if !c.isNothing() {
		return false
	}
	v, err := c.value()
	c.d.Rewind()
	return err == nil && v == nil
}

// isNothing reports NULL and NONE.
func (c *column) isNothing() bool {
	switch kind, _ := c.d.PeekKind(); kind {
	case cbor.KindNull, cbor.KindUndefined:
		return true
	case cbor.KindTag:
		tag, err := c.d.Tag()
		c.d.Rewind()
		return err == nil && tag == literal.TagNone
	}
	return false
}

// pointer sets a pointer to nil, or to a new value.
func (c *column) pointer(ctx driver.ScanContext, p reflect.Value) error {
	if c.isNull() {
		p.SetZero()
		return nil
	}
	p.Set(reflect.New(p.Type().Elem()))
	return c.scan(ctx, p.Interface())
}

// null fills a sql.Null, as its Scan does.
func (c *column) null(ctx driver.ScanContext, v any, valid *bool) error {
	if *valid = !c.isNull(); !*valid {
		reflect.ValueOf(v).Elem().SetZero()
		return nil
	}
	return c.scan(ctx, v)
}

// either lets database/sql try first.
func (c *column) either(ctx driver.ScanContext, dest any) error {
	v, err := c.value()
	if err != nil {
		return err
	}
	refused := sql.ConvertAssign(ctx, dest, v)
	if refused == nil {
		return nil
	}
	switch p := dest.(type) {
	case *string:
		return c.json(v, refused, func(text []byte) { *p = string(text) })
	case *[]byte:
		return c.json(v, refused, func(text []byte) { *p = text })
	}
	if v == nil || v == driver.Value(None) {
		return c.nothing(dest, refused)
	}
	p := reflect.ValueOf(dest).Elem()
	renew(p)
	err = assign(p, v)
	switch {
	case err == nil:
		return nil
	case p.Kind() <= reflect.Complex128 || p.Kind() == reflect.String:
		return refused // as for every plain type
	}
	return unfit(dest, err)
}

// json stores what has no text of its own.
func (c *column) json(v driver.Value, refused error, keep func([]byte)) error {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Slice, reflect.Map, reflect.Struct:
		if v == driver.Value(None) {
			return refused
		}
	default:
		return refused
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("surrealsql: a value as JSON: %w", err)
	}
	keep(text)
	return nil
}

// nothing stores NULL or NONE where a nil can say it, as for a []byte.
func (c *column) nothing(dest any, refused error) error {
	v := reflect.ValueOf(dest).Elem()
	switch dest.(type) {
	case *models.CustomNil, *NoneType: // can hold nothing else
		return nil
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Map {
		return refused
	}
	v.SetZero()
	return nil
}

// fit decodes into a type that database/sql never takes.
func (c *column) fit(dest any) error {
	if c.isNothing() {
		renew(reflect.ValueOf(dest).Elem())
		return c.nothing(dest, fmt.Errorf("surrealsql: NULL or NONE cannot be scanned into a %T: scan into a pointer to it, or sql.Null", dest))
	}
	return c.store(dest)
}

// store is what Into does, without a tree in between.
func (c *column) store(dest any) error {
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return store(dest, nil)
	}
	renew(p.Elem())
	if err := (typed{c.read}).decode(&c.d, p.Elem()); err != nil {
		return unfit(dest, err)
	}
	return nil
}

// filler is a Value: it takes the bytes instead of what Next gives.
type filler interface{ fill(c *column) error }

func (v *Value[T]) fill(c *column) error {
	if v == nil {
		return errNilDest
	}
	*v = Value[T]{}
	if c.isNothing() {
		src, err := c.value()
		if err != nil {
			return err
		}
		return v.Scan(src)
	}
	err := c.store(&v.V)
	if err != nil {
		var zero T
		v.V = zero
	}
	v.Valid = err == nil
	return err
}
