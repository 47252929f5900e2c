package surrealql

import "strings"

// What a definition says is partly computed at once (the name, COMMENT,
// DURATION, the VALUE of a PARAM …) and partly kept as it is written: a
// parameter in DEFAULT, ASSERT, PERMISSIONS, a function's body and so on is kept
// by its name, and means whatever has that name when the definition is used.
// Which clause does which was measured on 3.0.2, 3.3.5 and 4.0.0-beta.1, which
// agree. What is not known here counts as kept.

// computed are the words of a definition that are followed by an expression that
// is computed at once.
var computed = map[string]bool{
	"COMMENT": true, "TOKEN": true, "SESSION": true, "GRANT": true, "KEY": true, "URL": true,
	"BATCH": true, "START": true, "TIMEOUT": true, "MIDDLEWARE": true, "BACKEND": true,
	"NAMESPACE": true, "DATABASE": true, "QUERY_TIMEOUT": true,
}

// keeping are the words that are followed by an expression that is kept.
var keeping = map[string]bool{
	"DEFAULT": true, "VALUE": true, "ASSERT": true, "COMPUTED": true, "WHERE": true, "WHEN": true, "THEN": true,
	"SIGNUP": true, "SIGNIN": true, "AUTHENTICATE": true, "CONTEXT": true, "AS": true,
}

// schemaBody walks DEFINE, REMOVE, ALTER and REBUILD. What they say is the
// server's business; only brackets and parameters matter here.
func (p *parser) schemaBody(s *Statement, kw keyword) {
	switch kw {
	case kwDefine:
		s.is(Define, Nothing, AsIs)
		p.definition()
	case kwAlter:
		s.is(Alter, Nothing, AsIs)
		p.definition()
	case kwRemove:
		s.is(Remove, Nothing, AsIs)
		p.removal()
	case kwRebuild:
		s.is(Rebuild, Nothing, AsIs)
	}
	p.skipTo(nil)
}

// removal walks what REMOVE removes. A parameter is named, and not asked for its
// value.
func (p *parser) removal() {
	if !p.eatWord(kwParam) {
		return
	}
	for t := p.peek(); t.kind == tWord; t = p.peek() {
		p.next() // IF EXISTS
	}
	p.kept(func() { p.params.remove(p.declared()) })
}

// definition walks a DEFINE or ALTER after its first word.
func (p *parser) definition() {
	what := p.next()
	p.condition()
	if what.is(kwParam) {
		p.paramDefinition()
		return
	}
	defer p.params.close(p.params.open())
	switch {
	case what.is(kwFunction):
		p.functionHead()
	case p.spells(what, "CONFIG"), p.spells(what, "SYSTEM"), p.spells(what, "MODULE"):
	default:
		p.defined()
		if p.eatWord(kwOn) {
			if t := p.peek(); p.spells(t, "TABLE") {
				p.next()
			}
			p.defined()
		}
	}
	p.schemaClauses(false)
}

// condition walks IF NOT EXISTS, IF EXISTS or OVERWRITE.
func (p *parser) condition() {
	for t := p.peek(); t.is(kwIf) || t.is(kwNot) || p.spells(t, "EXISTS") || p.spells(t, "OVERWRITE"); t = p.peek() {
		p.next()
	}
}

// paramDefinition walks DEFINE PARAM and ALTER PARAM. The text may use the
// parameter from here on: if the statement fails, it was there before.
func (p *parser) paramDefinition() {
	mark := p.params.open()
	if t := p.peek(); t.kind == tOrdinal || t.kind == tParam && ordinalName(p.ident(t)) > 0 {
		p.kept(func() { p.next() }) // it would be called _1
		p.schemaClauses(true)
		p.params.close(mark)
		return
	}
	name := p.declared()
	p.schemaClauses(true)
	p.params.close(mark)
	p.params.define(name)
}

// defined walks the name of what is defined, or of its table: any word, or an
// expression, which is computed.
func (p *parser) defined() {
	switch t := p.peek(); {
	case t.closes():
	case t.name() && !p.peekCall(t):
		p.plainIdiom(nil)
	default:
		p.expression(nil)
	}
}

// functionHead walks the path, the arguments and the body of a function.
func (p *parser) functionHead() {
	p.path()
	if p.eat(tLParen) {
		for t := p.peek(); !t.closes(); t = p.peek() {
			before := p.last
			if p.params.assign(p.declared()); p.last == before {
				p.loose(token{kind: tComma}, t)
			}
		}
		p.eat(tRParen)
	}
	if p.eat(tArrow) {
		p.kind()
	}
	if p.eat(tLBrace) {
		p.kept(func() { p.nestedBlock(false) })
	}
}

// schemaClauses walks the clauses of a definition. param tells that it is one of
// a PARAM, whose VALUE is computed.
func (p *parser) schemaClauses(param bool) {
	for t := p.peek(); !t.closes(); t = p.peek() {
		word := ""
		if t.kind == tWord {
			word = strings.ToUpper(p.text(t))
		}
		switch {
		case word == "TYPE":
			p.next()
			p.kind()
		case word == "DROP":
			p.next()
			if p.peek().kind == tWord {
				p.next() // the clause that ALTER drops
			}
		case word == "FIELDS", word == "COLUMNS":
			p.next()
			p.idioms()
		case computed[word], param && word == "VALUE":
			p.next()
			p.schemaExpressions()
		case keeping[word]:
			p.next()
			if p.spells(p.peek(), "ALWAYS") {
				p.next()
			}
			p.kept(p.schemaExpressions)
		default:
			p.kept(func() { p.loose(token{kind: tSemicolon}, t) })
		}
	}
}

func (p *parser) schemaExpressions() {
	if !p.peek().closes() {
		p.expressions()
	}
}

// kept walks what a definition keeps. It sees the names that are given values in
// the definition itself, and none of those before it.
func (p *parser) kept(walk func()) {
	storing, floor := p.params.storing, p.params.floor
	p.params.storing, p.params.floor = true, p.params.level
	walk()
	p.params.storing, p.params.floor = storing, floor
}

// kind walks a type, such as option<record<person> | int> or { a: int } | 'none'.
func (p *parser) kind() {
	for p.oneKind(); p.eat(tVert); {
		p.oneKind()
	}
}

// oneKind walks a type without the alternatives to it.
func (p *parser) oneKind() {
	switch t := p.peek(); {
	case t.closes():
		return
	case t.kind == tLBrace, t.kind == tLBracket:
		p.next()
		p.flat()
	default:
		p.loose(token{kind: tSemicolon}, t)
	}
	if p.eat(tLess) {
		p.castKind()
	}
}
