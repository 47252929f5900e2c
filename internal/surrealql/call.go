package surrealql

import "strings"

// call walks a function call or a constant: a path, perhaps arguments.
func (p *parser) call(e *expr) {
	name, own := p.path()
	if own || !readsOnly(name) {
		p.hidden()
	}
	e.set(shapeCall)
	if p.peek().kind != tLParen {
		e.set(shapeOther) // a constant such as math::pi
		return
	}
	from := p.next().pos
	if at, only := takesClosure(name); at >= 0 && !own {
		p.callbacks(at, only)
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
	if at, only := takesClosure(name); at >= 0 {
		p.callbacks(at, only)
		return
	}
	p.arguments()
}

// hidden notes a call of what the text does not show: it may write, and give back a
// closure that does (DEFINE FUNCTION fn::f() { RETURN |$x| (CREATE a) }).
func (p *parser) hidden() {
	p.writes = true
	p.closures++
}

// callsValue notes that the operand at hand is called, $f(1). A closure that the text
// gave a name reads as long as no closure of the text writes.
func (p *parser) callsValue() {
	if p.given != p.last || p.closures > 0 {
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
		before, infixes, closures, foreign := p.last, p.infixes, p.closures, p.foreign
		var e expr
		p.expression(&e)
		switch {
		case t.kind == tVert || t.kind == tOrOr:
			if p.closures > closures {
				p.closures-- // called here, and gone; those that it gives back stay
			}
		case n < at, p.closures == 0 && !(only && p.foreign > foreign):
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
	inner := parser{lex: lexer{text: stringValue(text)}, question: -1, depth: p.depth, closures: p.closures}
	if inner.peek().name() {
		inner.subject()
	}
	if inner.writes || inner.lost || inner.peek().kind != tEOF {
		p.writes = true
	}
	for _, name := range inner.params.free {
		p.useName(name)
	}
}

// callColumn names the column of a call. type::field is the field it names.
func (p *parser) callColumn(c *Column, e *expr) {
	c.Name = e.name
	c.places = [][]step{plainStep(e.name)}
	if e.name != "type::field" {
		return
	}
	if names := literalNames(p.src(e.args[0], e.args[1])); len(names) == 1 {
		c.Name = names[0]
		c.places = [][]step{plainSteps(strings.Split(names[0], ".")), plainStep(names[0])}
		return
	}
	c.Name, c.free = tidy(p.src(c.Pos, c.End)), true
	c.places = nil
}

// typeFields spreads type::fields(['a', 'b']) into its columns. Where the names
// are not in the text the columns cannot be told.
func (p *parser) typeFields(pr *Projection, c Column, e *expr) bool {
	names := literalNames(p.src(e.args[0], e.args[1]))
	if len(names) == 0 {
		pr.Form = Star
		return true
	}
	for _, name := range names {
		pr.Columns = append(pr.Columns, Column{
			Name: name, Pos: c.Pos, End: c.End, text: name,
			places: [][]step{plainSteps(strings.Split(name, ".")), plainStep(name)},
		})
	}
	return true
}

// literalNames reads ('a') or (['a', 'b']), and nothing else.
func literalNames(args string) []string {
	l := lexer{text: args}
	var names []string
	for t := l.next(); t.kind != tEOF; t = l.next() {
		switch t.kind {
		case tString:
			names = append(names, stringValue(args[t.pos:t.end]))
		case tLParen, tRParen, tLBracket, tRBracket, tComma:
		default:
			return nil
		}
	}
	return names
}
