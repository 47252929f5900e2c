package surrealsql

import (
	"database/sql/driver"
	"sync/atomic"

	"github.com/surrealsql/surrealsql/internal/box"
	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/shaped"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// Where the columns of a layout lie in the rows of a shape (SurrealDB 4.0): found once, for
// all rows of that shape and mostly for all queries of that text.

// fit is a layout as the rows of one shape have it. It does not change once it is made.
type fit struct {
	columns []string // that the shape has given, where the text names none; else nil
	layout  *layout
	shape   *shaped.Shape

	places    []place // by the column of the result
	targets   []int   // by the layout's target: its column in the shape, or -1
	strays    []int   // the columns of the shape that no target is
	remainder *layout // of the keys that have no column in the shape; nil where rows have none that are wanted
}

// knownFit is the fit that the rows of a statement had last, kept with its text: most often
// it is that of the next ones, too. Then the shape need not be read again.
type knownFit = atomic.Pointer[fit]

// place is where the value of a column lies.
type place struct {
	column *shaped.Column // nil where the shape has none
	plain  bool           // a column of the root, whose value it is: most are
	table  string         // of a record id whose table the shape names: its text up to the key

	at     int              // the column's index
	within []*shaped.Column // the objects that it lies in; without a value they have none in them
	object *shaped.Column   // in whose remainder the path leads on; nil where it leads on in the column
	path   surrealql.Path   // the way on, within CBOR
}

// makeFit finds the columns of a layout.
func makeFit(l *layout, shape *shaped.Shape, columns int) *fit {
	f := &fit{layout: l, shape: shape, places: make([]place, columns), targets: make([]int, len(l.targets))}
	if l.always || shape.Single {
		return f // the whole row is the value
	}
	var others []target
	taken := make(map[int]bool, len(l.targets))
	for i := range l.targets {
		t := &l.targets[i]
		at := shape.Find(t.key, -1)
		f.targets[i] = at
		if at < 0 {
			others = append(others, *t)
			continue
		}
		taken[at] = true
		for _, c := range t.cells {
			f.places[c.column] = f.find(at, c.path)
		}
	}
	for i := 0; i < len(shape.Columns); i = shape.Columns[i].Next {
		if !taken[i] {
			f.strays = append(f.strays, i)
		}
	}
	if shape.Rest >= 0 {
		f.remainder = &layout{targets: others, whole: -1, nested: l.nested, refuse: f.refuse}
	}
	return f
}

// find follows the way to a value from a column of the root, through objects.
func (f *fit) find(at int, path surrealql.Path) (p place) {
	for {
		c := &f.shape.Columns[at]
		p.column, p.at, p.path = c, at, path
		if c.Kind != shaped.Object || len(path) == 0 {
			p.plain = len(p.within) == 0 && len(p.path) == 0
			if c.Table != "" {
				p.table = string(append(literal.AppendIdent(nil, c.Table), ':'))
			}
			return p
		}
		p.within = append(p.within, c)
		next := f.shape.Find(path[0], at)
		if next < 0 {
			p.column, p.object = nil, c
			return p
		}
		at, path = next, path[1:]
	}
}

// refuse is what is wrong with a key of the remainder that no column is fed from.
func (f *fit) refuse(key []byte) error {
	if f.shape.Find(string(key), -1) >= 0 {
		return shaped.ErrTwice(key)
	}
	return nil
}

// whole reports whether the row itself is the value.
func (f *fit) whole() bool { return f.layout.always || f.shape.Single }

// decode reads one row. With check it tells which keys are not as the layout has them.
func (f *fit) decode(row shaped.Row, dest []driver.Value, values decoding, scratch *[]byte, check bool) (keys oddKeys, err error) {
	if f.whole() {
		var d cbor.Decoder
		if err := f.item(&d, row, scratch); err != nil {
			return keys, err
		}
		if f.layout.always || !isObject(&d) {
			return keys, f.layout.decodeWhole(&d, dest, values)
		}
		return f.layout.decodeObject(&d, dest, values)
	}
	if err := f.decodePlaces(row, dest, values, scratch); err != nil {
		return keys, err
	}
	if f.remainder != nil {
		var d cbor.Decoder
		more, err := row.Remainder(&d, f.shape.Rest)
		if err == nil && more {
			keys, err = f.remainder.decodeObject(&d, dest, values)
		} else {
			keys.missing = len(f.remainder.targets)
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

// decodePlaces reads what lies in columns of the shape. The usual kinds it reads by itself: with a
// call for each, a page of rows takes a tenth longer.
func (f *fit) decodePlaces(row shaped.Row, dest []driver.Value, values decoding, scratch *[]byte) (err error) {
	boxes := values.boxes
	for i := range f.places {
		p := &f.places[i]
		if p.plain && !values.types && p.hasValue(row) {
			switch c := p.column; c.Kind {
			case shaped.Int:
				dest[i] = boxes.Int(row.Int(c))
				continue
			case shaped.Float:
				dest[i] = boxes.Float(row.Float(c))
				continue
			case shaped.Bool, shaped.Bit:
				if v, err := row.Bool(c); err == nil {
					dest[i] = v
					continue
				}
			case shaped.String:
				if text := row.Var(c.Slot); shaped.IsText(text) {
					dest[i] = boxes.Text(boxes.Texts().String(text))
					continue
				}
			case shaped.Datetime:
				if t, err := row.Time(c); err == nil {
					dest[i] = boxes.Time(t)
					continue
				}
			case shaped.UUID:
				if !values.exact {
					dest[i] = boxes.Text(uuidText(boxes, row.UUID(c)))
					continue
				}
			case shaped.Record:
				if key, ok := row.IntKey(c); ok {
					dest[i] = box.TextOf(boxes, RecordID(p.idText(boxes, key)))
					continue
				}
			}
		}
		if dest[i], err = p.value(row, values, scratch); err != nil {
			return err
		}
	}
	return nil
}

// item makes d stand before the row as CBOR.
func (f *fit) item(d *cbor.Decoder, row shaped.Row, scratch *[]byte) error {
	if f.shape.Single {
		item, err := row.Item(f.shape.Rest)
		d.Reset(item)
		return err
	}
	b, err := row.AppendCBOR((*scratch)[:0])
	*scratch = b
	d.Reset(b)
	return err
}

// compare adds to what is odd in the remainder what is odd in the columns.
func (f *fit) compare(row shaped.Row, keys oddKeys) oddKeys {
	if len(f.strays) == 0 && f.remainder == nil {
		return keys // no key is odd, though some may be missing
	}
	for _, at := range f.targets {
		if at < 0 && f.remainder == nil || at >= 0 && row.State(&f.shape.Columns[at]) == shaped.Absent {
			keys.missing++
		}
	}
	for _, at := range f.strays {
		if c := &f.shape.Columns[at]; keys.stray == "" && row.State(c) != shaped.Absent {
			keys.stray = c.Name
		}
	}
	return keys
}
