//go:build go1.27 && !purego

package surrealsql

import (
	"strconv"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

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
			*p, err = c.read.read(&c.d)
			return true, err
		}
	default:
		if done, err := c.sized(kind, dest); done {
			return true, err
		}
		return false, nil
	}
	return false, nil
}

// sized scans into the numbers of less usual widths.
func (c *column) sized(kind cbor.Kind, dest any) (done bool, err error) {
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
		if kind == cbor.KindFloat && p != nil {
			f, err := c.d.Float()
			narrow := float32(f)
			if float64(narrow) != f {
				return false, err // database/sql rounds the text of f, which may differ
			}
			*p = narrow
			return true, err
		}
	}
	return false, nil
}

// integer stores an integer that fits.
func integer[T int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64](c *column, kind cbor.Kind, p *T) (bool, error) {
	if kind != cbor.KindInt || p == nil {
		return false, nil
	}
	v, err := c.d.Int()
	if err != nil {
		return true, err
	}
	t := T(v)
	if int64(t) != v || (t < 0) != (v < 0) {
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

func (c *column) time(kind cbor.Kind, p *time.Time) (done bool, err error) {
	if tag, ok := c.tag(kind); !ok || tag != literal.TagDatetime || p == nil {
		return false, nil
	}
	*p, err = literal.ReadDatetime(&c.d)
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
	if tag, ok := c.tag(kind); !ok || tag != literal.TagDuration {
		return false, nil
	}
	seconds, nanos, err := literal.ReadDuration(&c.d)
	d, ok := goDuration(seconds, nanos)
	if err == nil && ok {
		*p = d
	}
	return ok || err != nil, err
}

func (c *column) record(kind cbor.Kind, p *RecordID) (done bool, err error) {
	if tag, ok := c.tag(kind); !ok || tag != literal.TagRecord || p == nil {
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
	case literal.TagRecord:
		id, err := decodeRecordID(&c.d)
		return string(id), true, err
	case literal.TagDecimal, literal.TagTable:
		s, err := c.d.Text()
		return s, true, err
	case literal.TagUUID:
		u, err := literal.ReadUUID(&c.d)
		var buf [36]byte
		return string(literal.AppendUUID(buf[:0], u)), true, err
	case literal.TagDatetime:
		t, err := literal.ReadDatetime(&c.d)
		return t.Format(time.RFC3339Nano), true, err
	}
	return "", false, nil
}
