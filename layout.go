package surrealsql

import (
	"maps"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// A result set is laid out from two sides: the text tells the author's columns
// and their order, the reply tells the keys that are there.

// valueColumn is the name of the column that takes what is no object.
const valueColumn = "value"

// open lays out the result of a statement and stands before its first row.
func (s *resultSet) open(q *analysis, statement int, raw []byte) error {
	s.begin()
	s.raw = raw
	kind, none, err := s.peek()
	if err != nil {
		return err
	}
	p := &q.Statements[statement].Projection
	if p.Form == surrealql.Nothing && none {
		s.done = true
		return nil
	}
	s.single = p.Shape == surrealql.One || kind != cbor.KindArray
	s.done = s.single && none && (p.Form != surrealql.Dynamic && p.Form != surrealql.Nothing && !(p.Form == surrealql.Value && kind == cbor.KindNull))
	switch p.Form {
	case surrealql.Columns:
		s.columns = q.names[statement]
		err = s.openColumns(p, q.layouts[statement])
	case surrealql.Value:
		s.openValue()
	case surrealql.Star:
		err = s.openStar()
	default:
		err = s.openDynamic(kind)
	}
	if err != nil {
		return err
	}
	return s.rewind()
}

// peek tells what the result is. NONE and NULL both count as none.
func (s *resultSet) peek() (kind cbor.Kind, none bool, err error) {
	var d cbor.Decoder
	d.Reset(s.raw)
	kind, err = d.PeekKind()
	if err == nil && kind == cbor.KindTag {
		var tag uint64
		tag, err = d.Tag()
		none = tag == literal.TagNone
	}
	return kind, none || kind == cbor.KindNull, err
}

// rewind stands before the first row.
func (s *resultSet) rewind() (err error) {
	s.dec = &s.own
	s.dec.Reset(s.raw)
	s.left = 0
	if !s.single {
		s.left, err = s.dec.ArrayLen()
	}
	return err
}

func (s *resultSet) openValue() {
	s.columns = justValue
	s.layout = wholeRow
}

// begin is for a new result. A set that was never used has nothing to be cleared,
// and most are the only one.
func (s *resultSet) begin() {
	if s.layout != nil {
		*s = resultSet{read: s.read}
	}
	s.layout = noLayout
}

// Layouts do not change once they are made.
var (
	justValue = []string{valueColumn}
	wholeRow  = &layout{whole: 0, always: true} // the row itself is the value
	noLayout  = &layout{whole: -1}
)

// openRows stands before the first row of an answer whose rows are unread.
func (s *resultSet) openRows(a *answer, statement int) error {
	if !a.reply.Arriving() {
		err := s.open(a.query, statement, a.reply.Decoder().Rest())
		s.tail = a
		return err
	}
	s.begin()
	s.tail, s.dec = a, a.reply.Decoder()
	p := &a.query.Statements[statement].Projection
	switch known := a.query.layouts[statement]; {
	case p.Form == surrealql.Value:
		s.openValue()
	case known != nil:
		s.columns, s.layout = a.query.names[statement], known
	default:
		s.columns, s.unplaced = a.query.names[statement], p
	}
	left, err := s.dec.ArrayLen()
	if err != nil {
		return a.end(err)
	}
	s.left = left
	return nil
}

// openColumns lays out an explicit projection. Where the text alone does not
// tell where the server keeps a value, that is read off one row: it depends on
// the text and the server, not on the data.
func (s *resultSet) openColumns(p *surrealql.Projection, known *layout) error {
	if known != nil {
		s.layout = known
		return nil
	}
	row, err := s.sample()
	if err != nil || row == nil {
		return err // no rows: the names are all there is
	}
	return s.placeBy(p, row)
}

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

// placeBy lays the columns out as one row has them.
func (s *resultSet) placeBy(p *surrealql.Projection, row []byte) error {
	found, err := p.Resolve(func(at surrealql.Path) []string { return keysAt(row, at) })
	if err != nil {
		return ambiguous(err)
	}
	if len(found) == 1 && len(found[0]) == 0 {
		s.layout = wholeRow
		return nil
	}
	s.layout = makeLayout(found)
	return nil
}

// sample returns the first row that is an object, or nil.
func (s *resultSet) sample() (row []byte, err error) {
	if s.done {
		return nil, nil
	}
	err = s.each(func(raw []byte, kind cbor.Kind) bool {
		if kind == cbor.KindMap {
			row = raw
		}
		return row == nil
	})
	return row, err
}

// each walks the rows from the first on, without decoding them, until visit
// returns false.
func (s *resultSet) each(visit func(raw []byte, kind cbor.Kind) bool) error {
	if err := s.rewind(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := first, error(nil)
		if !s.single {
			more, err = s.dec.More(&s.left)
		}
		if err != nil || !more {
			return err
		}
		kind, err := s.dec.PeekKind()
		if err != nil {
			return err
		}
		raw, err := s.dec.Raw()
		if err != nil || !visit(raw, kind) {
			return err
		}
	}
}

// openStar lays out whole records: the union of all their keys, `id` first and
// the others sorted. If there are rows that are no objects, the column `value`
// takes them.
func (s *resultSet) openStar() error {
	if s.done {
		return nil
	}
	keys := make(map[string]struct{})
	plain := false
	var failed error
	err := s.each(func(raw []byte, kind cbor.Kind) bool {
		if kind != cbor.KindMap {
			plain = true
			return true
		}
		failed = addKeys(keys, raw)
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	s.columns = slices.SortedFunc(maps.Keys(keys), idFirst)
	paths := make([]surrealql.Path, len(s.columns))
	for i, key := range s.columns {
		paths[i] = surrealql.Path{key}
	}
	s.layout = makeLayout(paths)
	if _, taken := keys[valueColumn]; plain && !taken {
		s.layout.whole = len(s.columns)
		s.columns = append(s.columns, valueColumn)
	}
	return nil
}

func idFirst(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "id":
		return -1
	case b == "id":
		return 1
	}
	return strings.Compare(a, b)
}

// openDynamic lets the result decide: an object is one row, an array of objects
// is rows, anything else is one row with the column `value`. So are an empty
// object and an empty array, which would be a row without columns and no row.
func (s *resultSet) openDynamic(kind cbor.Kind) error {
	rows, empty := 0, true
	err := s.each(func(raw []byte, kind cbor.Kind) bool {
		if kind != cbor.KindMap {
			rows = 0
			return false
		}
		rows++
		empty = empty && len(keysAt(raw, nil)) == 0
		return true
	})
	if err != nil {
		return err
	}
	if rows == 0 || empty {
		s.single = true
		s.openValue()
		return nil
	}
	return s.openStar()
}

// addKeys adds the keys of an object to the set.
func addKeys(keys map[string]struct{}, object []byte) error {
	return walkObject(object, func(key, _ []byte) bool {
		if _, known := keys[string(key)]; !known {
			keys[string(key)] = struct{}{}
		}
		return true
	})
}

// keysAt returns the keys of the object that a path leads to, or nil if there
// is none.
func keysAt(value []byte, path surrealql.Path) (keys []string) {
	for _, step := range path {
		var below []byte
		_ = walkObject(value, func(key, raw []byte) bool {
			if string(key) == step {
				below = raw
			}
			return below == nil
		})
		if below == nil {
			return nil
		}
		value = below
	}
	_ = walkObject(value, func(key, _ []byte) bool {
		keys = append(keys, string(key))
		return true
	})
	return keys
}

// walkObject visits the fields of an object until visit returns false. What is
// no object has no fields.
func walkObject(value []byte, visit func(key, raw []byte) bool) error {
	var d cbor.Decoder
	d.Reset(value)
	kind, err := d.PeekKind()
	if err != nil || kind != cbor.KindMap {
		return err
	}
	n, err := d.MapLen()
	for more := false; err == nil; {
		if more, err = d.More(&n); !more {
			break
		}
		var key, raw []byte
		if key, err = d.TextBytes(); err != nil {
			break
		}
		if raw, err = d.Raw(); err != nil || !visit(key, raw) {
			break
		}
	}
	return err
}
