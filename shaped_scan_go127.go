//go:build go1.27 && !purego

package surrealsql

import (
	"database/sql/driver"
	"strconv"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Since Go 1.27 the usual types are scanned straight from the slots of a shaped row. All else
// is made CBOR, and scanned as that of any other row. These are the twins of what
// shaped_value.go has for Next.

// locateInBlock finds the row that d stands on. Only in its remainder are columns to be found.
func (s *resultSet) locateInBlock(d *cbor.Decoder, to *located) error {
	row, err := s.block.take(d)
	if err != nil {
		return err
	}
	f := s.block.fitOf(s.layout, len(s.columns))
	to.row = row.Bytes
	var keys oddKeys
	if f.whole() {
		keys, err = f.locateWhole(row, to, s.values, &s.block.scratch)
	} else {
		to.fit = f
		keys, err = f.locate(row, to.spans, s.checksKeys())
	}
	if err != nil {
		return err
	}
	return s.checkKeys(keys, row)
}

// locate is decode without decoding.
func (f *fit) locate(row shaped.Row, spans []span, check bool) (keys oddKeys, err error) {
	if f.remainder != nil {
		var d cbor.Decoder
		more, err := row.Remainder(&d, f.shape.Rest)
		if err == nil && more {
			keys, err = f.remainder.locateObject(&d, 0, spans)
		} else {
			keys.missing = len(f.remainder.targets)
		}
		for i := 0; f.remainder.nested && err == nil && i < len(f.remainder.targets); i++ {
			err = f.remainder.targets[i].locate(row.Bytes, spans)
		}
		if err != nil {
			return keys, err
		}
	}
	if check {
		keys = f.compare(row, keys)
	}
	return keys, nil
}

// locateWhole finds the columns of a row that is a value of its own.
func (f *fit) locateWhole(row shaped.Row, to *located, values decoding, scratch *[]byte) (keys oddKeys, err error) {
	var d cbor.Decoder
	if err := f.item(&d, row, scratch); err != nil {
		return keys, err
	}
	to.row = d.Rest()
	if f.layout.always || !isObject(&d) {
		return keys, f.layout.locateWhole(&d, to.spans, values)
	}
	keys, err = f.layout.locateObject(&d, 0, to.spans)
	for i := 0; f.layout.nested && err == nil && i < len(f.layout.targets); i++ {
		err = f.layout.targets[i].locate(to.row, to.spans)
	}
	return keys, err
}

// NULL and NONE as CBOR.
var noneItem = wire.AppendNone(nil)

// slot gives the value of a column of a shaped row as CBOR.
func (l *located) slot(index int) (raw []byte, err error) {
	p := &l.fit.places[index]
	if p.column == nil && p.object == nil {
		return missing, nil
	}
	row := shaped.Row{Shape: l.fit.shape, Bytes: l.row}
	switch p.state(row) {
	case shaped.Value:
		return l.slotAsCBOR(row, p)
	case shaped.None:
		if len(p.path) == 0 {
			return noneItem, nil
		}
	}
	return missing, nil
}

// slotAsCBOR gives the value of a place.
func (l *located) slotAsCBOR(row shaped.Row, p *place) ([]byte, error) {
	var d cbor.Decoder
	found, err := p.item(&d, row, &l.scratch)
	for _, step := range p.path {
		if found && err == nil {
			found, err = d.Find(step)
		}
	}
	switch {
	case err != nil:
		return nil, err
	case !found:
		return missing, nil
	}
	return d.Rest(), nil
}

// scanSlot scans what most columns hold into what most programs have for it, as scanShort does
// in a row of CBOR. Where it returns false it has done nothing: what is unusual, or wrong, is
// found when the value is made CBOR.
func (l *located) scanSlot(index int, values *decoding, dest any) bool {
	places := l.fit.places
	if uint(index) >= uint(len(places)) {
		return false
	}
	p, row := &places[index], shaped.Row{Shape: l.fit.shape, Bytes: l.row}
	if !p.plain || !p.hasValue(row) {
		return false
	}
	switch c := p.column; c.Kind {
	case shaped.Int:
		switch dest := dest.(type) {
		case *int64:
			return set(dest, row.Int(c), nil)
		case *int:
			return strconv.IntSize == 64 && set(dest, int(row.Int(c)), nil)
		}
	case shaped.String:
		if dest, ok := dest.(*string); ok {
			text, err := row.Text(c)
			return err == nil && set(dest, values.boxes.Texts().String(text), nil)
		}
	case shaped.Float:
		if dest, ok := dest.(*float64); ok {
			return set(dest, row.Float(c), nil)
		}
	case shaped.Bool, shaped.Bit:
		if dest, ok := dest.(*bool); ok {
			v, err := row.Bool(c)
			return set(dest, v, err)
		}
	case shaped.Datetime, shaped.DatetimeNs:
		if dest, ok := dest.(*time.Time); ok {
			t, err := row.Time(c)
			return set(dest, t, err)
		}
	case shaped.Record, shaped.UUID:
		switch dest := dest.(type) {
		case *string:
			text, ok, err := p.text(row, values.boxes)
			return ok && set(dest, text, err)
		case *RecordID:
			text, ok, err := p.text(row, values.boxes)
			return ok && c.Kind == shaped.Record && set(dest, RecordID(text), err)
		}
	case shaped.Bytes:
		if dest, ok := dest.(*[]byte); ok {
			return set(dest, append([]byte{}, row.Var(c.Slot)...), nil)
		}
	}
	if dest, ok := dest.(*any); ok && dest != nil {
		var v driver.Value
		ok, err := values.slot(&v, row, p)
		return ok && set(dest, any(v), err)
	}
	return false
}

// set stores what has no error where there is a place for it.
func set[T any](dest *T, v T, err error) bool {
	if dest == nil || err != nil {
		return false
	}
	*dest = v
	return true
}
