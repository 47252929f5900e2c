package surrealsql

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// resultSet is one statement's result: an array of rows, or one row.
type resultSet struct {
	columns []string
	layout  *layout
	raw     []byte        // the result; nil for one that arrives piece by piece
	tail    *answer       // whose rows these are while they are unread, and what is behind them; else nil
	dec     *cbor.Decoder // stands on the next row: own, or the one of a reply that arrives
	own     cbor.Decoder
	left    int  // rows to come, as ArrayLen counts; meaningless when single
	single  bool // the result itself is the one row
	done    bool
	placed  bool // a row has shown that the columns are where the layout has them
	read    reader
	types   []columnType // learned on demand

	unplaced *surrealql.Projection // to be laid out by the first row that arrives
}

// layout says where the values of a row go. A row is an object whose keys the
// server sorted; targets are sorted likewise, so that a row is read in one walk.
type layout struct {
	targets []target
	whole   int  // the column that takes a row that is no object, or -1
	always  bool // whole takes every row, objects too
	nested  bool // a column is fed from within a key's value
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

// move makes the set read from a copy of its result.
func (s *resultSet) move(raw []byte) {
	if s.dec == nil {
		return
	}
	at := len(s.raw) - len(s.dec.Rest())
	s.raw = raw
	s.dec.Reset(raw[at:])
}

// next decodes one row into dest.
func (s *resultSet) next(dest []driver.Value) error {
	d, err := s.row()
	if err != nil {
		return err
	}
	object := !s.placed && isObject(d)
	if err := s.layout.decode(d, dest, s.read); err != nil && !s.stray(err) {
		return s.judge(err)
	}
	s.placed = s.placed || object
	return nil
}

func isObject(d *cbor.Decoder) bool {
	kind, err := d.PeekKind()
	return err == nil && kind == cbor.KindMap
}

// stray reports an error of misplaced in a result whose columns were where they should
// be: which keys a row has depends on the text and the server, not on the row.
func (s *resultSet) stray(err error) bool { return s.placed && errors.Is(err, ErrAmbiguousColumns) }

// row returns a decoder that stands on the next row, or io.EOF. Behind the last
// row of an answer that was unread it says whether the statement succeeded.
func (s *resultSet) row() (*cbor.Decoder, error) {
	if s.left > 0 && s.unplaced == nil && !s.done { // what is below, for nearly every row
		s.left--
		return s.dec, nil
	}
	return s.rareRow()
}

func (s *resultSet) rareRow() (*cbor.Decoder, error) {
	if s.done {
		return nil, io.EOF
	}
	if s.single {
		s.done = true
		return s.dec, nil
	}
	more, err := s.dec.More(&s.left)
	switch {
	case err != nil:
		return nil, s.judge(err)
	case more && s.unplaced == nil:
		return s.dec, nil
	case more:
		d, err := s.place()
		return d, s.judge(err)
	}
	s.done = true
	if s.tail != nil {
		return nil, s.tail.finish(s.dec)
	}
	return nil, io.EOF
}

// judge says what an error in a row means. Rows that were unread are over then.
func (s *resultSet) judge(err error) error {
	if err == nil || s.tail == nil {
		return err
	}
	s.done = true
	return s.tail.judge(err, s.raw)
}

// skip reads to the end without decoding.
func (s *resultSet) skip() error {
	s.unplaced = nil
	for {
		d, err := s.row()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = s.judge(d.Skip())
		}
		if err != nil {
			return err
		}
	}
}

// place lays the columns out by the first row that is an object, and returns a
// decoder that stands on the row.
func (s *resultSet) place() (*cbor.Decoder, error) {
	kind, err := s.dec.PeekKind()
	if err != nil || kind != cbor.KindMap {
		return s.dec, err
	}
	row, err := s.dec.Raw()
	if err == nil {
		err = s.placeBy(s.unplaced, row)
	}
	s.unplaced = nil
	s.own.Reset(row)
	return &s.own, err
}

// decode reads one row. A key that is missing leaves nil, one that is not
// wanted is skipped.
func (l *layout) decode(d *cbor.Decoder, dest []driver.Value, read reader) error {
	if kind, err := d.PeekKind(); err != nil {
		return err
	} else if kind != cbor.KindMap || l.always {
		return l.decodeWhole(d, dest, read)
	}
	n, err := d.MapLen()
	if err != nil {
		return err
	}
	done := 0
	if n == len(l.targets) && l.whole < 0 { // nearly every row
		done, err = l.decodeInTurn(d, dest, read)
		if err != nil || done == n {
			return err
		}
	}
	return l.decodeRest(d, n-done, done, dest, read)
}

// decodeInTurn reads keys and their values for as long as each is that of the next
// target, and returns how many were.
func (l *layout) decodeInTurn(d *cbor.Decoder, dest []driver.Value, read reader) (int, error) {
	b, at := d.Rest(), 0
	for i := range l.targets {
		t := &l.targets[i]
		from := at + t.known.Size(b[at:])
		if from == at {
			d.Advance(at)
			return i, nil
		}
		if t.column >= 0 {
			if v, size := read.quick(b[from:]); size > 0 {
				dest[t.column] = v
				at = from + size
				continue
			}
		}
		d.Advance(from)
		if err := t.decode(d, dest, read); err != nil {
			return i, err
		}
		b, at = d.Rest(), 0
	}
	d.Advance(at)
	return len(l.targets), nil
}

// decodeRest reads n keys and their values, those of the first targets being read.
func (l *layout) decodeRest(d *cbor.Decoder, n, first int, dest []driver.Value, read reader) error {
	if l.whole >= 0 {
		dest[l.whole] = nil
	}
	for _, t := range l.targets[first:] {
		for _, c := range t.cells {
			dest[c.column] = nil
		}
	}
	missing, stray := len(l.targets)-first, ""
	for hint := first; ; {
		more, err := d.More(&n)
		if err == nil && !more {
			return misplaced(missing, stray)
		}
		if err != nil {
			return err
		}
		i, err := l.nextTarget(d, hint, &stray)
		switch {
		case err != nil:
		case i < 0:
			err = d.Skip()
		default:
			hint = i + 1
			missing--
			err = l.targets[i].decode(d, dest, read)
		}
		if err != nil {
			return err
		}
	}
}

// misplaced is the error of a row that lacks the keys of columns and has one that is
// no column's: most likely the value of one of them, under a key that the text did not
// foretell. A nil in its place would be wrong.
func misplaced(missing int, stray string) error {
	if missing <= 0 || stray == "" {
		return nil
	}
	return fmt.Errorf("%w: the server's key %q is none of a column's, and that of a column is not there: give the columns aliases (… AS name)", ErrAmbiguousColumns, stray)
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
	return i, nil
}

// decodeWhole reads a row that is no object: NONE and NULL are rows of nil,
// another value goes to the column `value`.
func (l *layout) decodeWhole(d *cbor.Decoder, dest []driver.Value, read reader) error {
	clear(dest)
	v, err := read.read(d)
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
func (t *target) decode(d *cbor.Decoder, dest []driver.Value, read reader) (err error) {
	if t.column >= 0 {
		dest[t.column], err = read.read(d)
		return err
	}
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	for _, c := range t.cells {
		var sub cbor.Decoder
		sub.Reset(raw)
		if dest[c.column], err = decodeAt(&sub, c.path, read); err != nil {
			return err
		}
	}
	return nil
}

// decodeAt reads the value at the end of a path; where a step meets no object,
// or one without the key, it is nil. An idiom through an array leads through no
// array here: the server answers {b: {c: […]}} for b.c (measured on 3.0.2).
func decodeAt(d *cbor.Decoder, path surrealql.Path, read reader) (v driver.Value, err error) {
	if len(path) == 0 {
		return read.read(d)
	}
	if kind, err := d.PeekKind(); err != nil || kind != cbor.KindMap {
		return nil, err
	}
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var key []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		if string(key) == path[0] {
			return decodeAt(d, path[1:], read)
		}
		err = d.Skip()
	}
	return nil, err
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
