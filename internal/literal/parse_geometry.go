package literal

import (
	"bytes"
	"slices"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Objects that are geometries. 3.0.2, 3.3.5 and 4.0 (beta 1) take an object of
// exactly the keys type and coordinates, or type and geometries, for one where the
// type is one of the seven and the coordinates are integers and floats in arrays of
// the right depth; all else stays an object. A collection of points as they are
// written, (1, 2), is a geometry in 4.0 only, but older servers write it so, too.

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
	i := slices.IndexFunc(wire.Geometries[:], func(g wire.Geometry) bool { return g.Name == name })
	if i < 0 {
		return nil, false
	}
	tag := wire.Geometries[i].Tag
	if tag == wire.TagCollection {
		return collectionOf(fields["geometries"])
	}
	if fields["coordinates"] == nil {
		return nil, false
	}
	var coordinates cbor.Decoder
	coordinates.Reset(fields["coordinates"])
	return appendShape(nil, &coordinates, tag)
}

// collectionOf takes the parts as they are: each has become a geometry before.
func collectionOf(parts []byte) (shape []byte, ok bool) {
	var d cbor.Decoder
	d.Reset(parts)
	if k, err := d.PeekKind(); err != nil || k != cbor.KindArray {
		return nil, false
	}
	for _, err := range d.Items() {
		if err != nil {
			return nil, false
		}
		if tag, err := d.Tag(); err != nil || !wire.IsGeometry(tag) || d.Skip() != nil {
			return nil, false
		}
	}
	return append(cbor.AppendTag(nil, wire.TagCollection), parts...), true
}

// appendShape makes a geometry with a tag of arrays of coordinates.
func appendShape(b []byte, d *cbor.Decoder, tag uint64) (_ []byte, ok bool) {
	if k, err := d.PeekKind(); err != nil || k != cbor.KindArray {
		return nil, false
	}
	if tag == wire.TagPoint {
		return appendCorner(b, d)
	}
	var parts [][]byte
	for _, err := range d.Items() {
		if err != nil {
			return nil, false
		}
		part, ok := appendShape(nil, d, wire.GeometryOf(tag).Part)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	if tag == wire.TagPolygon && len(parts) == 0 {
		return nil, false
	}
	b = cbor.AppendArrayHeader(cbor.AppendTag(b, tag), len(parts))
	for _, part := range parts {
		if tag == wire.TagPolygon {
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
	_ = wire.ExpectTag(&d, wire.TagLine)
	for range d.Items() {
		point, _ := d.Raw()
		points = append(points, point)
	}
	if len(points) < 2 || bytes.Equal(points[0], points[len(points)-1]) {
		return line
	}
	ring := cbor.AppendArrayHeader(cbor.AppendTag(nil, wire.TagLine), len(points)+1)
	for _, point := range append(points, points[0]) {
		ring = append(ring, point...)
	}
	return ring
}

// appendCorner makes a point of an array of two numbers.
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
		if place[i], err = wire.ReadCoordinate(d); err != nil {
			return nil, false
		}
	}
	return wire.AppendPoint(b, place[0], place[1]), true
}
