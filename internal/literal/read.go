package literal

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

const maxFloat = math.MaxFloat64

var (
	errDepth      = errors.New("more than 250 values in each other")
	errNoGeometry = errors.New("no geometry")
)

// parts reads the head of one of SurrealDB's small arrays. They always come
// with their length.
func parts(d *cbor.Decoder, what string, least, most int) (int, error) {
	n, err := d.ArrayLen()
	if err == nil && (n < least || n > most) {
		err = fmt.Errorf("%s of %d parts: expected %d", what, n, most)
	}
	return n, err
}

// pair is the head of an array of two.
var pair = cbor.AppendArrayHeader(nil, 2)[0]

// ReadDatetime reads the [seconds, nanoseconds] behind a datetime's tag.
func ReadDatetime(d *cbor.Decoder) (time.Time, error) {
	if t, size := ShortDatetime(d.Rest()); size > 0 {
		d.Advance(size)
		return t, nil
	}
	if _, err := parts(d, "a datetime", 2, 2); err != nil {
		return time.Time{}, err
	}
	s, err := d.Int()
	if err != nil {
		return time.Time{}, err
	}
	ns, err := readNanos(d, "a datetime")
	return time.Unix(s, int64(ns)).UTC(), err
}

// ShortDatetime reads a datetime, behind its tag, of integers that are short. size is 0
// where b does not begin with one.
func ShortDatetime(b []byte) (t time.Time, size int) {
	if len(b) == 0 || b[0] != pair {
		return t, 0
	}
	s, n := cbor.ShortInt(b[1:])
	ns, m := cbor.ShortInt(b[1+n:])
	if n == 0 || m == 0 || uint64(ns) >= nanosPerSecond {
		return t, 0
	}
	return time.Unix(s, ns).UTC(), 1 + n + m
}

// ReadDuration reads the [], [seconds] or [seconds, nanoseconds] behind a
// duration's tag.
func ReadDuration(d *cbor.Decoder) (seconds uint64, nanos uint32, err error) {
	n, err := parts(d, "a duration", 0, 2)
	if err == nil && n > 0 {
		seconds, err = d.Uint()
	}
	if err == nil && n > 1 {
		nanos, err = readNanos(d, "a duration")
	}
	return seconds, nanos, err
}

func readNanos(d *cbor.Decoder, what string) (uint32, error) {
	ns, err := d.Int()
	if err == nil && (ns < 0 || ns >= nanosPerSecond) {
		err = fmt.Errorf("%s with %d nanoseconds: expected 0 or more, and less than a second", what, ns)
	}
	return uint32(ns), err
}

// ReadUUID reads the 16 bytes behind a UUID's tag.
func ReadUUID(d *cbor.Decoder) (u [16]byte, err error) {
	b, err := d.BytesView()
	if err == nil && len(b) != len(u) {
		err = fmt.Errorf("a UUID of %d bytes: expected 16", len(b))
	}
	copy(u[:], b)
	return u, err
}

// ReadFile reads the [bucket, key] behind a file's tag.
func ReadFile(d *cbor.Decoder) (bucket, key string, err error) {
	if _, err = parts(d, "a file", 2, 2); err != nil {
		return "", "", err
	}
	if bucket, err = d.Text(); err == nil {
		key, err = d.Text()
	}
	return bucket, key, err
}

// ReadPoint reads the [x, y] behind a point's tag.
func ReadPoint(d *cbor.Decoder) (x, y float64, err error) {
	if _, err = parts(d, "a point", 2, 2); err != nil {
		return 0, 0, err
	}
	if x, err = readCoordinate(d); err == nil {
		y, err = readCoordinate(d)
	}
	return x, y, err
}

func readCoordinate(d *cbor.Decoder) (float64, error) {
	if k, _ := d.PeekKind(); k == cbor.KindInt {
		v, err := d.Int()
		return float64(v), err
	}
	return d.Float()
}

// ExpectTag reads a tag that must be want.
func ExpectTag(d *cbor.Decoder, want uint64) error {
	tag, err := d.Tag()
	if err == nil && tag != want {
		err = fmt.Errorf("CBOR tag %d where %d was expected", tag, want)
	}
	return err
}

// geometries names what lies behind each geometry's tag: its name in GeoJSON
// and the tag of its parts.
var geometries = map[uint64]struct {
	name string
	part uint64
}{
	TagLine:         {"LineString", TagPoint},
	TagPolygon:      {"Polygon", TagLine},
	TagMultiPoint:   {"MultiPoint", TagPoint},
	TagMultiLine:    {"MultiLineString", TagLine},
	TagMultiPolygon: {"MultiPolygon", TagPolygon},
}

func appendGeometry(b []byte, d *cbor.Decoder, tag uint64, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errDepth
	}
	var err error
	switch tag {
	case TagPoint:
		b, err = appendPoint(append(b, '('), d)
		return append(b, ')'), err
	case TagCollection:
		b = append(b, "{ type: 'GeometryCollection', geometries: "...)
		b, err = appendList(b, d, '[', ']', depth)
	default:
		b = append(append(append(b, "{ type: '"...), geometries[tag].name...), "', coordinates: "...)
		b, err = appendCoordinates(b, d, tag)
	}
	return append(b, " }"...), err
}

func appendPoint(b []byte, d *cbor.Decoder) ([]byte, error) {
	x, y, err := ReadPoint(d)
	return appendCoordinate(append(appendCoordinate(b, x), ", "...), y), err
}

// appendCoordinate writes a float without a suffix, and infinities as inf, as the
// server does (3.0.2 to 4.0, beta 1).
func appendCoordinate(b []byte, v float64) []byte {
	switch {
	case v > maxFloat:
		return append(b, "inf"...)
	case v < -maxFloat:
		return append(b, "-inf"...)
	}
	return appendFloat(b, v, "")
}

func appendCoordinates(b []byte, d *cbor.Decoder, tag uint64) ([]byte, error) {
	b = append(b, '[')
	if tag == TagPoint {
		b, err := appendPoint(b, d)
		return append(b, ']'), err
	}
	err := eachItem(d, func(i int) (err error) {
		if i > 0 {
			b = append(b, ", "...)
		}
		if err := ExpectTag(d, geometries[tag].part); err != nil {
			return err
		}
		b, err = appendCoordinates(b, d, geometries[tag].part)
		return err
	})
	return append(b, ']'), err
}
