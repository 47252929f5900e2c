//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql"
	"reflect"
	"strings"
	"sync"
	"time"
	"uuid"

	"github.com/surrealdb/surrealdb.go/pkg/models"
)

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
	resultTypes     = []reflect.Type{ // that are no scalars
		reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]byte](), reflect.TypeFor[Set](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[NoneType](), reflect.TypeFor[models.GeometryPoint](),
		reflect.TypeFor[models.GeometryLine](), reflect.TypeFor[models.GeometryPolygon](), reflect.TypeFor[models.GeometryMultiPoint](),
		reflect.TypeFor[models.GeometryMultiLine](), reflect.TypeFor[models.GeometryMultiPolygon](), reflect.TypeFor[models.GeometryCollection](),
	}
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
	if readsItself(t) {
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
