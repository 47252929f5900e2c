//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"
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
		return undecodable(err)
	}
	return c.scanRare(ctx, dest)
}

// scanRare scans into what is none of the usual types. The column must not be used
// after it has called a method of the program's, which may scan other columns.
func (c *column) scanRare(ctx driver.ScanContext, dest any) error {
	c.d.Rewind()
	switch p := dest.(type) {
	case into:
		return c.store(ctx, p.dest)
	case filler:
		if p.is(dest) {
			return p.fill(ctx, c)
		}
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
		return c.fit(ctx, dest)
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
	if calls(reflect.TypeOf(dest)) {
		return outside(ctx, dest, func(ctx driver.ScanContext, dest any) error { return sql.ConvertAssign(ctx, dest, v) })
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
	if calls(reflect.TypeOf(dest)) {
		return outside(ctx, dest, func(ctx driver.ScanContext, dest any) error { return assignEither(ctx, dest, v) })
	}
	return assignEither(ctx, dest, v)
}

func assignEither(ctx driver.ScanContext, dest any, v driver.Value) error {
	refused := sql.ConvertAssign(ctx, dest, v)
	if refused == nil {
		return nil
	}
	switch p := dest.(type) {
	case *string:
		return asJSON(v, refused, func(text []byte) { *p = string(text) })
	case *[]byte:
		return asJSON(v, refused, func(text []byte) { *p = text })
	}
	if v == nil || v == driver.Value(None) {
		return nothing(dest, refused)
	}
	p := reflect.ValueOf(dest).Elem()
	renew(p)
	err := assign(p, v)
	switch {
	case err == nil:
		return nil
	case p.Kind() <= reflect.Complex128 || p.Kind() == reflect.String:
		return refused // as for every plain type
	}
	return unfit(dest, err)
}

// asJSON stores what has no text of its own.
func asJSON(v driver.Value, refused error, keep func([]byte)) error {
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
func nothing(dest any, refused error) error {
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
func (c *column) fit(ctx driver.ScanContext, dest any) error {
	if c.isNothing() {
		renew(reflect.ValueOf(dest).Elem())
		return nothing(dest, fmt.Errorf("surrealsql: NULL or NONE cannot be scanned into a %T: scan into a pointer to it, or sql.Null", dest))
	}
	return c.store(ctx, dest)
}

// store is what Into does, without a tree in between.
func (c *column) store(ctx driver.ScanContext, dest any) error {
	if p := reflect.ValueOf(dest); p.Kind() != reflect.Pointer || p.IsNil() {
		return store(dest, nil)
	}
	if !calls(reflect.TypeOf(dest)) {
		return decodeInto(&c.d, c.read, dest)
	}
	raw, err := c.d.Raw()
	if err != nil {
		return undecodable(err)
	}
	raw = bytes.Clone(raw) // others may use the connection, whose buffer it lies in
	read := c.read.unboxed()
	return outside(ctx, dest, func(_ driver.ScanContext, dest any) error {
		var d cbor.Decoder
		d.Reset(raw)
		return decodeInto(&d, read, dest)
	})
}

func decodeInto(d *cbor.Decoder, read reader, dest any) error {
	p := reflect.ValueOf(dest).Elem()
	renew(p)
	if err := (typed{read}).decode(d, p); err != nil {
		return unfit(dest, err)
	}
	return nil
}

// filler is a Value: it takes the bytes instead of what Next gives.
type filler interface {
	fill(ctx driver.ScanContext, c *column) error
	is(dest any) bool
}

// is reports whether a destination is the Value itself, not a type of the program's
// that embeds one and may have a Scan method of its own.
func (v *Value[T]) is(dest any) bool {
	p, ok := dest.(*Value[T])
	return ok && p == v
}

func (v *Value[T]) fill(ctx driver.ScanContext, c *column) error {
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
	err := c.store(ctx, &v.V)
	if err != nil {
		var zero T
		v.V = zero
	}
	v.Valid = err == nil
	return err
}
