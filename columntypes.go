package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// columnType is what the values of a column in one result are. The server tells
// no types, so they are read off the values, when somebody asks.
type columnType struct {
	name string
	scan reflect.Type
	null bool
	none bool // a NONE that WithExactTypes shows as one
	more bool // rows that have not arrived yet may be otherwise
}

var anyType = reflect.TypeFor[any]()

// columnType looks through the whole result, once for all columns. It does not
// move the row that comes next.
func (s *resultSet) columnType(i int) columnType {
	if s.types == nil {
		s.types = s.learnTypes()
	}
	return s.types[i]
}

func (s *resultSet) learnTypes() []columnType {
	types := make([]columnType, len(s.columns))
	for i := range types {
		types[i].scan = anyType
	}
	look := *s
	look.read.types, look.done = true, false
	look.tail = nil
	if s.tail != nil && s.raw == nil {
		for i := range types {
			types[i].more = true
		}
		look.peekArrived()
	} else if look.rewind() != nil {
		return types
	}
	row := make([]driver.Value, len(types))
	for look.next(row) == nil {
		for i := range types {
			t, _ := row[i].(columnType)
			types[i].add(t)
		}
	}
	return types
}

// peekArrived makes a copy of a set that is arriving look at those rows that are here
// already, and no others.
func (s *resultSet) peekArrived() {
	s.own.Reset(s.dec.Rest())
	s.dec = &s.own
	if s.unplaced == nil {
		return
	}
	first, left := s.own, s.left
	if more, err := first.More(&left); err != nil || !more {
		return
	}
	if row, err := first.Raw(); err != nil || s.placeBy(s.unplaced, row) != nil {
		s.done = true
	}
}

// add joins what another value of the column is. The zero columnType is NULL,
// NONE or a key that is missing.
func (t *columnType) add(v columnType) {
	switch {
	case v.name == "":
		t.null, t.none = true, t.none || v.none
	case t.name == "":
		t.name, t.scan = v.name, v.scan
	case t.name != v.name:
		t.name, t.scan = "any", anyType
	case t.scan != v.scan:
		t.scan = anyType
	}
}

// destination gives the type of a variable that takes all values of the column, as far
// as they are known.
func (t columnType) destination() reflect.Type {
	switch {
	case t.scan == nil:
		return anyType
	case t.none:
		return anyType // nothing else takes a None
	case !t.null && !t.more:
		return t.scan
	case takesNull[t.scan] != nil:
		return takesNull[t.scan]
	}
	return reflect.PointerTo(t.scan)
}

// takesNull are the types that database/sql has for values that may be NULL.
var takesNull = map[reflect.Type]reflect.Type{
	anyType:                      anyType,
	reflect.TypeFor[[]byte]():    reflect.TypeFor[[]byte](),
	stringType:                   reflect.TypeFor[sql.NullString](),
	int64Type:                    reflect.TypeFor[sql.NullInt64](),
	float64Type:                  reflect.TypeFor[sql.NullFloat64](),
	reflect.TypeFor[bool]():      reflect.TypeFor[sql.NullBool](),
	reflect.TypeFor[time.Time](): reflect.TypeFor[sql.NullTime](),
}

// typeOf reads a value and tells what it is: SurrealDB's name of its type, which
// the exact value shows, and the type of what is made of it. That differs with
// WithExactTypes, and within one type for long durations.
func (o reader) typeOf(d *cbor.Decoder) (driver.Value, error) {
	var again cbor.Decoder
	again.Reset(d.Rest())
	exact, err := decodeExact(&again)
	if err != nil {
		return nil, err
	}
	o.types = false
	v, err := o.read(d)
	if err != nil || exact == nil || exact == None {
		return columnType{none: o.exact && exact == None}, err
	}
	return columnType{name: databaseTypeName(exact), scan: reflect.TypeOf(v)}, nil
}
