package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// What the server sends becomes what database/sql can hand to a destination.
// Decimals and UUIDs are plain strings because the Scan methods of other
// packages' types take no string types; record ids, ranges, tables and files are
// string types, so that they scan into a string and still bind back as what they
// are.

// decoding says how values of SurrealDB become Go's where that is a choice, as encoding
// does the other way.
type decoding struct {
	exact   bool       // as WithExactTypes says
	types   bool       // decode each value to its columnType instead
	inBlock bool       // it is in a block that was found among values
	boxes   *box.Arena // to put values into, or nil
}

// The decodings of what belongs to no connection.
var (
	plainDecoding = decoding{}
	exactDecoding = decoding{exact: true}
)

// decodeValue reads the next item. After an error the decoder stands somewhere
// within it.
func decodeValue(d *cbor.Decoder) (driver.Value, error) { return plainDecoding.decode(d) }

// decodeExact is decodeValue for the types of WithExactTypes.
func decodeExact(d *cbor.Decoder) (driver.Value, error) { return exactDecoding.decode(d) }

func (o decoding) decode(d *cbor.Decoder) (driver.Value, error) { return o.value(d, cbor.MaxDepth) }

// decodeShort decodes what most columns hold, straight from the bytes that begin with it.
// size is 0 for all else, which is for value.
func (o decoding) decodeShort(b []byte) (v any, size int) {
	if len(b) == 0 || o.types {
		return nil, 0
	}
	switch cbor.KindOf(b[0]) {
	case cbor.KindText:
		if text, size := cbor.ShortText(b); size > 0 {
			return o.boxes.Text(string(text)), size
		}
	case cbor.KindInt:
		if v, size := cbor.ShortInt(b); size > 0 {
			return o.boxes.Int(v), size
		}
	case cbor.KindFloat:
		if v, size := cbor.LongFloat(b); size > 0 {
			return o.boxes.Float(v), size
		}
	case cbor.KindTag:
		if tag, head := cbor.ShortTag(b); head > 0 && tag == wire.TagDatetime {
			if t, size := wire.ShortDatetime(b[head:]); size > 0 {
				return o.boxes.Time(t), head + size
			}
		}
	}
	return nil, 0
}

func (o decoding) value(d *cbor.Decoder, depth int) (_ any, err error) {
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
		return o.boxes.Text(v), nil
	case cbor.KindInt:
		v, err := d.Int()
		if err != nil {
			return nil, err
		}
		return o.boxes.Int(v), nil
	case cbor.KindFloat:
		v, err := d.Float()
		if err != nil {
			return nil, err
		}
		return o.boxes.Float(v), nil
	case cbor.KindBool:
		return orError(d.Bool())
	case cbor.KindNull:
		return nil, d.Null()
	case cbor.KindUndefined:
		return nil, d.Undefined()
	case cbor.KindBytes:
		return orError(d.Bytes())
	}
	if depth--; depth < 0 {
		return nil, fmt.Errorf("the server sent values more than %d deep in each other", cbor.MaxDepth)
	}
	switch k {
	case cbor.KindArray:
		return orError(o.array(d, depth))
	case cbor.KindMap:
		return orError(o.object(d, depth))
	case cbor.KindTag:
		tag, err := d.Tag()
		if err != nil {
			return nil, err
		}
		return o.tagged(d, tag, depth)
	}
	return nil, fmt.Errorf("the server sent %s where a value was expected", k)
}

// orError drops the value that comes with an error.
func orError[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (o decoding) array(d *cbor.Decoder, depth int) ([]any, error) {
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

func (o decoding) object(d *cbor.Decoder, depth int) (map[string]any, error) {
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
		key := o.boxes.Key(name)
		if object[key], err = o.value(d, depth); err != nil {
			return nil, err
		}
	}
}

// tagged decodes what is told by a tag. To each case belongs one of appendTyped's, and of
// databaseTypeName's: TestDecodeKnowsTheTypesThatEncodeKnows.
func (o decoding) tagged(d *cbor.Decoder, tag uint64, depth int) (any, error) {
	switch tag {
	case wire.TagNone:
		if o.exact {
			return orError(None, d.Skip())
		}
		return nil, d.Skip()
	case wire.TagRecord:
		return orError(decodeRecordID(d))
	case wire.TagDatetime:
		v, err := wire.ReadDatetime(d)
		if err != nil {
			return nil, err
		}
		return o.boxes.Time(v), nil
	case wire.TagUUID:
		return o.uuid(d)
	case wire.TagDecimal:
		s, err := d.Text()
		if o.exact {
			return orError(Decimal(s), err)
		}
		return orError(s, err)
	case wire.TagDuration:
		s, ns, err := wire.ReadDuration(d)
		return orError(durationValue(s, ns), err)
	case wire.TagBlock:
		return orError(o.block(d, depth))
	case wire.TagSet:
		list, err := o.array(d, depth)
		if o.exact {
			return orError(Set(list), err)
		}
		return orError(list, err)
	case wire.TagTable:
		s, err := d.Text()
		return orError(Table(s), err)
	case wire.TagRange:
		text, err := literal.AppendRange(nil, d)
		return orError(Range(text), err)
	case wire.TagFile:
		bucket, key, err := wire.ReadFile(d)
		return orError(NewFile(bucket, key), err)
	}
	switch {
	case wire.IsGeometry(tag):
		return decodeGeometry(d, tag, depth)
	case wire.IsSized(tag):
		return decodeSized(d, tag)
	}
	return o.rare(d, tag)
}

// decodeSized reads a number that has a width, as Go's number of that width. Go has no f16:
// a float32 holds it.
func decodeSized(d *cbor.Decoder, tag uint64) (any, error) {
	n, err := wire.ReadSized(d, tag)
	if err != nil {
		return nil, err
	}
	switch tag {
	case wire.TagI8:
		return int8(n.Bits), nil
	case wire.TagU8:
		return uint8(n.Bits), nil
	case wire.TagI16:
		return int16(n.Bits), nil
	case wire.TagU16:
		return uint16(n.Bits), nil
	case wire.TagI32:
		return int32(n.Bits), nil
	case wire.TagU32:
		return uint32(n.Bits), nil
	case wire.TagU64:
		return n.Bits, nil
	}
	return n.Float, nil
}

// rare reads the tags that the server takes but, as far as known, never sends.
func (o decoding) rare(d *cbor.Decoder, tag uint64) (any, error) {
	switch tag {
	case wire.TagDateText:
		s, err := d.Text()
		if err != nil {
			return nil, err
		}
		return orError(literal.ParseDatetime(s))
	case wire.TagUUIDText:
		s, err := d.Text()
		if o.exact {
			return orError(UUID(s), err)
		}
		return orError(s, err)
	case wire.TagDurationText:
		s, err := d.Text()
		if err != nil {
			return nil, err
		}
		seconds, ns, err := literal.ParseDuration(s)
		return orError(durationValue(seconds, ns), err)
	}
	return nil, fmt.Errorf("the server sent a value with CBOR tag %d, which this driver does not know", tag)
}

func (o decoding) uuid(d *cbor.Decoder) (any, error) {
	u, err := wire.ReadUUID(d)
	if err != nil {
		return nil, err
	}
	var buf [36]byte
	s := string(literal.AppendUUID(buf[:0], u))
	if o.exact {
		return UUID(s), nil
	}
	return o.boxes.Text(s), nil
}

// block reads rows in SurrealDB 4.0's format where any value is read. Blocks in each other
// would stand for the product of all of them, and the server makes none (4.0.0-beta.1).
func (o decoding) block(d *cbor.Decoder, depth int) ([]any, error) {
	if o.inBlock {
		return nil, errors.New("the server sent a block within a block")
	}
	o.inBlock = true
	rows, err := shaped.AppendArray(nil, d)
	if err != nil {
		return nil, err
	}
	var sub cbor.Decoder
	sub.Reset(rows)
	return o.array(&sub, depth)
}

func isObject(d *cbor.Decoder) bool {
	kind, err := d.PeekKind()
	return err == nil && kind == cbor.KindMap
}

// isNothing reports NULL and NONE.
func isNothing(d *cbor.Decoder) bool {
	switch kind, _ := d.PeekKind(); kind {
	case cbor.KindNull, cbor.KindUndefined:
		return true
	case cbor.KindTag:
		tag, _, err := d.PeekTag()
		return err == nil && tag == wire.TagNone
	}
	return false
}

// decodeRecordID reads what stands after the tag of a record id: [table, key],
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
