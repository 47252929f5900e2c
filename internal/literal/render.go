package literal

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
)

// Append reads the next item of d and appends the literal for it.
func Append(b []byte, d *cbor.Decoder) ([]byte, error) { return appendValue(b, d, MaxDepth) }

// AppendKey is Append for the key of a record: a text is an identifier there,
// and only integers, texts, UUIDs, arrays, objects and ranges of those are keys.
func AppendKey(b []byte, d *cbor.Decoder) ([]byte, error) { return appendKey(b, d, MaxDepth) }

// AppendRecord reads the [table, key] behind a record id's tag.
func AppendRecord(b []byte, d *cbor.Decoder) ([]byte, error) { return appendRecord(b, d, MaxDepth) }

// AppendRange reads the [begin, end] behind a range's tag.
func AppendRange(b []byte, d *cbor.Decoder) ([]byte, error) {
	return appendRange(b, d, appendValue, MaxDepth)
}

type appender func(b []byte, d *cbor.Decoder, depth int) ([]byte, error)

func appendValue(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errDepth
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

// appendFloat writes without exponent, as the server does.
func appendFloat(b []byte, v float64, suffix string) []byte {
	switch {
	case v != v:
		return append(b, "NaN"...)
	case v > maxFloat:
		return append(b, "Infinity"...)
	case v < -maxFloat:
		return append(b, "-Infinity"...)
	}
	return append(strconv.AppendFloat(b, v, 'f', -1, 64), suffix...)
}

// eachItem calls f for every item of the array that is next.
func eachItem(d *cbor.Decoder, f func(i int) error) error {
	n, err := d.ArrayLen()
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := d.More(&n)
		if !more || err != nil {
			return err
		}
		if err := f(i); err != nil {
			return err
		}
	}
}

func appendList(b []byte, d *cbor.Decoder, open, end byte, depth int) ([]byte, error) {
	b = append(b, open)
	count := 0
	err := eachItem(d, func(i int) (err error) {
		if count++; i > 0 {
			b = append(b, ", "...)
		}
		b, err = appendValue(b, d, depth)
		return err
	})
	if open == '{' && count < 2 { // a set's mark, where no comma stands by itself
		b = append(b, ',')
	}
	return append(b, end), err
}

func appendObject(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	fields, err := fieldsOf(d, appendValue, depth)
	if err != nil {
		return b, err
	}
	slices.SortFunc(fields, func(x, y field) int { return strings.Compare(x.key, y.key) })
	b = append(b, "{ "...)
	for i, f := range fields {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(appendObjectKey(b, f.key), ": "...), f.text...)
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
	n, err := d.MapLen()
	if err != nil {
		return nil, err
	}
	fields := make([]field, 0, cbor.SizeHint(n))
	for {
		if more, err := d.More(&n); !more || err != nil {
			return fields, err
		}
		key, err := d.Text()
		if err != nil {
			return nil, err
		}
		text, err := render(nil, d, depth)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{key, text})
	}
}

func appendTagged(b []byte, d *cbor.Decoder, tag uint64, depth int) ([]byte, error) {
	switch tag {
	case TagNone:
		return append(b, "NONE"...), d.Skip()
	case TagTable:
		name, err := d.Text()
		return appendTable(b, name), err
	case TagRecord:
		return appendRecord(b, d, depth)
	case TagDecimal:
		s, err := d.Text()
		return append(append(b, s...), "dec"...), err
	case TagDatetime:
		t, err := ReadDatetime(d)
		return append(appendDatetime(append(b, "d'"...), t), '\''), err
	case TagDuration:
		s, ns, err := ReadDuration(d)
		return AppendDuration(b, s, ns), err
	case TagUUID:
		u, err := ReadUUID(d)
		return append(AppendUUID(append(b, "u'"...), u), '\''), err
	case TagRange:
		return appendRange(b, d, appendValue, depth)
	case TagFile:
		bucket, key, err := ReadFile(d)
		return append(AppendFile(append(b, `f"`...), bucket, key), '"'), err
	case TagSet:
		return appendList(b, d, '{', '}', depth)
	}
	if tag >= TagPoint && tag <= TagCollection {
		return appendGeometry(b, d, tag, depth)
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
		case tag == TagUUID:
			return appendTagged(b, d, tag, depth)
		case tag == TagRange:
			return appendRange(b, d, appendKey, depth)
		}
		return b, fmt.Errorf("a value with CBOR tag %d cannot be the key of a record: expected an integer, a text, a UUID, an array, an object or a range", tag)
	}
	return b, fmt.Errorf("%s cannot be the key of a record: expected an integer, a text, a UUID, an array, an object or a range", k)
}

func appendRecord(b []byte, d *cbor.Decoder, depth int) ([]byte, error) {
	if depth--; depth < 0 {
		return b, errDepth
	}
	if _, err := parts(d, "a record id", 2, 2); err != nil {
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
		return b, errDepth
	}
	if _, err := parts(d, "a range", 2, 2); err != nil {
		return b, err
	}
	b, err := appendBound(b, d, bound, 0, depth)
	if err != nil {
		return b, err
	}
	return appendBound(append(b, ".."...), d, bound, 1, depth)
}

// appendBound writes the ith bound of a range: an excluded begin is marked
// behind it, an included end before it.
func appendBound(b []byte, d *cbor.Decoder, bound appender, i, depth int) ([]byte, error) {
	if k, err := d.PeekKind(); err != nil || k == cbor.KindNull {
		return b, d.Null()
	}
	tag, err := d.Tag()
	if err != nil {
		return b, err
	}
	if tag != TagIncluded && tag != TagExcluded {
		return b, fmt.Errorf("CBOR tag %d as a bound of a range: expected 50, 51 or null", tag)
	}
	if i == 1 && tag == TagIncluded {
		b = append(b, '=')
	}
	b, err = bound(b, d, depth)
	if i == 0 && tag == TagExcluded {
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

// AppendUUID appends the usual form with hyphens.
func AppendUUID(b []byte, u [16]byte) []byte {
	b = append(hex.AppendEncode(b, u[:4]), '-')
	b = append(hex.AppendEncode(b, u[4:6]), '-')
	b = append(hex.AppendEncode(b, u[6:8]), '-')
	b = append(hex.AppendEncode(b, u[8:10]), '-')
	return hex.AppendEncode(b, u[10:])
}

// appendDatetime writes 0, 3, 6 or 9 digits of the second, and a year beyond
// 0 to 9999 with its sign.
func appendDatetime(b []byte, t time.Time) []byte {
	year := t.Year()
	switch {
	case year > 9999:
		b = fmt.Appendf(b, "+%d", year)
	case year < 0:
		b = fmt.Appendf(b, "-%04d", -year)
	default:
		b = fmt.Appendf(b, "%04d", year)
	}
	b = t.AppendFormat(b, "-01-02T15:04:05")
	switch ns := t.Nanosecond(); {
	case ns == 0:
	case ns%1_000_000 == 0:
		b = fmt.Appendf(b, ".%03d", ns/1_000_000)
	case ns%1000 == 0:
		b = fmt.Appendf(b, ".%06d", ns/1000)
	default:
		b = fmt.Appendf(b, ".%09d", ns)
	}
	return append(b, 'Z')
}
