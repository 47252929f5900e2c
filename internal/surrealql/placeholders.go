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
// cannot stand in for them.
var special = map[string]bool{
	"this": true, "self": true, "parent": true, "value": true, "input": true,
	"before": true, "after": true, "event": true, "auth": true, "token": true,
	"session": true, "access": true, "request": true, "reference": true,
}

// IsSpecial reports whether the server gives the parameter of this name (said
// without its $) a meaning of its own.
func IsSpecial(name string) bool { return special[name] }

// paramSet gathers the parameters a text uses and does not itself assign.
type paramSet struct {
	free    []string
	stored  []string // those of free that only definitions use
	state   map[string]paramState
	storing bool // what comes is stored by a definition
}

type paramState uint8

const (
	paramUnseen paramState = iota
	paramFree
	paramStored // used, but only by what a definition stores
	paramAssigned
)

func (s *paramSet) set(name string, st paramState) paramState {
	if s.state == nil {
		s.state = make(map[string]paramState)
	}
	was := s.state[name]
	s.state[name] = st
	return was
}

// useParam notes a parameter, or the ordinal it stands for.
func (p *parser) useParam(t token) {
	name := p.ident(t)
	if t.kind == tOrdinal {
		n, _ := strconv.Atoi(name[1:])
		p.ordinals = append(p.ordinals, Placeholder{N: n, Pos: t.pos, Bare: true})
		return
	}
	if n := ordinalName(name); n > 0 {
		p.ordinals = append(p.ordinals, Placeholder{N: n, Pos: t.pos})
		return
	}
	if !special[name] {
		p.params.use(name)
	}
}

func (s *paramSet) use(name string) {
	switch was := s.state[name]; {
	case was == paramUnseen && s.storing:
		s.set(name, paramStored)
		s.free, s.stored = append(s.free, name), append(s.stored, name)
	case was == paramUnseen:
		s.set(name, paramFree)
		s.free = append(s.free, name)
	case was == paramStored && !s.storing:
		s.set(name, paramFree)
		s.stored = slices.DeleteFunc(s.stored, func(n string) bool { return n == name })
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

// assign makes a name known as assigned; what it was before is returned, so
// that a closure can give its parameters back.
func (p *parser) assign(name string) paramState {
	if name == "" {
		return paramUnseen
	}
	return p.params.set(name, paramAssigned)
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
