package surrealql

import "slices"

// is sets what a statement is; a nil statement keeps nothing.
func (s *Statement) is(k Kind, f Form, sh Shape) {
	if s == nil {
		return
	}
	s.Kind = k
	s.Projection.Form, s.Projection.Shape = f, sh
}

// silent makes s a statement without a result set.
func (s *Statement) silent(k Kind) {
	s.is(k, Nothing, AsIs)
	s.Yields = false
}

// returnAt notes where a RETURN clause belongs.
func (s *Statement) returnAt(pos int) {
	if s != nil && s.insert < 0 && !s.Returning {
		s.insert = pos
	}
}

// explained notes that the statement answers its plan.
func (s *Statement) explained() {
	if s == nil {
		return
	}
	s.insert = -1
	s.Explained = true
	s.Projection = Projection{Form: Dynamic, Shape: AsIs}
}

// returns lays a RETURN, or an expression at the top, out as its value is.
func (s *Statement) returns(e *expr) {
	s.Projection = Projection{Form: Dynamic, Shape: AsIs}
	switch e.shape {
	case shapeStatement:
		s.Projection = e.stmt.Projection
		s.Explained, s.Returning, s.ran = e.stmt.Explained, e.stmt.Returning, e.stmt.ran
		held := *e.stmt
		held.insert = -1 // its result is the text's own
		s.returned = held.Counting()
	case shapeObject:
		s.object(e.keys, One)
	case shapeObjects:
		s.object(e.keys, Many)
	}
}

// object makes columns of the keys of an object in the text.
func (s *Statement) object(keys []string, sh Shape) {
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			s.Projection.Columns = nil
			return
		}
		s.Projection.Columns = append(s.Projection.Columns, Column{
			Name: k, Pos: s.Pos, End: s.Pos, text: k, places: [][]step{plainStep(k)},
		})
	}
	if len(keys) > 0 {
		s.Projection.Form, s.Projection.Shape = Columns, sh
	}
}
