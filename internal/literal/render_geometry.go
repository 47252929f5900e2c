package literal

import (
	"math"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Geometries as the text of their objects, and points as (x, y).

func appendGeometry(b []byte, d *cbor.Decoder, tag uint64, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, wire.ErrDepth
	}
	var err error
	switch tag {
	case wire.TagPoint:
		b, err = appendPoint(append(b, '('), d)
		return append(b, ')'), err
	case wire.TagCollection:
		b = append(b, "{ type: 'GeometryCollection', geometries: "...)
		b, err = appendList(b, d, '[', ']', depth)
	default:
		b = append(append(append(b, "{ type: '"...), wire.GeometryOf(tag).Name...), "', coordinates: "...)
		b, err = appendCoordinates(b, d, tag)
	}
	return append(b, " }"...), err
}

func appendPoint(b []byte, d *cbor.Decoder) ([]byte, error) {
	x, y, err := wire.ReadPoint(d)
	return appendCoordinate(append(appendCoordinate(b, x), ", "...), y), err
}

// appendCoordinate writes a float without a suffix, and infinities as inf, as the
// server does (3.0.2 to 4.0, beta 1).
func appendCoordinate(b []byte, v float64) []byte {
	switch {
	case v > math.MaxFloat64:
		return append(b, "inf"...)
	case v < -math.MaxFloat64:
		return append(b, "-inf"...)
	}
	return appendFloat(b, v, "")
}

func appendCoordinates(b []byte, d *cbor.Decoder, tag uint64) ([]byte, error) {
	b = append(b, '[')
	if tag == wire.TagPoint {
		b, err := appendPoint(b, d)
		return append(b, ']'), err
	}
	part := wire.GeometryOf(tag).Part
	for i, err := range d.Items() {
		if err == nil {
			err = wire.ExpectTag(d, part)
		}
		if err == nil {
			b, err = appendCoordinates(appendComma(b, i), d, part)
		}
		if err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}
