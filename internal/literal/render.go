package literal

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Values as literals.

// Append reads the next item of d and appends the literal for it.
func Append(b []byte, d *cbor.Decoder) ([]byte, error) { return appendValue(b, d, wire.MaxDepth) }

// AppendKey is Append for the key of a record: a text is an identifier there,
// and only integers, texts, UUIDs, arrays, objects and ranges of those are keys.
func AppendKey(b []byte, d *cbor.Decoder) ([]byte, error) { return appendKey(b, d, wire.MaxDepth) }

// AppendRecord reads the [table, key] after a record id's tag.
func AppendRecord(b []byte, d *cbor.Decoder) ([]byte, error) {
	return appendRecord(b, d, wire.MaxDepth)
}

// AppendRange reads the [begin, end] after a range's tag.
func AppendRange(b []byte, d *cbor.Decoder) ([]byte, error) {
	return appendRange(b, d, appendValue, wire.MaxDepth)
}

type appender func(b []byte, d *cbor.Decoder, depth int) ([]byte, error)

func appendValue(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, wire.ErrDepth
	}
	k, err := d.PeekKind()
	if err != nil {
		return b, err
	}
	switch k {
	case cbor.KindInt:
		v, err := d.Int()
		return strconv.AppendInt(b, v, 10), err
	case cbor.KindFloat:
		v, err := d.Float()
		return appendFloat(b, v, "f"), err
	case cbor.KindBool:
		v, err := d.Bool()
		return strconv.AppendBool(b, v), err
	case cbor.KindNull:
		return append(b, "NULL"...), d.Null()
	case cbor.KindText:
		s, err := d.Text()
		return AppendString(b, s), err
	case cbor.KindBytes:
		v, err := d.BytesView()
		return append(fmt.Appendf(append(b, `b"`...), "%X", v), '"'), err
	case cbor.KindArray:
		return appendList(b, d, '[', ']', depth)
	case cbor.KindMap:
		return appendObject(b, d, depth)
	case cbor.KindTag:
		tag, err := d.Tag()
		if err != nil {
			return b, err
		}
		return appendTagged(b, d, tag, depth)
	}
	return b, fmt.Errorf("%s has no literal", k)
}

// appendComma parts the items of a list.
func appendComma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ", "...)
	}
	return b
}

func appendList(b []byte, d *cbor.Decoder, open, end byte, depth int) ([]byte, error) {
	b = append(b, open)
	count := 0
	for i, err := range d.Items() {
		if err == nil {
			b, err = appendValue(appendComma(b, i), d, depth)
		}
		if err != nil {
			return b, err
		}
		count++
	}
	if open == '{' && count < 2 { // a set's mark, where no comma stands by itself
		b = append(b, ',')
	}
	return append(b, end), nil
}

func appendObject(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	fields, err := fieldsOf(d, appendValue, depth)
	if err != nil {
		return b, err
	}
	slices.SortFunc(fields, func(x, y field) int { return strings.Compare(x.key, y.key) })
	b = append(b, "{ "...)
	for i, f := range fields {
		b = append(append(appendObjectKey(appendComma(b, i), f.key), ": "...), f.text...)
	}
	return append(b, " }"...), nil
}

// field is a field of an object whose value is rendered already.
type field struct {
	key  string
	text []byte
}

// fieldsOf renders the values of the object that is next.
func fieldsOf(d *cbor.Decoder, render func([]byte, *cbor.Decoder, int) ([]byte, error), depth int) ([]field, error) {
	var fields []field
	for key, err := range d.Pairs() {
		if err != nil {
			return nil, err
		}
		name := string(key)
		text, err := render(nil, d, depth)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{name, text})
	}
	return fields, nil
}

func appendTagged(b []byte, d *cbor.Decoder, tag uint64, depth int) ([]byte, error) {
	switch tag {
	case wire.TagNone:
		return append(b, "NONE"...), d.Skip()
	case wire.TagTable:
		name, err := d.Text()
		return appendTable(b, name), err
	case wire.TagRecord:
		return appendRecord(b, d, depth)
	case wire.TagDecimal:
		s, err := d.Text()
		return append(append(b, s...), "dec"...), err
	case wire.TagDatetime:
		t, err := wire.ReadDatetime(d)
		return append(appendDatetime(append(b, "d'"...), t), '\''), err
	case wire.TagDuration:
		s, ns, err := wire.ReadDuration(d)
		return AppendDuration(b, s, ns), err
	case wire.TagUUID:
		u, err := wire.ReadUUID(d)
		return append(AppendUUID(append(b, "u'"...), u), '\''), err
	case wire.TagRange:
		return appendRange(b, d, appendValue, depth)
	case wire.TagFile:
		bucket, key, err := wire.ReadFile(d)
		return append(AppendFile(append(b, `f"`...), bucket, key), '"'), err
	case wire.TagSet:
		return appendList(b, d, '{', '}', depth)
	}
	switch {
	case wire.IsGeometry(tag):
		return appendGeometry(b, d, tag, depth)
	case wire.IsSized(tag):
		return appendSized(b, d, tag)
	}
	return b, fmt.Errorf("a value with CBOR tag %d has no literal", tag)
}

func appendKey(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	k, err := d.PeekKind()
	if err != nil {
		return b, err
	}
	switch k {
	case cbor.KindText:
		s, err := d.Text()
		return AppendIdent(b, s), err
	case cbor.KindInt, cbor.KindArray, cbor.KindMap:
		return appendValue(b, d, depth)
	case cbor.KindTag:
		tag, err := d.Tag()
		switch {
		case err != nil:
			return b, err
		case tag == wire.TagUUID:
			return appendTagged(b, d, tag, depth)
		case tag == wire.TagRange:
			return appendRange(b, d, appendKey, depth)
		case wire.IsSized(tag):
			return b, fmt.Errorf("numbers of type %s cannot be the key of a record: its integers end at %d", wire.SizedName(tag), int64(math.MaxInt64))
		}
		return b, fmt.Errorf("a value with CBOR tag %d cannot be the key of a record: expected an integer, a text, a UUID, an array, an object or a range", tag)
	}
	return b, fmt.Errorf("%s cannot be the key of a record: expected an integer, a text, a UUID, an array, an object or a range", k)
}

func appendRecord(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, wire.ErrDepth
	}
	if err := wire.ReadPair(d, "a record id"); err != nil {
		return b, err
	}
	table, err := d.TextBytes()
	if err != nil {
		return b, err
	}
	return appendKey(append(AppendIdent(b, table), ':'), d, depth)
}

func appendRange(b []byte, d *cbor.Decoder, bound appender, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, wire.ErrDepth
	}
	if err := wire.ReadPair(d, "a range"); err != nil {
		return b, err
	}
	b, err := appendBound(b, d, bound, 0, depth)
	if err != nil {
		return b, err
	}
	return appendBound(append(b, ".."...), d, bound, 1, depth)
}

// appendBound writes the ith bound of a range: an excluded begin is marked
// after it, an included end before it.
func appendBound(b []byte, d *cbor.Decoder, bound appender, i, depth int) ([]byte, error) {
	if k, err := d.PeekKind(); err != nil || k == cbor.KindNull {
		return b, d.Null()
	}
	tag, err := d.Tag()
	if err != nil {
		return b, err
	}
	if tag != wire.TagIncluded && tag != wire.TagExcluded {
		return b, fmt.Errorf("CBOR tag %d as a bound of a range: expected 50, 51 or null", tag)
	}
	if i == 1 && tag == wire.TagIncluded {
		b = append(b, '=')
	}
	b, err = bound(b, d, depth)
	if i == 0 && tag == wire.TagExcluded {
		b = append(b, '>')
	}
	return b, err
}

// appendTable quotes what by itself is something else: 1h is a duration, none
// is a value.
func appendTable(b []byte, name string) []byte {
	switch upper := strings.ToUpper(name); {
	case name != "" && isDigit(name[0]), upper == "TRUE", upper == "FALSE", upper == "NULL", upper == "NONE":
		return appendQuoted(b, '`', name)
	}
	return AppendIdent(b, name)
}
