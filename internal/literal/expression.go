package literal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values as expressions, which the server evaluates wherever an expression may stand.

// MaxExpressionDepth bounds how deep values may lie in each other in a text. The
// server's parser reads arrays and objects 100 deep, parentheses and calls 20
// (3.3.5, 4.0); 3.0.2 all of them 20, and says so. The text around the literal
// needs some of that.
const MaxExpressionDepth = 48

// nesting is how many of these levels a pair of parentheses or a call costs.
const nesting = 4

var errTextDepth = errors.New("it holds more than " + strconv.Itoa(MaxExpressionDepth) + " values in each other, which the server's parser may not read")

// AppendExpression reads the next item of d and appends an expression that the
// server evaluates to it, wherever an expression may stand. [Append] writes what
// reads back as a value; as an expression `person` would be a field, -5 after a
// minus a comment, an object with a type and coordinates a geometry, and the set
// {a:1} an object.
func AppendExpression(b []byte, d *cbor.Decoder) ([]byte, error) {
	return appendExpression(b, d, MaxExpressionDepth)
}

func appendExpression(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errTextDepth
	}
	k, err := d.PeekKind()
	if err != nil {
		return b, err
	}
	switch k {
	case cbor.KindInt, cbor.KindFloat:
		return bracketed(b, func(b []byte) ([]byte, error) { return appendValue(b, d, 1) })
	case cbor.KindArray:
		return appendExpressions(b, d, depth)
	case cbor.KindMap:
		return appendEntries(b, d, depth)
	case cbor.KindTag:
		tag, err := d.Tag()
		if err != nil {
			return b, err
		}
		return appendTaggedExpression(b, d, tag, depth)
	}
	return appendValue(b, d, 1)
}

// bracketed puts what begins with a sign or a cast into parentheses: `1 -` and `-5` make a
// comment, `a` and `<f32>NaN` a comparison.
func bracketed(b []byte, write func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(b)
	b, err := write(append(b, '('))
	if err == nil && b[start+1] != '-' && b[start+1] != '<' {
		return append(b[:start], b[start+1:]...), nil
	}
	return append(b, ')'), err
}

func appendExpressions(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	b = append(b, '[')
	for i, err := range d.Items() {
		if err == nil {
			b, err = appendExpression(appendComma(b, i), d, depth)
		}
		if err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// appendEntries writes an object. One with a geometry's type is made by a
// function, since the parser takes it for the geometry.
func appendEntries(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	fields, err := fieldsOf(d, appendExpression, depth)
	if err != nil {
		return b, err
	}
	typed := slices.ContainsFunc(fields, func(f field) bool { return f.key == "type" && isGeometryType(f.text) })
	if typed && depth < nesting {
		return b, errTextDepth
	}
	if len(fields) == 0 {
		return append(b, "{}"...), nil
	}
	open, mid, end := "{ ", ": ", " }"
	if typed {
		open, mid, end = "object::from_entries([[", ", ", "]])"
	}
	b = append(b, open...)
	for i, f := range fields {
		switch {
		case i > 0 && typed:
			b = append(b, "], ["...)
		case i > 0:
			b = append(b, ", "...)
		}
		b = append(append(appendQuoted(b, '"', f.key), mid...), f.text...)
	}
	return append(b, end...), nil
}

// isGeometryType reports whether a rendered string is the type of a geometry.
func isGeometryType(text []byte) bool {
	name := strings.Trim(string(text), "'")
	return slices.ContainsFunc(wire.Geometries[:], func(g wire.Geometry) bool { return strings.EqualFold(name, g.Name) })
}

func appendTaggedExpression(b []byte, d *cbor.Decoder, tag uint64, depth int) ([]byte, error) {
	switch tag {
	case wire.TagTable:
		name, err := d.Text()
		return append(AppendString(append(b, "type::table("...), name), ')'), err
	case wire.TagRecord:
		return appendRecordExpression(b, d, depth)
	case wire.TagDecimal:
		return bracketed(b, func(b []byte) ([]byte, error) { return appendTagged(b, d, tag, 1) })
	case wire.TagRange:
		b, err := appendRange(append(b, '('), d, appendExpression, depth-nesting)
		return append(b, ')'), err
	case wire.TagSet:
		b, err := appendExpressions(append(b, "(<set>"...), d, depth-nesting)
		return append(b, ')'), err
	case wire.TagCollection:
		return appendCollection(b, d, depth)
	case wire.TagFile:
		return appendFileExpression(b, d)
	}
	if wire.IsSized(tag) {
		return bracketed(b, func(b []byte) ([]byte, error) { return appendSized(b, d, tag) })
	}
	return appendTagged(b, d, tag, depth)
}

// appendFileExpression writes f"bucket:/key" where that needs no escapes, which the parser takes
// in no such text (3.3.5, 4.0 beta 1), though 3.3.5 writes them.
func appendFileExpression(b []byte, d *cbor.Decoder) ([]byte, error) {
	bucket, key, err := wire.ReadFile(d)
	if text := AppendFile(nil, bucket, key); bytes.IndexByte(text, '\\') < 0 {
		return append(append(append(b, `f"`...), text...), '"'), err
	}
	b = append(AppendString(append(b, "type::file("...), bucket), ", "...)
	return append(AppendString(b, key), ')'), err
}

// appendCollection writes the points of a collection as objects: the parser
// takes it for an object otherwise. That is what it is taken for, too, when the
// server (3.0.2, 3.3.5) reads a definition back that it has written down.
func appendCollection(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errTextDepth
	}
	b = append(b, "{ type: 'GeometryCollection', geometries: ["...)
	for i, err := range d.Items() {
		if err == nil {
			b, err = appendPart(appendComma(b, i), d, depth)
		}
		if err != nil {
			return b, err
		}
	}
	return append(b, "] }"...), nil
}

// appendPart writes a geometry of a collection.
func appendPart(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	tag, err := d.Tag()
	switch {
	case err != nil:
		return b, err
	case !wire.IsGeometry(tag):
		return b, fmt.Errorf("CBOR tag %d within a geometry", tag)
	case tag == wire.TagPoint:
		b, err = appendCoordinates(append(b, "{ type: 'Point', coordinates: "...), d, tag)
		return append(b, " }"...), err
	case tag == wire.TagCollection:
		return appendCollection(b, d, depth)
	}
	return appendGeometry(b, d, tag, depth)
}

// appendRecordExpression quotes both names, which may be words of the language.
func appendRecordExpression(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if err := wire.ReadPair(d, "a record id"); err != nil {
		return b, err
	}
	table, err := d.Text()
	if err != nil {
		return b, err
	}
	return appendKeyExpression(append(appendQuoted(b, '`', table), ':'), d, depth)
}

func appendKeyExpression(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	k, err := d.PeekKind()
	if err != nil {
		return b, err
	}
	switch k {
	case cbor.KindText:
		s, err := d.Text()
		return appendQuoted(b, '`', s), err
	case cbor.KindArray:
		return appendExpressions(b, d, depth)
	case cbor.KindMap:
		start := len(b)
		b, err := appendEntries(b, d, depth)
		if err == nil && strings.HasPrefix(string(b[start:]), "object") {
			err = errors.New("an object with the type of a geometry cannot be written as the key of a record")
		}
		return b, err
	case cbor.KindTag:
		if tag, err := d.Tag(); err != nil || tag != wire.TagRange {
			if err != nil || tag != wire.TagUUID {
				return b, errors.Join(errors.New("the key of a record is an integer, a text, a UUID, an array, an object or a range"), err)
			}
			return appendTagged(b, d, tag, depth)
		}
		return appendRange(b, d, appendKeyExpression, depth)
	}
	return appendKey(b, d, 1)
}
