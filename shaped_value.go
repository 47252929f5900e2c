package surrealsql

import (
	"database/sql/driver"
	"strconv"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/shaped"
)

// Values from the slots of a shaped row, as decoding makes them of CBOR.

// value reads the value of a column of the result.
func (p *place) value(row shaped.Row, values decoding, scratch *[]byte) (driver.Value, error) {
	if p.column == nil && p.object == nil {
		return nil, nil
	}
	state := p.state(row)
	switch {
	case state == shaped.None && values.exact && len(p.path) == 0:
		if values.types {
			return columnType{none: true}, nil
		}
		return None, nil
	case state != shaped.Value:
		return nil, nil
	case p.object == nil && len(p.path) == 0 && !values.types:
		var v driver.Value
		if ok, err := values.slot(&v, row, p); ok || err != nil {
			return v, err
		}
	}
	var d cbor.Decoder
	if found, err := p.item(&d, row, scratch); !found {
		return nil, err
	}
	return decodeAt(&d, p.path, values)
}

// hasValue is state for a plain place.
func (p *place) hasValue(row shaped.Row) bool {
	return p.column.Flags == 0 || row.State(p.column) == shaped.Value
}

// state tells whether the row has a value there.
func (p *place) state(row shaped.Row) shaped.State {
	for _, c := range p.within {
		if row.State(c) != shaped.Value {
			return shaped.Absent
		}
	}
	if p.object != nil {
		return shaped.Value
	}
	return row.State(p.column)
}

// item makes d stand before the CBOR from which the place's path leads on, and returns false
// where the row has none. The column must have a value.
func (p *place) item(d *cbor.Decoder, row shaped.Row, scratch *[]byte) (bool, error) {
	switch {
	case p.object != nil:
		return row.Remainder(d, p.object.Rest)
	case p.column.Kind == shaped.Dynamic:
		item, err := row.Item(p.column.Slot)
		d.Reset(item)
		return err == nil, err
	}
	b, err := row.AppendColumn((*scratch)[:0], p.at)
	*scratch = b
	d.Reset(b)
	return err == nil, err
}

// slot reads a value that needs no decoder. It returns false for all others. After an error dest
// is of no use.
func (o *decoding) slot(dest *driver.Value, row shaped.Row, p *place) (ok bool, err error) {
	switch c := p.column; c.Kind {
	case shaped.Int:
		*dest = o.boxes.Int(row.Int(c))
	case shaped.Float:
		*dest = o.boxes.Float(row.Float(c))
	case shaped.Bool, shaped.Bit:
		v, err := row.Bool(c)
		*dest = v
		return true, err
	case shaped.Datetime, shaped.DatetimeNs:
		t, err := row.Time(c)
		*dest = o.boxes.Time(t)
		return true, err
	case shaped.Bytes:
		*dest = append([]byte{}, row.Var(c.Slot)...)
	case shaped.Duration, shaped.DurationNs:
		s, ns, err := row.Duration(c)
		*dest = durationValue(s, ns)
		return true, err
	default:
		text, ok, err := p.text(row, o.boxes)
		*dest = o.boxedText(c.Kind, text)
		return ok, err
	}
	return true, nil
}

// boxedText is a text as the value of its kind.
func (o *decoding) boxedText(k shaped.Kind, text string) driver.Value {
	switch {
	case k == shaped.Record:
		return box.TextOf(o.boxes, RecordID(text))
	case k == shaped.UUID && o.exact:
		return box.TextOf(o.boxes, UUID(text))
	case k == shaped.Decimal && o.exact:
		return box.TextOf(o.boxes, Decimal(text))
	}
	return o.boxes.Text(text)
}

// text makes the text of a value that is one, a decimal, a UUID, or a record id whose key is a
// number or a text. It returns false for all others.
func (p *place) text(row shaped.Row, boxes *box.Arena) (text string, ok bool, err error) {
	switch c := p.column; c.Kind {
	case shaped.String, shaped.Decimal:
		b, err := row.Text(c)
		return boxes.Texts().String(b), true, err
	case shaped.UUID:
		return uuidText(boxes, row.UUID(c)), true, nil
	case shaped.Record:
		if n, ok := row.IntKey(c); ok {
			return p.idText(boxes, n), true, nil
		}
		return p.rareIDText(boxes, row)
	}
	return "", false, nil
}

func uuidText(boxes *box.Arena, u [16]byte) string {
	const size = 36
	return boxes.Texts().Keep(literal.AppendUUID(boxes.Texts().Room(size), u))
}

// maxDigits is how long the text of a number can be.
const maxDigits = len("-9223372036854775808")

// idText is the text of a record id of the table that the shape names, whose key is a number.
func (p *place) idText(boxes *box.Arena, key int64) string {
	text := append(boxes.Texts().Room(len(p.table)+maxDigits), p.table...)
	return boxes.Texts().Keep(strconv.AppendInt(text, key, 10))
}

// rareIDText is the text of any record id whose key is a number or a text.
func (p *place) rareIDText(boxes *box.Arena, row shaped.Row) (string, bool, error) {
	size := len(p.table) + len(row.Var(p.column.Slot)) + maxDigits
	text, ok, err := appendRecordID(boxes.Texts().Room(size), row, p.column)
	if !ok {
		return "", false, err
	}
	return boxes.Texts().Keep(text), true, nil
}

// appendRecordID appends the text of such a record id.
func appendRecordID(b []byte, row shaped.Row, c *shaped.Column) (_ []byte, ok bool, err error) {
	id, err := row.RecordID(c)
	if err != nil || id.Kind != shaped.KeyInt && id.Kind != shaped.KeyString {
		return b, false, err
	}
	if c.Table != "" {
		b = literal.AppendIdent(b, c.Table)
	} else {
		b = literal.AppendIdent(b, id.Table)
	}
	b = append(b, ':')
	if id.Kind == shaped.KeyInt {
		return strconv.AppendInt(b, id.Int, 10), true, nil
	}
	return literal.AppendIdent(b, id.Key), true, nil
}

// maxScratch is how much memory for values is kept, in bytes.
const maxScratch = 64 << 10

// forNext is memory that the next row, or the next result, can use again.
func forNext(b []byte) []byte {
	if cap(b) > maxScratch {
		return nil
	}
	return b[:0]
}
