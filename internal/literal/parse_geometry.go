package literal

import (
	"bytes"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Objects that are geometries. 3.0.2, 3.3.5 and 4.0 (beta 1) take an object of
// exactly the keys type and coordinates, or type and geometries, for one where the
// type is one of the seven and the coordinates are integers and floats in arrays of
// the right depth; all else stays an object. A collection of points as they are
// written, (1, 2), is a geometry in 4.0 only, but older servers write it so, too.

// shapes tells how deep the arrays of coordinates lie, by the type's name, and the
// tags from the outside in.
var shapes = map[string][]uint64{
	"Point":           {TagPoint},
	"LineString":      {TagLine, TagPoint},
	"Polygon":         {TagPolygon, TagLine, TagPoint},
	"MultiPoint":      {TagMultiPoint, TagPoint},
	"MultiLineString": {TagMultiLine, TagLine, TagPoint},
	"MultiPolygon":    {TagMultiPolygon, TagPolygon, TagLine, TagPoint},
}

// geometryOf makes the geometry of an object, if it is one.
func geometryOf(object []byte) (shape []byte, ok bool) {
	var d cbor.Decoder
	d.Reset(object)
	if n, err := d.MapLen(); err != nil || n != 2 {
		return nil, false
	}
	fields := map[string][]byte{}
	for range 2 {
		key, err := d.Text()
		if err != nil {
			return nil, false
		}
		if fields[key], err = d.Raw(); err != nil {
			return nil, false
		}
	}
	var kind cbor.Decoder
	kind.Reset(fields["type"])
	if k, err := kind.PeekKind(); err != nil || k != cbor.KindText {
		return nil, false
	}
	name, _ := kind.Text()
	if name == "GeometryCollection" {
		return collectionOf(fields["geometries"])
	}
	tags := shapes[name]
	if tags == nil || fields["coordinates"] == nil {
		return nil, false
	}
	var coordinates cbor.Decoder
	coordinates.Reset(fields["coordinates"])
	return appendShape(nil, &coordinates, tags)
}

// collectionOf takes the parts as they are: each has become a geometry before.
func collectionOf(parts []byte) (shape []byte, ok bool) {
	var d cbor.Decoder
	d.Reset(parts)
	if k, err := d.PeekKind(); err != nil || k != cbor.KindArray {
		return nil, false
	}
	err := eachItem(&d, func(int) error {
		tag, err := d.Tag()
		if err == nil && (tag < TagPoint || tag > TagCollection) {
			err = errNoGeometry
		}
		if err != nil {
			return err
		}
		return d.Skip()
	})
	return append(cbor.AppendTag(nil, TagCollection), parts...), err == nil
}

// appendShape gives arrays of coordinates their tags.
func appendShape(b []byte, d *cbor.Decoder, tags []uint64) (_ []byte, ok bool) {
	if k, err := d.PeekKind(); err != nil || k != cbor.KindArray {
		return nil, false
	}
	if tags[0] == TagPoint {
		return appendCorner(b, d)
	}
	var parts [][]byte
	err := eachItem(d, func(int) error {
		part, ok := appendShape(nil, d, tags[1:])
		if !ok {
			return errNoGeometry
		}
		parts = append(parts, part)
		return nil
	})
	if err != nil || tags[0] == TagPolygon && len(parts) == 0 {
		return nil, false
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tags[0]), len(parts))
	for _, part := range parts {
		if tags[0] == TagPolygon {
			part = closed(part)
		}
		b = append(b, part...)
	}
	return b, true
}

// closed ends a polygon's line where it began, as the server does.
func closed(line []byte) []byte {
	var d cbor.Decoder
	d.Reset(line)
	var points [][]byte
	_ = ExpectTag(&d, TagLine)
	_ = eachItem(&d, func(int) error {
		point, err := d.Raw()
		points = append(points, point)
		return err
	})
	if len(points) < 2 || bytes.Equal(points[0], points[len(points)-1]) {
		return line
	}
	ring := cbor.AppendArrayHeader(cbor.AppendTag(nil, TagLine), len(points)+1)
	for _, point := range append(points, points[0]) {
		ring = append(ring, point...)
	}
	return ring
}

func appendCorner(b []byte, d *cbor.Decoder) (_ []byte, ok bool) {
	var place [2]float64
	if n, err := d.ArrayLen(); err != nil || n != len(place) {
		return nil, false
	}
	for i := range place {
		k, err := d.PeekKind()
		if err != nil || k != cbor.KindInt && k != cbor.KindFloat {
			return nil, false
		}
		if place[i], err = readCoordinate(d); err != nil {
			return nil, false
		}
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, TagPoint), len(place))
	return cbor.AppendFloat(cbor.AppendFloat(b, place[0]), place[1]), true
}
