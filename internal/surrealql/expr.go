package surrealql

import "slices"

// expr is what is kept of an expression. A nil *expr keeps nothing.
type expr struct {
	kind     exprKind
	parts    []part     // of an idiom
	name     string     // of a call, a parameter or a string
	parens   [2]int     // of a call: the offsets of its parentheses
	wantStmt bool       // asks for stmt
	stmt     *Statement // of a statement
	keys     []string   // of an object, or of all objects of an array
	aliased  bool       // an idiom with aliases inside: its keys are not to be told
}

// exprKind is what an expression turned out to be, as far as it decides how the
// server names its column or lays out its result.
type exprKind uint8

const (
	exprOther     exprKind = iota
	exprIdiom              // a.b[0]->c
	exprParam              // $p
	exprCall               // a function call: its key is the function's path
	exprString             // 'text'
	exprStatement          // SELECT …, CREATE …, also in parentheses
	exprObject             // {a: 1}
	exprObjects            // [{a: 1}, {a: 2}]
)

func (e *expr) set(k exprKind) {
	if e != nil {
		*e = expr{kind: k, wantStmt: e.wantStmt}
	}
}

// part is a part of an idiom that shows in the key of its column. Indexes,
// filters, methods, destructuring and the like do not.
type part struct {
	kind     partKind
	pos, end int
	name     string // of a field
}

type partKind uint8

const (
	partField  partKind = iota
	partStart           // the value an idiom begins with: $p, person:1, (SELECT …)
	partLookup          // ->knows, <-(likes WHERE …)
)

func (e *expr) add(pt part) {
	if e != nil {
		e.parts = append(e.parts, pt)
	}
}

// noClosure reports whether an operand that begins with t is something else than a
// closure, for certain.
func (e *expr) noClosure(t token) bool {
	switch e.kind {
	case exprString, exprObject, exprObjects:
		return true
	case exprParam:
		return t.kind == tOrdinal
	case exprOther:
		switch t.kind {
		case tNumber, tSlash, tMinus, tBang, tLBracket, tString: // but +$f is $f
			return true
		}
		return t.is(kwTrue) || t.is(kwFalse) || t.is(kwNone) || t.is(kwNull)
	}
	return false
}

// layOut lays a RETURN, or an expression at the top, out as its value is.
func (s *Statement) layOut(e *expr) {
	s.Projection = Projection{Form: Dynamic, Shape: AsIs}
	switch e.kind {
	case exprStatement:
		s.Projection = e.stmt.Projection
		s.Explained, s.Returning, s.ran = e.stmt.Explained, e.stmt.Returning, e.stmt.ran
		held := *e.stmt
		held.returnPos = -1 // its result is the text's own
		s.held = held.Counting()
	case exprObject:
		s.objectColumns(e.keys, One)
	case exprObjects:
		s.objectColumns(e.keys, Many)
	}
}

// objectColumns makes columns of the keys of an object in the text.
func (s *Statement) objectColumns(keys []string, sh Shape) {
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			s.Projection.Columns = nil
			return
		}
		s.Projection.Columns = append(s.Projection.Columns, Column{
			Name: k, pos: s.Pos, end: s.Pos, source: k, candidates: [][]step{plainStep(k)},
		})
	}
	if len(keys) > 0 {
		s.Projection.Form, s.Projection.Shape = Columns, sh
	}
}
