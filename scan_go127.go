//go:build go1.27 && !purego

package surrealsql

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"uuid"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/rowslock"
)

// ScanColumn stores the value of a column in a destination. What Scan did before Go 1.27 it
// still does, to the letter; only what that refused, and could never take, is new. The ways
// to store are tried from the fastest to the most general, and each leaves alone what is not
// its own:
//
//  1. scanShort: a short text, integer, float or datetime into *string, *int64, *int,
//     *float64, *time.Time. It looks at the bytes and has no decoder to set up, which saves a
//     page of rows a sixth of its time.
//  2. column.plain and column.sized: all other values into those, into bool, []byte, RecordID,
//     time.Duration and any, and into numbers of other widths, as database/sql would convert
//     them, but without a value in an interface in between.
//  3. scanRare, by the route of the destination's type: Into and Value[T], pointers, the Null
//     types of database/sql, and what database/sql converts (column.convert: what Next gives,
//     to sql.ConvertAssign, so also for every Scan method).
//  4. scanInto, for what database/sql cannot take (structs, maps, slices) and for Into: it
//     fills the variables from the bytes, usual values by scanInto.short, others by
//     scanInto.scalar and scanInto.tagged.
//  5. assign, for what is out of the ordinary there, and for Into before Go 1.27: it starts
//     from what Next gives. assignPlain stores equal types, assignByMethod what a type's own
//     methods read, and assignByKind all else.
//
// Next knows two: decoding.decodeShort, for the same values and the same reason as 1, and
// decoding.value.

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

// value is what Next gives.
func (c *column) value() (driver.Value, error) {
	c.d.Rewind()
	v, err := c.values.decode(&c.d)
	return v, undecodable(err)
}

func (c *column) convert(ctx driver.ScanContext, dest any) error {
	v, err := c.value()
	if err != nil {
		return err
	}
	if calls(reflect.TypeOf(dest)) {
		return rowslock.Without(ctx, dest, func(ctx driver.ScanContext, dest any) error { return sql.ConvertAssign(ctx, dest, v) })
	}
	return sql.ConvertAssign(ctx, dest, v)
}

// isNull reports what Next gives as nil: NULL, and NONE but with WithExactTypes, where
// that is a None.
func (c *column) isNull() bool {
	if !isNothing(&c.d) {
		return false
	}
	v, err := c.value()
	c.d.Rewind()
	return err == nil && v == nil
}

// pointer sets a pointer to nil, or to a new value.
func (c *column) pointer(ctx driver.ScanContext, p reflect.Value) error {
	if c.isNull() {
		p.SetZero()
		return nil
	}
	if leadsNowhere(p.Type()) { // database/sql would look for a value without end
		return unfit(p.Type(), pointsNowhere(p.Type()))
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
		return rowslock.Without(ctx, dest, func(ctx driver.ScanContext, dest any) error { return assignEither(ctx, dest, v) })
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
	clearDest(p)
	err := assign(p, v)
	switch {
	case err == nil:
		return nil
	case p.Kind() <= reflect.Complex128 || p.Kind() == reflect.String:
		return refused // as for every plain type
	}
	return unfit(reflect.TypeOf(dest).Elem(), err)
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
	if isNothing(&c.d) {
		clearDest(reflect.ValueOf(dest).Elem())
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
		return decodeInto(&c.d, c.values, dest)
	}
	raw, err := c.d.Raw()
	if err != nil {
		return undecodable(err)
	}
	raw = bytes.Clone(raw) // others may use the connection, whose buffer it lies in
	values := c.values.unboxed()
	return rowslock.Without(ctx, dest, func(_ driver.ScanContext, dest any) error {
		var d cbor.Decoder
		d.Reset(raw)
		return decodeInto(&d, values, dest)
	})
}

func decodeInto(d *cbor.Decoder, values decoding, dest any) error {
	p := reflect.ValueOf(dest).Elem()
	clearDest(p)
	s := scanInto{values: values, texts: values.boxes.Texts()}
	if err := s.into(d, p); err != nil {
		return unfit(reflect.TypeOf(dest).Elem(), err)
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
	if isNothing(&c.d) {
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

// route is how a destination that is none of the usual ones is filled.
type route uint8

const (
	byConversion route = iota // as database/sql does it, nothing beyond
	byPointer                 // nil, or a new value of what it points to
	byNull                    // one of the structs that have a value and Valid
	byType                    // as Into does it; database/sql can do nothing
	byEither                  // as database/sql does it, else as Into does
)

var routes sync.Map // of reflect.Type to route

// routeOf tells it for the type of a destination, a pointer.
func routeOf(t reflect.Type) route {
	if r, ok := routes.Load(t); ok {
		return r.(route)
	}
	r := newRoute(t)
	routes.Store(t, r)
	return r
}

var (
	nullTypes       = typeSet(sql.NullString{}, sql.NullInt64{}, sql.NullInt32{}, sql.NullInt16{}, sql.NullByte{}, sql.NullFloat64{}, sql.NullBool{}, sql.NullTime{})
	eitherTypes     = typeSet("", []byte(nil), uuid.UUID{}, models.CustomDurationString(""))
	conversionTypes = typeSet(sql.RawBytes(nil), sql.Rows{})
	resultTypes     = slices.AppendSeq([]reflect.Type{ // that are no scalars
		reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]byte](), reflect.TypeFor[Set](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[NoneType](),
	}, maps.Keys(geometryNames))
)

func newRoute(t reflect.Type) route {
	e := t.Elem()
	switch {
	case nullTypes[e], e.PkgPath() == "database/sql" && strings.HasPrefix(e.Name(), "Null["):
		return byNull
	case t.Implements(scannerType), conversionTypes[e]:
		return byConversion
	case e.Kind() == reflect.Pointer:
		return byPointer
	case eitherTypes[e]:
		return byEither
	}
	switch e.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		if convertible(e) {
			return byEither
		}
		return byType
	}
	if hasOwnDecoding(t) {
		return byEither
	}
	return byConversion
}

// convertible reports whether database/sql may find a value that it can convert
// to a type that is no scalar.
func convertible(e reflect.Type) bool {
	for _, from := range resultTypes {
		if from.Kind() == e.Kind() && from.ConvertibleTo(e) {
			return true
		}
	}
	return false
}

// unboxed is the decoding of values that are made while others may use the connection.
func (o decoding) unboxed() decoding { o.boxes = nil; return o }

// typeSet collects the types of some values.
func typeSet(values ...any) map[reflect.Type]bool {
	set := make(map[reflect.Type]bool, len(values))
	for _, v := range values {
		set[reflect.TypeOf(v)] = true
	}
	return set
}

// noteMisfit is of use before Go 1.27 only, see scan_go126.go.
func noteMisfit(_ any, err error) error { return err }
