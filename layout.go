package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A layout says which key of a row goes into which columns, and decodes a row by it.

// valueColumn is the name of the column that takes what is no object.
const valueColumn = "value"

// Layouts do not change once they are made.
var (
	justValue = []string{valueColumn}
	wholeRow  = &layout{whole: 0, always: true} // the row itself is the value
	noLayout  = &layout{whole: -1}
)

func columnNames(p *surrealql.Projection) []string {
	if p.Form != surrealql.Columns {
		return nil
	}
	names := make([]string, len(p.Columns))
	for i := range p.Columns {
		names[i] = p.Columns[i].Name
	}
	return names
}

// ambiguous makes the analysis' complaint about columns the driver's.
func ambiguous(err error) error { return fmt.Errorf("%w: %w", ErrAmbiguousColumns, err) }

// layout says where the values of a row go. A row is an object whose keys the
// server sorted; targets are sorted likewise, so that a row is read in one walk.
type layout struct {
	targets []target
	whole   int  // the column that takes a row that is no object, or -1
	always  bool // whole takes every row, objects too
	nested  bool // a column is fed from within a key's value

	refuse func(key []byte) error // says what is wrong with a key that is no target's, or nil
}

// target is a key of the row's object and the columns that are fed from it.
type target struct {
	key    string
	known  cbor.Known // the key as CBOR
	first  int        // the first of the columns
	column int        // that takes the whole value and is the only one, or -1
	cells  []cell
}

// cell is a column and the way to its value inside the key's value.
type cell struct {
	column int
	path   surrealql.Path
}

// decode reads one row. A key that is missing leaves nil, one that is not
// wanted is skipped.
func (l *layout) decode(d *cbor.Decoder, dest []driver.Value, values decoding) error {
	if kind, err := d.PeekKind(); err != nil {
		return err
	} else if kind != cbor.KindMap || l.always {
		return l.decodeWhole(d, dest, values)
	}
	keys, err := l.decodeObject(d, dest, values)
	if err == nil && keys.missing > 0 {
		err = keys.err()
	}
	return err
}

// decodeObject reads an object, and returns which keys were not as expected.
func (l *layout) decodeObject(d *cbor.Decoder, dest []driver.Value, values decoding) (keys oddKeys, err error) {
	n, err := d.MapLen()
	if err != nil {
		return keys, err
	}
	done := 0
	if n == len(l.targets) && l.whole < 0 { // nearly every row
		done, err = l.decodeInTurn(d, dest, values)
		if err != nil || done == n {
			return keys, err
		}
	}
	return l.decodeRest(d, n-done, done, dest, values)
}

// decodeInTurn reads keys and their values for as long as each is that of the next
// target, and returns how many were.
//
// This walk decodes as it goes, and that of layout_go127.go only locates. To locate and
// then to decode what was located, for Next too, would leave one of the two. It takes 18 %
// longer for a page of 1,000 rows of 8 scalars, and 12 % where one of them is an object
// (best and quartiles of 1,500 pages in memory, by turns), as each byte is walked twice.
func (l *layout) decodeInTurn(d *cbor.Decoder, dest []driver.Value, values decoding) (int, error) {
	b, at := d.Rest(), 0
	for i := range l.targets {
		t := &l.targets[i]
		from := at + t.known.Size(b[at:])
		if from == at {
			d.Advance(at)
			return i, nil
		}
		if t.column >= 0 {
			if v, size := values.decodeShort(b[from:]); size > 0 {
				dest[t.column] = v
				at = from + size
				continue
			}
		}
		d.Advance(from)
		if err := t.decode(d, dest, values); err != nil {
			return i, err
		}
		b, at = d.Rest(), 0
	}
	d.Advance(at)
	return len(l.targets), nil
}

// decodeRest reads n keys and their values, those of the first targets being read.
func (l *layout) decodeRest(d *cbor.Decoder, n, first int, dest []driver.Value, values decoding) (keys oddKeys, err error) {
	if l.whole >= 0 {
		dest[l.whole] = nil
	}
	for _, t := range l.targets[first:] {
		for _, c := range t.cells {
			dest[c.column] = nil
		}
	}
	keys.missing = len(l.targets) - first
	for hint := first; ; {
		more, err := d.More(&n)
		if err != nil || !more {
			return keys, err
		}
		i, err := l.nextTarget(d, hint, &keys.stray)
		switch {
		case err != nil:
		case i < 0:
			err = d.Skip()
		default:
			hint = i + 1
			keys.missing--
			err = l.targets[i].decode(d, dest, values)
		}
		if err != nil {
			return keys, err
		}
	}
}

// oddKeys are the keys of a row that are not as the layout has them.
type oddKeys struct {
	missing int    // that columns are fed from
	stray   string // one that no column is fed from, or ""
}

// err is the error of a row that lacks the keys of columns and has one that is
// no column's: most likely the value of one of them, under a key that the text did not
// foretell. A nil in its place would be wrong.
func (k oddKeys) err() error {
	if k.missing <= 0 || k.stray == "" {
		return nil
	}
	return fmt.Errorf("%w: the server's key %q is none of a column's, and that of a column is not there: give the columns aliases (… AS name)", ErrAmbiguousColumns, k.stray)
}

// nextTarget reads a key and returns its target, or -1 and the key as stray. hint is the
// target after the last hit: with sorted keys it nearly always is the one.
func (l *layout) nextTarget(d *cbor.Decoder, hint int, stray *string) (int, error) {
	if hint < len(l.targets) && d.Take(&l.targets[hint].known) {
		return hint, nil
	}
	key, err := d.TextBytes()
	if err != nil {
		return -1, err
	}
	i := l.find(key)
	if i < 0 && *stray == "" {
		*stray = string(key)
	}
	if i < 0 && l.refuse != nil {
		return i, l.refuse(key)
	}
	return i, nil
}

// decodeWhole reads a row that is no object: NONE and NULL are rows of nil,
// another value goes to the column `value`.
func (l *layout) decodeWhole(d *cbor.Decoder, dest []driver.Value, values decoding) error {
	clear(dest)
	v, err := values.decode(d)
	if err != nil || v == nil {
		return err
	}
	if _, text := v.(string); text && l.whole < 0 {
		// SELECT name FROM 'person:1' reads the string, not the record (3.0.2 to 4.0.0-beta.1).
		return errors.New("a row that is a string where an object was expected: to read a record, pass a surrealsql.RecordID, which surrealsql.ParseRecordID makes of a text; for a table, a surrealsql.Table")
	}
	if l.whole < 0 {
		return fmt.Errorf("a row that is %T where an object was expected", v)
	}
	dest[l.whole] = v
	return nil
}

// find returns the target of a key, or -1.
func (l *layout) find(key []byte) int {
	i := sort.Search(len(l.targets), func(i int) bool { return l.targets[i].key >= string(key) })
	if i < len(l.targets) && l.targets[i].key == string(key) {
		return i
	}
	return -1
}

// decode reads the value of a key into its columns.
func (t *target) decode(d *cbor.Decoder, dest []driver.Value, values decoding) (err error) {
	if t.column >= 0 {
		dest[t.column], err = values.decode(d)
		return err
	}
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	for _, c := range t.cells {
		var sub cbor.Decoder
		sub.Reset(raw)
		if dest[c.column], err = decodeAt(&sub, c.path, values); err != nil {
			return err
		}
	}
	return nil
}

// decodeAt reads the value at the end of a path; where a step meets no object,
// or one without the key, it is nil. An idiom through an array leads through no
// array here: the server answers {b: {c: […]}} for b.c (measured on 3.0.2).
func decodeAt(d *cbor.Decoder, path surrealql.Path, values decoding) (driver.Value, error) {
	for _, step := range path {
		if found, err := d.Find(step); !found {
			return nil, err
		}
	}
	return values.decode(d)
}

// makeLayout sorts what feeds the columns by the key of the row's object that
// it is in: the first step of each path.
func makeLayout(paths []surrealql.Path) *layout {
	l := &layout{whole: -1}
	for column, path := range paths {
		i, found := slices.BinarySearchFunc(l.targets, path[0], func(t target, key string) int {
			return strings.Compare(t.key, key)
		})
		if !found {
			l.targets = slices.Insert(l.targets, i, target{key: path[0], known: cbor.KnownText(path[0])})
		}
		l.targets[i].cells = append(l.targets[i].cells, cell{column, path[1:]})
		l.nested = l.nested || found || len(path) > 1
	}
	for i := range l.targets {
		t := &l.targets[i]
		t.first, t.column = t.cells[0].column, -1
		if len(t.cells) == 1 && len(t.cells[0].path) == 0 {
			t.column = t.cells[0].column
		}
	}
	return l
}
