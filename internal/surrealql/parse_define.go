package surrealql

import "strings"

// DEFINE, ALTER, REMOVE and REBUILD.
//
// What a definition says is partly computed at once (the name, COMMENT,
// DURATION, the VALUE of a PARAM …) and partly kept as it is written: a
// parameter in DEFAULT, ASSERT, PERMISSIONS, a function's body and so on is kept
// by its name, and means whatever has that name when the definition is used.
// Which clause does which was measured on 3.0.2, 3.3.5 and 4.0.0-beta.1, which
// agree. What is not known here counts as kept.

// computedClauses are the words of a definition that are followed by an expression
// that is computed at once.
var computedClauses = map[string]bool{
	"COMMENT": true, "TOKEN": true, "SESSION": true, "GRANT": true, "KEY": true, "URL": true,
	"BATCH": true, "START": true, "TIMEOUT": true, "MIDDLEWARE": true, "BACKEND": true,
	"NAMESPACE": true, "DATABASE": true, "QUERY_TIMEOUT": true,
}

// keptClauses are the words that are followed by an expression that is kept.
var keptClauses = map[string]bool{
	"DEFAULT": true, "VALUE": true, "ASSERT": true, "COMPUTED": true, "WHERE": true, "WHEN": true,
	"THEN": true, "SIGNUP": true, "SIGNIN": true, "AUTHENTICATE": true, "CONTEXT": true, "AS": true,
}

// schemaBody walks DEFINE, REMOVE, ALTER and REBUILD. What they say is the
// server's business; only brackets and parameters matter here.
func (p *parser) schemaBody(s *Statement, kw keyword) {
	switch kw {
	case kwDefine:
		s.is(Define, Nothing, AsIs)
		index := p.peek().is(kwIndex)
		if concurrently := p.definition(); index && !concurrently {
			p.buildsIndex()
		}
	case kwAlter:
		s.is(Alter, Nothing, AsIs)
		p.definition()
	case kwRemove:
		s.is(Remove, Nothing, AsIs)
		p.removal()
	case kwRebuild:
		s.is(Rebuild, Nothing, AsIs)
		concurrently := false
		p.skipTo(func(t token) bool { concurrently = concurrently || p.spells(t, "CONCURRENTLY"); return false })
		if !concurrently {
			p.buildsIndex()
		}
	}
	p.skipTo(nil)
}

// buildsIndex notes that an index is built here, and not when what is defined here is used.
func (p *parser) buildsIndex() { p.builds = p.builds || !p.params.keeping }

// removal walks what REMOVE removes. A parameter is named, and not asked for its
// value.
func (p *parser) removal() {
	if !p.eatWord(kwParam) {
		return
	}
	for t := p.peek(); t.kind == tWord; t = p.peek() {
		p.next() // IF EXISTS
	}
	p.keeping(func() { p.params.remove(p.declared()) })
}

// definition walks a DEFINE or ALTER after its first word, and reports whether it says
// CONCURRENTLY.
func (p *parser) definition() (concurrently bool) {
	what := p.next()
	p.ifExists()
	if what.is(kwParam) {
		p.paramDefinition()
		return false
	}
	defer p.params.close(p.params.open())
	switch {
	case what.is(kwFunction):
		p.functionHead()
	case p.spells(what, "CONFIG"), p.spells(what, "SYSTEM"), p.spells(what, "MODULE"):
	default:
		p.definedName()
		if p.eatWord(kwOn) {
			if t := p.peek(); p.spells(t, "TABLE") {
				p.next()
			}
			p.definedName()
		}
	}
	return p.schemaClauses(false)
}

// ifExists walks IF NOT EXISTS, IF EXISTS or OVERWRITE.
func (p *parser) ifExists() {
	for {
		t := p.peek()
		if !t.is(kwIf) && !t.is(kwNot) && !p.spells(t, "EXISTS") && !p.spells(t, "OVERWRITE") {
			return
		}
		p.next()
	}
}

// paramDefinition walks DEFINE PARAM and ALTER PARAM. The text may use the
// parameter from here on: if the statement fails, it was there before.
func (p *parser) paramDefinition() {
	mark := p.params.open()
	if t := p.peek(); t.kind == tOrdinal || t.kind == tParam && ordinalName(p.ident(t)) > 0 {
		p.keeping(func() { p.next() }) // it would be called _1
		p.schemaClauses(true)
		p.params.close(mark)
		return
	}
	name := p.declared()
	p.schemaClauses(true)
	p.params.close(mark)
	p.params.define(name)
}

// definedName walks the name of what is defined, or of its table: any word, or an
// expression, which is computed.
func (p *parser) definedName() {
	switch t := p.peek(); {
	case t.closes():
	case t.name() && !p.callAhead(t):
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
				p.skipOne(token{kind: tComma}, t)
			}
		}
		p.eat(tRParen)
	}
	if p.eat(tArrow) {
		p.types()
	}
	if p.eat(tLBrace) {
		p.keeping(func() { p.nestedBlock(false) })
	}
}

// schemaClauses walks the clauses of a definition, and reports whether one is CONCURRENTLY.
// param tells that it is the definition of a PARAM, whose VALUE is computed.
func (p *parser) schemaClauses(param bool) (concurrently bool) {
	for t := p.peek(); !t.closes(); t = p.peek() {
		word := ""
		if t.kind == tWord {
			word = strings.ToUpper(p.text(t))
		}
		switch {
		case word == "TYPE":
			p.next()
			p.types()
		case word == "DROP":
			p.next()
			if p.peek().kind == tWord {
				p.next() // the clause that ALTER drops
			}
		case word == "FIELDS", word == "COLUMNS":
			p.next()
			p.idioms()
		case computedClauses[word], param && word == "VALUE":
			p.next()
			p.schemaExpressions()
		case keptClauses[word]:
			p.next()
			if p.spells(p.peek(), "ALWAYS") {
				p.next()
			}
			p.keeping(p.schemaExpressions)
		default:
			concurrently = concurrently || word == "CONCURRENTLY"
			p.keeping(func() { p.skipOne(token{kind: tSemicolon}, t) })
		}
	}
	return concurrently
}

// schemaExpressions walks the expressions of a clause, if there are any.
func (p *parser) schemaExpressions() {
	if !p.peek().closes() {
		p.expressions()
	}
}

// keeping lets walk go over what a definition keeps. There only the names that the
// definition itself gives values are seen, and none of those before it.
func (p *parser) keeping(walk func()) {
	storing, floor := p.params.keeping, p.params.keptLevel
	p.params.keeping, p.params.keptLevel = true, p.params.level
	walk()
	p.params.keeping, p.params.keptLevel = storing, floor
}
