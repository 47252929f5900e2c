package surrealsql

import (
	"fmt"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// Geometries are the SDK's models both ways, so that a program can move between
// the SDK and this driver with its types.

// decodeGeometry reads what stands behind the tag of a geometry.
func decodeGeometry(d *cbor.Decoder, tag uint64, depth int) (any, error) {
	switch tag {
	case literal.TagPoint:
		return boxed(decodePoint(d))
	case literal.TagLine:
		return boxed(decodeLine(d))
	case literal.TagPolygon:
		return boxed(decodePolygon(d))
	case literal.TagMultiPoint:
		return boxed(decodeParts[models.GeometryMultiPoint](d, literal.TagPoint, decodePoint))
	case literal.TagMultiLine:
		return boxed(decodeParts[models.GeometryMultiLine](d, literal.TagLine, decodeLine))
	case literal.TagMultiPolygon:
		return boxed(decodeParts[models.GeometryMultiPolygon](d, literal.TagPolygon, decodePolygon))
	}
	return boxed(decodeCollection(d, depth))
}

func decodePoint(d *cbor.Decoder) (models.GeometryPoint, error) {
	x, y, err := literal.ReadPoint(d)
	return models.GeometryPoint{Longitude: x, Latitude: y}, err
}

func decodeLine(d *cbor.Decoder) (models.GeometryLine, error) {
	return decodeParts[models.GeometryLine](d, literal.TagPoint, decodePoint)
}

func decodePolygon(d *cbor.Decoder) (models.GeometryPolygon, error) {
	return decodeParts[models.GeometryPolygon](d, literal.TagLine, decodeLine)
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
		if err := literal.ExpectTag(d, tag); err != nil {
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
		if tag < literal.TagPoint || tag > literal.TagCollection {
			return nil, fmt.Errorf("the server sent CBOR tag %d within a geometry", tag)
		}
		v, err := decodeGeometry(d, tag, depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, v)
	}
}

func appendPoint(b []byte, p models.GeometryPoint) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, literal.TagPoint), 2)
	return cbor.AppendFloat(cbor.AppendFloat(b, p.Longitude), p.Latitude)
}

func appendPoints[S ~[]models.GeometryPoint](b []byte, tag uint64, points S) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tag), len(points))
	for _, p := range points {
		b = appendPoint(b, p)
	}
	return b
}

func appendLines[S ~[]models.GeometryLine](b []byte, tag uint64, lines S) []byte {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tag), len(lines))
	for _, l := range lines {
		b = appendPoints(b, literal.TagLine, l)
	}
	return b
}

// appendPolygon refuses a polygon without a line: the server refuses the whole
// request that holds one (3.0.2).
func appendPolygon(b []byte, p models.GeometryPolygon) ([]byte, error) {
	if len(p) == 0 {
		return b, fmt.Errorf("a polygon without lines: SurrealDB needs at least the outer one")
	}
	return appendLines(b, literal.TagPolygon, p), nil
}

func appendMultiPolygon(b []byte, polygons models.GeometryMultiPolygon) (_ []byte, err error) {
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, literal.TagMultiPolygon), len(polygons))
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
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, literal.TagCollection), len(parts))
	for i, p := range parts {
		start := len(b)
		if b, err = appendAny(b, p, enc, depth); err != nil {
			return b, atIndex(i, err)
		}
		if part := b[start:]; len(part) < 2 || part[0] != 0xd8 || part[1] < literal.TagPoint || part[1] > literal.TagCollection {
			return b, atIndex(i, fmt.Errorf("%T in a collection of geometries", p))
		}
	}
	return b, nil
}
