package surrealql

import "strings"

// Calls of functions and methods, and the functions that a text holds: closures and
// JavaScript.

// call walks a function call or a constant: a path, perhaps arguments.
func (p *parser) call(e *expr) {
	name, own := p.path()
	if own || !readsOnly(name) {
		p.opaqueCall()
	}
	e.set(exprCall)
	if p.peek().kind != tLParen {
		e.set(exprOther) // a constant such as math::pi
		return
	}
	from := p.next().pos
	if at, only := takesClosure(name); at >= 0 && !own {
		p.callbacks(at, only)
	} else {
		p.arguments()
	}
	if e != nil {
		e.name, e.parens = name, [2]int{from, p.last}
	}
}

// path takes a::b::c, with whatever blanks, comments and quotes it is written, and
// returns it as the server spells it: builtin paths in lower case, the author's own
// (fn, mod, silo, ml) as they are. What those do is not in this text.
func (p *parser) path() (name string, own bool) {
	first := p.nextName()
	versioned := first.kw == kwMl || first.kw == kwSilo
	own = p.peek().kind == tPath && (versioned || first.kw == kwFn || first.kw == kwMod)
	var b strings.Builder
	if name = p.ident(first); own {
		name = strings.ToLower(name)
	}
	b.WriteString(name)
	for p.peek().kind == tPath {
		p.next()
		b.WriteString("::")
		if p.peek().name() {
			b.WriteString(p.ident(p.nextName()))
		}
		if t := p.peek(); t.kind == tLess && versioned {
			p.next()
			p.castType() // a version
			b.WriteString(tidy(p.src(t.pos, p.last)))
		}
	}
	if name = b.String(); !own {
		name = strings.ToLower(name)
	}
	return name, own
}

// method walks the arguments of a method, after the opening parenthesis.
func (p *parser) method(name string) {
	// Where a value has no such method the server looks for a closure of that name in
	// it; one in this text may be what it finds.
	if !readingMethod(name) || p.closures > 0 {
		p.writes = true
	}
	if at, only := takesClosure(name); at >= 0 {
		p.callbacks(at, only)
		return
	}
	p.arguments()
}

// opaqueCall notes a call of what the text does not show: it may write, and give back a
// closure that does (DEFINE FUNCTION fn::f() { RETURN |$x| (CREATE a) }).
func (p *parser) opaqueCall() {
	p.writes = true
	p.closures++
}

// callsValue notes that the operand at hand is called, $f(1). A closure that the text
// gave a name reads as long as no closure of the text writes.
func (p *parser) callsValue() {
	if p.params.lastGiven != p.last || p.closures > 0 {
		p.writes = true
	}
}

// arguments walks the arguments of a call, after the opening parenthesis.
func (p *parser) arguments() {
	p.list(tRParen)
}

// callbacks walks the arguments of a call that runs those from number at on that are
// closures. What a closure in the call does is in the text. Another comes from elsewhere
// in this text: 3.0.2 to 4.0.0-beta.1 keep no closure from one request to the next, nor in
// records and parameters ("Closures cannot be stored on disk"), and an argument of a Go
// program is none. Where only a closure will do, a name that the text gives no value is an
// error of the author, and counts as a write all the same.
func (p *parser) callbacks(at int, only bool) {
	for n := 0; ; n++ {
		t := p.peek()
		if t.closes() {
			break
		}
		before, infixes, closures, foreign := p.last, p.infixes, p.closures, p.params.foreign
		var e expr
		p.expression(&e)
		switch {
		case t.kind == tVert || t.kind == tOrOr:
			if p.closures > closures {
				p.closures-- // called here, and gone; those that it gives back stay
			}
		case n < at, p.closures == 0 && !(only && p.params.foreign > foreign):
		case p.infixes > infixes, !e.noClosure(t):
			p.writes = true
		}
		if !p.eat(tComma) && p.last == before {
			p.skipOne(token{kind: tComma}, p.peek())
		}
	}
	p.mustEat(tRParen)
}

// function walks function(…) {…}: the arguments are SurrealQL, the body is
// JavaScript, and what that does is not known.
func (p *parser) function() {
	defer p.leave()
	p.next()
	if !p.enter() {
		return
	}
	p.writes = true
	p.next()
	p.arguments()
	if t := p.peek(); t.kind == tLBrace {
		p.replace(p.lex.script(t.pos))
		p.next()
	}
}

// closureOrMock walks a closure, |$a, $b: int| expr or || expr, perhaps with its type,
// || -> int {…}; or the mock |person:10|, which makes as many records.
func (p *parser) closureOrMock() {
	defer p.params.close(p.params.open())
	if p.next().kind == tVert {
		if k := p.peek().kind; k != tParam && k != tQuotedParam && k != tOrdinal && k != tVert {
			for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
				p.next()
			}
			p.mustEat(tVert)
			return
		}
		p.closureArguments()
	}
	if p.eat(tArrow) {
		p.types()
	}
	before := p.writes
	p.writes = false
	p.expression(nil)
	if p.writes || p.lost {
		p.closures++
	}
	p.writes = p.writes || before
}

// closureArguments walks $a, $b: int and the | after them.
func (p *parser) closureArguments() {
	for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
		before := p.last
		p.params.assign(p.declared())
		if p.eat(tColon) {
			p.oneType()
		}
		if !p.eat(tComma) && p.last == before {
			p.lost = true
			p.next()
		}
	}
	p.mustEat(tVert)
}
