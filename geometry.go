package surrealsql

import (
	"fmt"
	"reflect"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Geometries are the SDK's models both ways, so that a program can move between
// the SDK and this driver with its types.

// geometryNames are these models with SurrealDB's names of their types, as type::of
// says them. decodeGeometry makes each of them, and appendGeometry writes it.
var geometryNames = map[reflect.Type]string{
	reflect.TypeFor[models.GeometryPoint]():        "geometry<point>",
	reflect.TypeFor[models.GeometryLine]():         "geometry<line>",
	reflect.TypeFor[models.GeometryPolygon]():      "geometry<polygon>",
	reflect.TypeFor[models.GeometryMultiPoint]():   "geometry<multipoint>",
	reflect.TypeFor[models.GeometryMultiLine]():    "geometry<multiline>",
	reflect.TypeFor[models.GeometryMultiPolygon](): "geometry<multipolygon>",
	reflect.TypeFor[models.GeometryCollection]():   "geometry<collection>",
}

// decodeGeometry reads what stands after the tag of a geometry.
func decodeGeometry(d *cbor.Decoder, tag uint64, depth int) (any, error) {
	switch tag {
	case wire.TagPoint:
		return orError(decodePoint(d))
	case wire.TagLine:
		return orError(decodeLine(d))
	case wire.TagPolygon:
		return orError(decodePolygon(d))
	case wire.TagMultiPoint:
		return orError(decodeParts[models.GeometryMultiPoint](d, wire.TagPoint, decodePoint))
	case wire.TagMultiLine:
		return orError(decodeParts[models.GeometryMultiLine](d, wire.TagLine, decodeLine))
	case wire.TagMultiPolygon:
		return orError(decodeParts[models.GeometryMultiPolygon](d, wire.TagPolygon, decodePolygon))
	}
	return orError(decodeCollection(d, depth))
}

func decodePoint(d *cbor.Decoder) (models.GeometryPoint, error) {
	x, y, err := wire.ReadPoint(d)
	return models.GeometryPoint{Longitude: x, Latitude: y}, err
}

func decodeLine(d *cbor.Decoder) (models.GeometryLine, error) {
	return decodeParts[models.GeometryLine](d, wire.TagPoint, decodePoint)
}

func decodePolygon(d *cbor.Decoder) (models.GeometryPolygon, error) {
	return decodeParts[models.GeometryPolygon](d, wire.TagLine, decodeLine)
}

// decodeParts reads an array of geometries that all have the same tag.
func decodeParts[S ~[]T, T any](d *cbor.Decoder, tag uint64, part func(*cbor.Decoder) (T, error)) (S, error) {
	n, err := d.ArrayLen()
	if err != nil {
		return nil, err
	}
	parts := make(S, 0, cbor.SizeHint(n))
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return parts, err
		}
		if err := wire.ExpectTag(d, tag); err != nil {
			return nil, err
		}
		v, err := part(d)
		if err != nil {
			return nil, err
		}
		parts = append(parts, v)
	}
}

func decodeCollection(d *cbor.Decoder, depth int) (models.GeometryCollection, error) {
	n, err := d.ArrayLen()
	if err != nil {
		return nil, err
	}
	if depth--; depth < 0 {
		return nil, fmt.Errorf("the server sent geometries more than %d deep in each other", cbor.MaxDepth)
	}
	parts := make(models.GeometryCollection, 0, cbor.SizeHint(n))
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return parts, err
		}
		tag, err := d.Tag()
		if err != nil {
			return nil, err
		}
		if !wire.IsGeometry(tag) {
			return nil, fmt.Errorf("the server sent CBOR tag %d within a geometry", tag)
		}
		v, err := decodeGeometry(d, tag, depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, v)
	}
}

// appendGeometry appends one of the models, and reports whether v is one.
func appendGeometry(b []byte, v any, enc encoding, depth int) (_ []byte, ok bool, err error) {
	switch v := v.(type) {
	case models.GeometryPoint:
		b = wire.AppendPoint(b, v.Longitude, v.Latitude)
	case models.GeometryLine:
		b = appendPoints(b, wire.TagLine, v)
	case models.GeometryPolygon:
		b, err = appendPolygon(b, v)
	case models.GeometryMultiPoint:
		b = appendPoints(b, wire.TagMultiPoint, v)
	case models.GeometryMultiLine:
		b = appendLines(b, wire.TagMultiLine, v)
	case models.GeometryMultiPolygon:
		b, err = appendMultiPolygon(b, v)
	case models.GeometryCollection:
		b, err = appendCollection(b, v, enc, depth)
	default:
		return b, false, nil
	}
	return b, true, err
}

func appendPoints[S ~[]models.GeometryPoint](b []byte, tag uint64, points S) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tag), len(points))
	for _, p := range points {
		b = wire.AppendPoint(b, p.Longitude, p.Latitude)
	}
	return b
}

func appendLines[S ~[]models.GeometryLine](b []byte, tag uint64, lines S) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tag), len(lines))
	for _, l := range lines {
		b = appendPoints(b, wire.TagLine, l)
	}
	return b
}

// appendPolygon refuses a polygon without a line: the server refuses the whole
// request that holds one (3.0.2).
func appendPolygon(b []byte, p models.GeometryPolygon) ([]byte, error) {
	if len(p) == 0 {
		return b, fmt.Errorf("a polygon without lines: SurrealDB needs at least the outer one")
	}
	return appendLines(b, wire.TagPolygon, p), nil
}

func appendMultiPolygon(b []byte, polygons models.GeometryMultiPolygon) (_ []byte, err error) {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagMultiPolygon), len(polygons))
	for i, p := range polygons {
		if b, err = appendPolygon(b, p); err != nil {
			return b, atIndex(i, err)
		}
	}
	return b, nil
}

func appendCollection(b []byte, parts models.GeometryCollection, enc encoding, depth int) (_ []byte, err error) {
	if depth -= 2; depth < 0 {
		return b, errTooDeep
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, wire.TagCollection), len(parts))
	for i, p := range parts {
		start := len(b)
		if b, err = appendAny(b, p, enc, depth); err != nil {
			return b, atIndex(i, err)
		}
		if tag, ok := wire.TagOf(b[start:]); !ok || !wire.IsGeometry(tag) {
			return b, atIndex(i, fmt.Errorf("%T in a collection of geometries", p))
		}
	}
	return b, nil
}
