package surrealsql

import (
	"reflect"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/variable"
)

// Records that are read into structs straight from the slots of shaped rows (SurrealDB 4.0). A
// value that is not one of the usual, in a field of its own type, is made CBOR first.

// recordFit is which fields of a struct the columns of a shape go to. It does not change once it
// is made.
type recordFit struct {
	shape  *shaped.Shape
	typ    *destType
	fields []*destField // by the columns of the root; nil where no field takes one
	direct bool         // the columns alone tell the fields
}

// makeRecordFit finds the fields. typ is that of a row, which may be a pointer.
func makeRecordFit(shape *shaped.Shape, typ *destType) *recordFit {
	f := &recordFit{shape: shape, typ: typ}
	t := typ
	for t.how == asPointer {
		t = t.elem
	}
	if t.how != asFields || shape.Single {
		return f
	}
	f.direct = true
	for i := 0; i < len(shape.Columns); i = shape.Columns[i].Next {
		name := shape.Columns[i].Name
		field := t.byName[name]
		if field == nil {
			if field = t.inAnyCase(name); field != nil && shape.Find(field.name, -1) >= 0 {
				f.direct = false // it depends on the row whether the key in the right case is there
			}
		}
		f.fields = append(f.fields, field)
	}
	return f
}

// fits reports whether a row can be read by its columns: it has no other keys.
func (f *recordFit) fits(row shaped.Row, strict bool) bool {
	return f.direct && !strict && (f.shape.Rest < 0 || len(row.Var(f.shape.Rest)) == 0)
}

// shapedRecord stores a row that fits in dst, which is empty. failed is what is wrong with the
// row, err why it could not be stored. d and scratch are for its use.
func (s *scanInto) shapedRecord(row shaped.Row, dst variable.Ref, f *recordFit, d *cbor.Decoder, scratch *[]byte) (failed, err error) {
	t := f.typ
	for ; t.how == asPointer; t = t.elem {
		p := reflect.New(t.elem.typ)
		dst.Value(t.typ).Set(p)
		dst = variable.Of(p.Elem())
	}
	columns := f.shape.Columns
	for i, n := 0, 0; i < len(columns); i, n = columns[i].Next, n+1 {
		c, field := &columns[i], f.fields[n]
		if field == nil {
			continue
		}
		switch state := row.State(c); {
		case state == shaped.Absent:
			continue
		case state == shaped.Value && field.direct:
			done, failed := s.storeSlot(row, c, dst.Field(field.at), field.typ)
			if failed != nil {
				return failed, nil
			}
			if done {
				continue
			}
		}
		if failed := readColumn(d, row, i, scratch); failed != nil {
			return failed, nil
		}
		if err := s.field(d, dst, t, field); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// readColumn makes d stand before the value of a column as CBOR.
func readColumn(d *cbor.Decoder, row shaped.Row, i int, scratch *[]byte) (err error) {
	if c := &row.Shape.Columns[i]; c.Kind == shaped.Dynamic && row.State(c) == shaped.Value {
		item, err := row.Item(c.Slot)
		d.Reset(item)
		return err
	}
	*scratch, err = row.AppendColumn((*scratch)[:0], i)
	d.Reset(*scratch)
	return err
}

// storeSlot stores the usual values in what most programs have for them, and returns false for all
// others.
func (s *scanInto) storeSlot(row shaped.Row, c *shaped.Column, dst variable.Ref, t *destType) (done bool, err error) {
	switch t.how {
	case asString, asRecordID:
		return s.storeText(row, c, dst, t.how)
	case asInt:
		return c.Kind == shaped.Int && dst.SetInt(row.Int(c), t.size), nil
	case asFloat:
		return c.Kind == shaped.Float && dst.SetFloat(row.Float(c), t.size), nil
	case asBool:
		if c.Kind == shaped.Bool || c.Kind == shaped.Bit {
			v, err := row.Bool(c)
			dst.SetBool(v)
			return true, err
		}
	case asTime:
		if c.Kind == shaped.Datetime || c.Kind == shaped.DatetimeNs {
			t, err := row.Time(c)
			variable.Set(dst, t)
			return true, err
		}
	}
	return false, nil
}

// storeText stores what is a text, a UUID or a record id.
func (s *scanInto) storeText(row shaped.Row, c *shaped.Column, dst variable.Ref, h how) (done bool, err error) {
	var buf [128]byte
	text := buf[:0]
	switch {
	case c.Kind == shaped.Record:
		var ok bool
		if text, ok, err = appendRecordID(text, row, c); !ok || err != nil {
			return false, err
		}
	case c.Kind == shaped.String && h == asString:
		if text, err = row.Text(c); err != nil {
			return false, err
		}
	case c.Kind == shaped.UUID && h == asString:
		text = literal.AppendUUID(text, row.UUID(c))
	default:
		return false, nil
	}
	dst.SetString(s.texts.String(text))
	return true, nil
}
