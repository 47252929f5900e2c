package surrealql

import (
	"slices"
	"strconv"
	"strings"
)

// maxOrdinalDigits bounds the n of $n; a longer one is left for the server to
// refuse.
const maxOrdinalDigits = 5

// Placeholder is one use of an ordinal argument.
type Placeholder struct {
	N   int // the ordinal, from 1
	Pos int // byte offset of its $ in the text
	// Bare tells $1, which is rewritten, from $_1, which the server takes as is.
	Bare bool
}

// special are the names the server gives a meaning of its own; an argument
// cannot stand in for them. It protects access, auth, session and token
// everywhere (3.0.2 to 4.0), and gives the others values where they mean
// something.
var special = map[string]bool{
	"this": true, "self": true, "parent": true, "value": true, "input": true,
	"before": true, "after": true, "event": true, "auth": true, "token": true,
	"session": true, "access": true, "request": true, "reference": true,
}

// within are those of special that have a value only within definitions and where a
// live query looks at a change, besides $input in ON DUPLICATE KEY UPDATE, and $before
// and $after in the RETURN clause of a write. Anywhere else, also in the SET and WHERE
// of that write, the server takes NONE for them (3.0.2, 3.3.5 and 4.0.0-beta.1).
var within = map[string]bool{
	"value": true, "event": true, "request": true, "reference": true,
	"input": true, "before": true, "after": true,
}

// IsSpecial reports whether the server gives the parameter of this name (said
// without its $) a meaning of its own.
func IsSpecial(name string) bool { return special[name] }

// IsOrdinal reports whether a name is one that an ordinal argument is bound as: _1.
func IsOrdinal(name string) bool { return ordinalName(name) > 0 }

// useParam notes a parameter, or the ordinal it stands for.
func (p *parser) useParam(t token) {
	name := p.ident(t)
	if t.kind == tOrdinal {
		n, _ := strconv.Atoi(name[1:])
		p.ordinals = append(p.ordinals, Placeholder{N: n, Pos: t.pos, Bare: true})
		if p.params.storing {
			p.params.keep("_" + name[1:])
		}
		return
	}
	if n := ordinalName(name); n > 0 {
		p.ordinals = append(p.ordinals, Placeholder{N: n, Pos: t.pos})
		p.params.keep(name)
		return
	}
	p.useName(name)
	if p.params.gives(name) {
		p.given = t.end
	}
}

func (p *parser) useName(name string) {
	if p.params.use(name); !p.params.gives(name) {
		p.foreign++
	}
}

// declared takes a parameter that is being given a value here, and returns its
// name, or "" when what comes is not a parameter. The name is assigned from
// where the caller says so.
func (p *parser) declared() string {
	t := p.peek()
	switch t.kind {
	case tOrdinal:
		p.next() // an argument all the same: the server will say what is wrong
		return ""
	case tParam, tQuotedParam:
		name := p.ident(t)
		if ordinalName(name) > 0 {
			p.next()
			return ""
		}
		p.take()
		return name
	}
	return ""
}

// noteQuestion notes a ? where an operand is due, which SurrealQL does not
// have and other databases use as a placeholder.
func (p *parser) noteQuestion(t token) {
	if p.question < 0 {
		p.question = t.pos
	}
}

// ordinalName returns the n of the name _n that ordinal n is bound as, or 0.
func ordinalName(name string) int {
	digits, ok := strings.CutPrefix(name, "_")
	if !ok || len(digits) == 0 || len(digits) > maxOrdinalDigits || digits[0] == '0' {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || strings.ContainsAny(digits, "+-") {
		return 0
	}
	return n
}

// fewParams is up to how many names are compared one by one.
const fewParams = 16

// index makes Param fast where the names are many.
func (q *Query) index() {
	if len(q.Params) <= fewParams {
		return
	}
	q.places = make(map[string]int, len(q.Params))
	for i, name := range q.Params {
		q.places[name] = i
	}
}

// Param returns the place of a name in Params, or -1.
func (q *Query) Param(name string) int {
	if q.places == nil {
		return slices.Index(q.Params, name)
	}
	if i, ok := q.places[name]; ok {
		return i
	}
	return -1
}
