package surrealsql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// What the server sends becomes what database/sql can hand to a destination.
// Decimals and UUIDs are plain strings because the Scan methods of other
// packages' types take no string types; record ids, ranges, tables and files are
// string types, so that they scan into a string and still bind back as what they
// are.

type exactKey struct{}

// WithExactTypes returns a context for queries whose results shall hold the
// types that bind back unchanged: [None] for NONE, [UUID], [Decimal] and [Set]
// where results otherwise have nil, string, string and []any. Everything else is
// the same.
//
// database/sql shows a destination only the value, so this is how [Value] and
// [Into] tell NONE from NULL. Plain destinations do not know None: a *string,
// sql.NullString or *T fails on it, *any takes it.
func WithExactTypes(ctx context.Context) context.Context {
	return context.WithValue(ctx, exactKey{}, true)
}

func exactTypes(ctx context.Context) bool {
	exact, _ := ctx.Value(exactKey{}).(bool)
	return exact
}

// reader is a way to decode values.
type reader struct {
	exact bool   // as WithExactTypes says
	types bool   // tell what a value is instead of it: a columnType
	boxes *boxes // to put values into, or nil
}

// The readers of what belongs to no connection.
var (
	plainReader = reader{}
	exactReader = reader{exact: true}
)

// decodeValue reads the next item. After an error the decoder stands somewhere
// within it.
func decodeValue(d *cbor.Decoder) (driver.Value, error) { return plainReader.read(d) }

// decodeExact is decodeValue for the types of WithExactTypes.
func decodeExact(d *cbor.Decoder) (driver.Value, error) { return exactReader.read(d) }

func (o reader) read(d *cbor.Decoder) (driver.Value, error) { return o.value(d, cbor.MaxDepth) }

// quick reads what most columns hold straight from the bytes that begin with it. size is
// 0 for all else, which is for value.
func (o reader) quick(b []byte) (v any, size int) {
	if len(b) == 0 || o.types {
		return nil, 0
	}
	switch cbor.KindOf(b[0]) {
	case cbor.KindText:
		if text, size := cbor.ShortText(b); size > 0 {
			return o.boxes.text(string(text)), size
		}
	case cbor.KindInt:
		if v, size := cbor.ShortInt(b); size > 0 {
			return o.boxes.int(v), size
		}
	case cbor.KindFloat:
		if v, size := cbor.LongFloat(b); size > 0 {
			return o.boxes.float(v), size
		}
	case cbor.KindTag:
		if tag, head := cbor.ShortTag(b); head > 0 && tag == literal.TagDatetime {
			if t, size := literal.ShortDatetime(b[head:]); size > 0 {
				return o.boxes.time(t), head + size
			}
		}
	}
	return nil, 0
}

func (o reader) value(d *cbor.Decoder, depth int) (_ any, err error) {
	if o.types {
		return o.typeOf(d)
	}
	k := d.Next()
	if k == cbor.KindInvalid {
		if k, err = d.PeekKind(); err != nil {
			return nil, err
		}
	}
	switch k {
	case cbor.KindText:
		v, err := d.Text()
		if err != nil {
			return nil, err
		}
		return o.boxes.text(v), nil
	case cbor.KindInt:
		v, err := d.Int()
		if err != nil {
			return nil, err
		}
		return o.boxes.int(v), nil
	case cbor.KindFloat:
		v, err := d.Float()
		if err != nil {
			return nil, err
		}
		return o.boxes.float(v), nil
	case cbor.KindBool:
		return boxed(d.Bool())
	case cbor.KindNull:
		return nil, d.Null()
	case cbor.KindUndefined:
		return nil, d.Undefined()
	case cbor.KindBytes:
		return boxed(d.Bytes())
	}
	if depth--; depth < 0 {
		return nil, fmt.Errorf("the server sent values more than %d deep in each other", cbor.MaxDepth)
	}
	switch k {
	case cbor.KindArray:
		return boxed(o.array(d, depth))
	case cbor.KindMap:
		return boxed(o.object(d, depth))
	case cbor.KindTag:
		tag, err := d.Tag()
		if err != nil {
			return nil, err
		}
		return o.tagged(d, tag, depth)
	}
	return nil, fmt.Errorf("the server sent %s where a value was expected", k)
}

// boxed drops the value that comes with an error.
func boxed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (o reader) array(d *cbor.Decoder, depth int) ([]any, error) {
	n, err := d.ArrayLen()
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, cbor.SizeHint(n))
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return list, err
		}
		v, err := o.value(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

func (o reader) object(d *cbor.Decoder, depth int) (map[string]any, error) {
	n, err := d.MapLen()
	if err != nil {
		return nil, err
	}
	object := make(map[string]any, cbor.SizeHint(n))
	for {
		more, err := d.More(&n)
		if !more || err != nil {
			return object, err
		}
		name, err := d.TextBytes()
		if err != nil {
			return nil, err
		}
		key := o.boxes.key(name)
		if object[key], err = o.value(d, depth); err != nil {
			return nil, err
		}
	}
}

func (o reader) tagged(d *cbor.Decoder, tag uint64, depth int) (any, error) {
	switch tag {
	case literal.TagNone:
		if o.exact {
			return boxed(None, d.Skip())
		}
		return nil, d.Skip()
	case literal.TagRecord:
		return boxed(decodeRecordID(d))
	case literal.TagDatetime:
		v, err := literal.ReadDatetime(d)
		if err != nil {
			return nil, err
		}
		return o.boxes.time(v), nil
	case literal.TagUUID:
		return o.uuid(d)
	case literal.TagDecimal:
		s, err := d.Text()
		if o.exact {
			return boxed(Decimal(s), err)
		}
		return boxed(s, err)
	case literal.TagDuration:
		s, ns, err := literal.ReadDuration(d)
		return boxed(durationValue(s, ns), err)
	case literal.TagSet:
		list, err := o.array(d, depth)
		if o.exact {
			return boxed(Set(list), err)
		}
		return boxed(list, err)
	case literal.TagTable:
		s, err := d.Text()
		return boxed(Table(s), err)
	case literal.TagRange:
		text, err := literal.AppendRange(nil, d)
		return boxed(Range(text), err)
	case literal.TagFile:
		bucket, key, err := literal.ReadFile(d)
		return boxed(NewFile(bucket, key), err)
	}
	if tag >= literal.TagPoint && tag <= literal.TagCollection {
		return decodeGeometry(d, tag, depth)
	}
	return o.rare(d, tag)
}

// rare reads the tags that the server takes but, as far as known, never sends.
func (o reader) rare(d *cbor.Decoder, tag uint64) (any, error) {
	switch tag {
	case literal.TagDateText:
		s, err := d.Text()
		if err != nil {
			return nil, err
		}
		return boxed(literal.ParseDatetime(s))
	case literal.TagUUIDText:
		s, err := d.Text()
		if o.exact {
			return boxed(UUID(s), err)
		}
		return boxed(s, err)
	case literal.TagDurationText:
		s, err := d.Text()
		if err != nil {
			return nil, err
		}
		seconds, ns, err := literal.ParseDuration(s)
		return boxed(durationValue(seconds, ns), err)
	}
	return nil, fmt.Errorf("the server sent a value with CBOR tag %d, which this driver does not know", tag)
}

func (o reader) uuid(d *cbor.Decoder) (any, error) {
	u, err := literal.ReadUUID(d)
	if err != nil {
		return nil, err
	}
	var buf [36]byte
	s := string(literal.AppendUUID(buf[:0], u))
	if o.exact {
		return UUID(s), nil
	}
	return s, nil
}

// decodeRecordID reads what stands behind the tag of a record id: [table, key],
// or text. The text of the usual id is built without garbage.
func decodeRecordID(d *cbor.Decoder) (RecordID, error) {
	if k, err := d.PeekKind(); err != nil || k == cbor.KindText {
		s, err := d.Text()
		if err != nil {
			return "", err
		}
		return ParseRecordID(s)
	}
	n, err := d.ArrayLen()
	if err != nil {
		return "", err
	}
	if n != 2 {
		return "", fmt.Errorf("the server sent a record id of %d parts: expected [table, key]", n)
	}
	table, err := d.TextBytes()
	if err != nil {
		return "", err
	}
	var buf [128]byte
	text := append(literal.AppendIdent(buf[:0], table), ':')
	switch k, err := d.PeekKind(); {
	case err != nil:
		return "", err
	case k == cbor.KindText:
		key, err := d.TextBytes()
		return RecordID(literal.AppendIdent(text, key)), err
	case k == cbor.KindInt:
		key, err := d.Int()
		return RecordID(strconv.AppendInt(text, key, 10)), err
	}
	return decodeRareKey(string(text), d)
}

func decodeRareKey(text string, d *cbor.Decoder) (RecordID, error) {
	b, err := literal.AppendKey([]byte(text), d)
	return RecordID(b), err
}
