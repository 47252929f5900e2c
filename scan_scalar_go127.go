//go:build go1.27 && !purego

package surrealsql

import (
	"strconv"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// The usual types are scanned here, straight from a row's bytes.

// column is the value of a column on its way to a destination.
type column struct {
	d      cbor.Decoder // over the value, which NextRow has found well-formed
	values decoding
}

// plain scans into the usual types. Whatever is not the usual case, it leaves to
// database/sql, whose conversions and errors are the law.
func (c *column) plain(dest any) (done bool, err error) {
	kind, err := c.d.PeekKind()
	if err != nil {
		return true, err
	}
	switch p := dest.(type) {
	case *string:
		return c.text(kind, p)
	case *int:
		return integer(c, kind, p)
	case *int64:
		return integer(c, kind, p)
	case *float64:
		return c.float64(kind, p)
	case *bool:
		if kind == cbor.KindBool && p != nil {
			*p, err = c.d.Bool()
			return true, err
		}
	case *time.Time:
		return c.time(kind, p)
	case *RecordID:
		return c.record(kind, p)
	case *time.Duration:
		return c.duration(kind, p)
	case *[]byte:
		return c.bytes(kind, p)
	case *any:
		if p != nil {
			*p, err = c.values.decode(&c.d)
			return true, err
		}
	default:
		if done, err := c.narrow(kind, dest); done {
			return true, err
		}
		return false, nil
	}
	return false, nil
}

// narrow scans into the numbers of less usual widths.
func (c *column) narrow(kind cbor.Kind, dest any) (done bool, err error) {
	switch p := dest.(type) {
	case *int32:
		return integer(c, kind, p)
	case *int16:
		return integer(c, kind, p)
	case *int8:
		return integer(c, kind, p)
	case *uint:
		return integer(c, kind, p)
	case *uint64:
		return integer(c, kind, p)
	case *uint32:
		return integer(c, kind, p)
	case *uint16:
		return integer(c, kind, p)
	case *uint8:
		return integer(c, kind, p)
	case *float32:
		return c.float32(kind, p)
	}
	return false, nil
}

// integer stores an integer that fits.
func integer[T int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64](c *column, kind cbor.Kind, p *T) (bool, error) {
	if p == nil {
		return false, nil
	}
	var bits uint64
	var negative bool
	switch kind {
	case cbor.KindInt:
		v, err := c.d.Int()
		if err != nil {
			return true, err
		}
		bits, negative = uint64(v), v < 0
	case cbor.KindTag:
		n, ok, err := c.sized()
		if !ok || n.IsFloat() {
			return err != nil, err
		}
		bits, negative = n.Bits, n.IsNegative()
	default:
		return false, nil
	}
	t := T(bits)
	if uint64(t) != bits || (t < 0) != negative {
		return false, nil
	}
	*p = t
	return true, nil
}

func (c *column) float64(kind cbor.Kind, p *float64) (done bool, err error) {
	if p == nil {
		return false, nil
	}
	switch kind {
	case cbor.KindFloat:
		*p, err = c.d.Float()
		return true, err
	case cbor.KindInt:
		v, err := c.d.Int()
		*p = float64(v)
		return true, err
	case cbor.KindTag:
		n, ok, err := c.sized()
		if ok {
			*p = sizedFloat64(n)
		}
		return ok || err != nil, err
	}
	return false, nil
}

func (c *column) float32(kind cbor.Kind, p *float32) (done bool, err error) {
	if p == nil {
		return false, nil
	}
	switch kind {
	case cbor.KindFloat:
		f, err := c.d.Float()
		narrow := float32(f)
		if float64(narrow) != f {
			return false, err // database/sql rounds the text of f, which may differ
		}
		*p = narrow
		return true, err
	case cbor.KindTag:
		n, ok, err := c.sized()
		if !ok || !n.IsFloat() {
			return err != nil, err
		}
		*p = n.Float
		return true, nil
	}
	return false, nil
}

// tag reads the tag of the value, if it has one.
func (c *column) tag(kind cbor.Kind) (tag uint64, ok bool) {
	if kind != cbor.KindTag {
		return 0, false
	}
	tag, err := c.d.Tag()
	return tag, err == nil
}

// sized reads the value, if it is a number that has a width.
func (c *column) sized() (n wire.Sized, ok bool, err error) {
	tag, err := c.d.Tag()
	if err != nil || !wire.IsSized(tag) {
		return n, false, err
	}
	n, err = wire.ReadSized(&c.d, tag)
	return n, err == nil, err
}

// sizedText is the text that database/sql makes of such a number.
func sizedText(n wire.Sized) string {
	switch {
	case n.IsFloat():
		return strconv.FormatFloat(float64(n.Float), 'g', -1, 32)
	case n.IsNegative():
		return strconv.FormatInt(int64(n.Bits), 10)
	}
	return strconv.FormatUint(n.Bits, 10)
}

// sizedFloat64 is the float64 that database/sql makes of such a number: that of its text. Of
// the f32 1.1 it is 1.1, and not 1.100000023841858.
func sizedFloat64(n wire.Sized) float64 {
	switch {
	case n.IsFloat():
		v, _ := strconv.ParseFloat(sizedText(n), 64)
		return v
	case n.IsNegative():
		return float64(int64(n.Bits))
	}
	return float64(n.Bits)
}

func (c *column) time(kind cbor.Kind, p *time.Time) (done bool, err error) {
	if tag, ok := c.tag(kind); !ok || tag != wire.TagDatetime || p == nil {
		return false, nil
	}
	*p, err = wire.ReadDatetime(&c.d)
	return true, err
}

func (c *column) duration(kind cbor.Kind, p *time.Duration) (done bool, err error) {
	if p == nil {
		return false, nil
	}
	if kind == cbor.KindInt {
		v, err := c.d.Int()
		*p = time.Duration(v)
		return true, err
	}
	if tag, ok := c.tag(kind); !ok || tag != wire.TagDuration {
		return false, nil
	}
	seconds, nanos, err := wire.ReadDuration(&c.d)
	d, ok := goDuration(seconds, nanos)
	if err == nil && ok {
		*p = d
	}
	return ok || err != nil, err
}

func (c *column) record(kind cbor.Kind, p *RecordID) (done bool, err error) {
	if tag, ok := c.tag(kind); !ok || tag != wire.TagRecord || p == nil {
		return false, nil
	}
	*p, err = decodeRecordID(&c.d)
	return true, err
}

func (c *column) bytes(kind cbor.Kind, p *[]byte) (done bool, err error) {
	if p == nil {
		return false, nil
	}
	switch kind {
	case cbor.KindBytes:
		*p, err = c.d.Bytes()
		return true, err
	case cbor.KindText:
		text, err := c.d.TextBytes()
		if err == nil {
			*p = append(make([]byte, 0, len(text)), text...)
		}
		return true, err
	}
	return false, nil
}

// text stores what database/sql stores in a string.
func (c *column) text(kind cbor.Kind, p *string) (done bool, err error) {
	if p == nil {
		return false, nil
	}
	var s string
	switch kind {
	case cbor.KindText:
		s, err = c.d.Text()
	case cbor.KindInt:
		var v int64
		v, err = c.d.Int()
		s = strconv.FormatInt(v, 10)
	case cbor.KindFloat:
		var v float64
		v, err = c.d.Float()
		s = strconv.FormatFloat(v, 'g', -1, 64)
	case cbor.KindBool:
		var v bool
		v, err = c.d.Bool()
		s = strconv.FormatBool(v)
	case cbor.KindBytes:
		var v []byte
		v, err = c.d.BytesView()
		s = string(v)
	case cbor.KindTag:
		if s, done, err = c.taggedText(); !done {
			return false, err
		}
	default:
		return false, nil
	}
	if err == nil {
		*p = s
	}
	return true, err
}

// taggedText gives the text of the usual values with a tag.
func (c *column) taggedText() (s string, done bool, err error) {
	tag, err := c.d.Tag()
	if err != nil {
		return "", true, err
	}
	switch tag {
	case wire.TagRecord:
		id, err := decodeRecordID(&c.d)
		return string(id), true, err
	case wire.TagDecimal, wire.TagTable:
		s, err := c.d.Text()
		return s, true, err
	case wire.TagUUID:
		u, err := wire.ReadUUID(&c.d)
		var buf [36]byte
		return string(literal.AppendUUID(buf[:0], u)), true, err
	case wire.TagDatetime:
		t, err := wire.ReadDatetime(&c.d)
		return t.Format(time.RFC3339Nano), true, err
	}
	if wire.IsSized(tag) {
		n, err := wire.ReadSized(&c.d, tag)
		return sizedText(n), true, err
	}
	return "", false, nil
}

// scanShort scans what most columns hold into what most programs have for it, straight
// from the bytes that begin with the value: a page of rows costs a sixth less than by
// a column's decoder. Where it returns false it has done nothing.
func scanShort(raw []byte, dest any) bool {
	switch p := dest.(type) {
	case *string:
		if text, size := cbor.ShortText(raw); size > 0 && p != nil {
			*p = string(text)
			return true
		}
	case *int64:
		if v, size := cbor.ShortInt(raw); size > 0 && p != nil {
			*p = v
			return true
		}
	case *int:
		if v, size := cbor.ShortInt(raw); size > 0 && p != nil {
			*p = int(v)
			return true
		}
	case *float64:
		if v, size := cbor.LongFloat(raw); size > 0 && p != nil {
			*p = v
			return true
		}
	case *time.Time:
		if tag, size := cbor.ShortTag(raw); size > 0 && tag == wire.TagDatetime && p != nil {
			t, read := wire.ShortDatetime(raw[size:])
			if read > 0 {
				*p = t
			}
			return read > 0
		}
	}
	return false
}
