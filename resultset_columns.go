package surrealsql

import (
	"maps"
	"slices"
	"strings"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/surrealql"
)

// The columns of a result set, where the text alone does not tell them or where they lie: they
// are read off a row, or are the keys of all rows.

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
	return s.layOutBy(p, row)
}

// layOutByFirst lays the columns out by the row that d stands on, if it is an object, and
// returns a decoder that stands on the row.
func (s *resultSet) layOutByFirst(d *cbor.Decoder) (*cbor.Decoder, error) {
	if s.block != nil {
		return d, s.layOutByBlock(d)
	}
	if !isObject(d) {
		return d, nil
	}
	here := d.Rest()
	row, err := d.Raw()
	if err == nil {
		err = s.layOutBy(s.toLayOut, row)
	}
	s.toLayOut = nil
	if s.source == inFrames {
		d.Reset(here)
	} else {
		s.memory.Reset(row)
	}
	return &s.memory, err
}

// layOutByBlock does so without consuming the row.
func (s *resultSet) layOutByBlock(d *cbor.Decoder) error {
	row, err := s.block.rowAsCBOR(d)
	if err != nil || len(row) == 0 || cbor.KindOf(row[0]) != cbor.KindMap {
		return err
	}
	err = s.layOutBy(s.toLayOut, row)
	s.toLayOut = nil
	return err
}

// layOutBy lays the columns out as one row has them.
func (s *resultSet) layOutBy(p *surrealql.Projection, row []byte) error {
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

// openStar lays out whole records: the union of all their keys, `id` first and
// the others sorted. If there are rows that are no objects, the column `value`
// takes them.
func (s *resultSet) openStar() error {
	if s.done {
		return nil
	}
	if s.block != nil {
		return s.openStarOfBlock()
	}
	keys := make(map[string]struct{})
	plain := false
	var failed error
	err := s.each(func(raw []byte, kind cbor.Kind) bool {
		if kind != cbor.KindMap {
			plain = true
			return true
		}
		failed = eachKey(raw, func(key []byte) {
			if _, known := keys[string(key)]; !known {
				keys[string(key)] = struct{}{}
			}
		})
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	s.layOutKeys(keys, plain)
	return nil
}

func (s *resultSet) layOutKeys(keys map[string]struct{}, plain bool) {
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

// keysAt returns the keys of the object that a path leads to, or nil if there is none.
func keysAt(value []byte, path surrealql.Path) (keys []string) {
	var d cbor.Decoder
	d.Reset(value)
	for _, step := range path {
		if found, _ := d.Find(step); !found {
			return nil
		}
	}
	value, _ = d.Raw()
	_ = eachKey(value, func(key []byte) { keys = append(keys, string(key)) })
	return keys
}

// eachKey visits the keys of an object. What is no object has none.
func eachKey(value []byte, visit func(key []byte)) error {
	var d cbor.Decoder
	d.Reset(value)
	if !isObject(&d) {
		return nil
	}
	for key, err := range d.Pairs() {
		if err != nil {
			return err
		}
		if err := d.Skip(); err != nil {
			return err
		}
		visit(key)
	}
	return nil
}
