package surrealql

import "strings"

// call walks a function call or a constant: a path, perhaps arguments.
func (p *parser) call(e *expr) {
	name, own := p.path()
	if !own && !readsOnly(name) {
		p.writes = true
	}
	e.set(shapeCall)
	if p.peek().kind != tLParen {
		e.set(shapeOther) // a constant such as math::pi
		return
	}
	from := p.next().pos
	if !own && runsClosures(name) {
		p.callbacks(1)
	} else {
		p.arguments()
	}
	if e != nil {
		e.name, e.args = name, [2]int{from, p.last}
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
		p.writes = true
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
			p.castKind() // a version
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
	if runsClosures(name) {
		p.callbacks(0)
		return
	}
	p.arguments()
}

// arguments walks the arguments of a call, after the opening parenthesis.
func (p *parser) arguments() {
	p.list(tRParen)
}

// callbacks walks the arguments of a call that runs those that are closures. The first
// few are none. What a closure in the call does is in the text. Another may be in a
// variable of this text, or of the session on 2.x; 3.0.2 to 4.0.0-beta.1 keep none from
// one request to the next, nor in records and parameters ("Closures cannot be stored on
// disk"). An argument of a Go program is none.
func (p *parser) callbacks(skip int) {
	for n := 0; ; n++ {
		t := p.peek()
		if t.closes() {
			break
		}
		before, infixes, closures, byName := p.last, p.infixes, p.closures, p.byName
		var e expr
		p.expression(&e)
		switch {
		case t.kind == tVert || t.kind == tOrOr:
			p.closures = closures // called here, and gone
		case n < skip, p.closures == 0 && p.byName == byName:
		case p.infixes > infixes, !e.noClosure(t):
			p.writes = true
		}
		if !p.eat(tComma) && p.last == before {
			p.loose(token{kind: tComma}, p.peek())
		}
	}
	p.mustEat(tRParen)
}

// noClosure reports whether an operand that begins with t is something else than a
// closure, for certain.
func (e *expr) noClosure(t token) bool {
	switch e.shape {
	case shapeString, shapeObject, shapeObjects:
		return true
	case shapeParam:
		return t.kind == tOrdinal
	case shapeOther:
		switch t.kind {
		case tNumber, tSlash, tMinus, tBang, tLBracket, tString: // but +$f is $f
			return true
		}
		return t.is(kwTrue) || t.is(kwFalse) || t.is(kwNone) || t.is(kwNull)
	}
	return false
}

// recordString looks into r'person:[…]', whose key may hold any expression.
func (p *parser) recordString(t token) {
	text := p.text(t)
	if text[0] != 'r' || !strings.ContainsAny(text, "[{(\\") {
		return
	}
	inner := parser{lex: lexer{text: stringValue(text)}, question: -1, depth: p.depth}
	if inner.peek().name() {
		inner.subject()
	}
	if inner.writes || inner.lost || inner.peek().kind != tEOF {
		p.writes = true
	}
	for _, name := range inner.params.free {
		p.byName++
		p.params.use(name)
	}
}
