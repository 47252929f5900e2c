package surrealql

import "strings"

// Idioms, as SurrealDB calls paths such as a.b[0]->likes.c, and record ids.

// continues reports whether another part of an idiom follows.
func (p *parser) continues() bool {
	t := p.peek()
	switch t.kind {
	case tDot, tLBracket, tEllipsis, tArrow:
		return true
	case tLess:
		return p.arrowAhead(t)
	case tQuestion:
		n := p.peekAt(1) // a?.b of 2.x, which 3.x spells a.?.b
		return n.kind == tDot && adjacent(t, n)
	}
	return false
}

// parts walks the parts that follow the start of an idiom.
func (p *parser) parts(e *expr) {
	for p.continues() {
		switch p.peek().kind {
		case tEllipsis, tQuestion:
			p.next()
		case tDot:
			p.next()
			p.dotPart(e)
		case tLBracket:
			p.next()
			p.bracketPart()
		default:
			p.arrow(e)
		}
	}
}

// plainIdiom walks an idiom that begins with a name or an arrow, as in an
// alias, an ORDER BY or an assignment. Any keyword is a name here.
func (p *parser) plainIdiom(e *expr) {
	e.set(exprIdiom)
	t := p.peek()
	if t.name() {
		p.nextName()
		e.add(part{kind: partField, pos: t.pos, end: t.end, name: p.ident(t)})
	}
	p.parts(e)
}

// idioms walks idioms joined by commas, with what an ORDER BY may say of each.
func (p *parser) idioms() {
	for {
		t := p.peek()
		if t.kind == tParam || t.kind == tOrdinal || p.callAhead(t) {
			p.expression(nil)
		} else {
			p.plainIdiom(nil)
		}
		for p.eatWord(kwCollate) || p.eatWord(kwNumeric) || p.eatWord(kwAscending) || p.eatWord(kwDescending) {
		}
		if !p.eat(tComma) {
			return
		}
	}
}

// dotPart walks what stands after a dot: a field, a method, *, {…} and the like.
func (p *parser) dotPart(e *expr) {
	t := p.peek()
	switch {
	case t.kind == tQuestion, t.kind == tStar, t.kind == tAt, t.kind == tNumber:
		p.next()
	case t.kind == tLBrace:
		p.next()
		p.curlyPart()
	case t.name():
		p.nextName()
		if p.eat(tLParen) {
			p.method(p.ident(t))
			return
		}
		e.add(part{kind: partField, pos: t.pos, end: t.end, name: p.ident(t)})
	}
}

// bracketPart walks [*], [$], [0], [WHERE …] and [? …] after the bracket.
func (p *parser) bracketPart() {
	t := p.peek()
	switch {
	case t.kind == tStar, t.kind == tDollar:
		p.next()
	case t.kind == tQuestion, t.is(kwWhere):
		p.next()
		p.expression(nil)
	case t.kind != tRBracket:
		p.expression(nil)
	}
	p.closeWith(tRBracket)
}

// curlyPart walks .{a, b: c} and the recursion .{1..3}(…) after the brace.
func (p *parser) curlyPart() {
	defer p.leave()
	if !p.enter() {
		p.skipBracket()
		return
	}
	if k := p.peek().kind; k == tNumber || k == tDots || k == tStar {
		p.skipTo(nil)
		p.eat(tRBrace)
		if p.eat(tLParen) {
			p.parts(nil)
			p.closeWith(tRParen)
		}
		return
	}
	for p.peek().name() {
		p.nextName()
		if p.eat(tColon) {
			p.expression(nil)
		} else if p.eat(tDot) {
			p.dotPart(nil)
		}
		if !p.eat(tComma) {
			break
		}
	}
	p.eat(tEllipsis) // the rest of the fields (4.0)
	p.closeWith(tRBrace)
}

// arrow walks a step through the graph: ->, <-, <-> or <~ and what it leads
// to.
func (p *parser) arrow(e *expr) {
	pos := p.next().pos
	if k := p.peek(); k.pos == p.last && p.lex.text[pos] == '<' {
		p.next() // the rest of <-, <-> or <~
	}
	p.lookup(e)
	e.add(part{kind: partLookup, pos: pos, end: p.last})
}

// lookup walks what an arrow leads to: a table, or several in parentheses.
func (p *parser) lookup(e *expr) {
	t := p.peek()
	switch {
	case t.kind == tQuestion:
		p.next()
	case t.kind == tLParen:
		p.next()
		p.lookupGroup(e)
	case t.name():
		p.subject()
	}
}

// lookupGroup walks (SELECT … FROM a, b WHERE … AS c) after its parenthesis.
func (p *parser) lookupGroup(e *expr) {
	defer p.leave()
	if !p.enter() {
		p.skipBracket()
		return
	}
	if p.eatWord(kwSelect) {
		p.fields(nil, endsAtFrom)
		p.eatWord(kwFrom)
		p.eatWord(kwOnly)
	}
	for {
		if !p.eat(tQuestion) && p.peek().name() {
			p.subject()
			if p.eatWord(kwField) && p.peek().name() {
				p.nextName()
			}
		}
		if !p.eat(tComma) {
			break
		}
	}
	p.clauses(nil)
	if p.eatWord(kwAs) {
		p.plainIdiom(nil)
		if e != nil {
			e.aliased = true
		}
	}
	p.closeWith(tRParen)
}

// subject walks a table, or a range of its records.
func (p *parser) subject() {
	p.nextName()
	if p.eatAdjacent(tColon) {
		p.recordKey()
	}
}

// recordKey walks what follows the colon of a record id: a key or a range of
// keys, all without blanks between.
func (p *parser) recordKey() {
	p.keyValue()
	if p.eatAdjacent(tGreater) {
		p.eatAdjacent(tDots)
	} else if !p.eatAdjacent(tDots) {
		return
	}
	p.eatAdjacent(tEqual)
	p.keyValue()
}

// keyValue walks the key of a record id.
func (p *parser) keyValue() {
	t := p.peek()
	if t.pos != p.last {
		return
	}
	switch t.kind {
	case tMinus, tPlus:
		p.next()
		if n := p.peek(); n.kind == tNumber {
			p.next()
		}
	case tNumber, tString, tQuoted, tParam, tOrdinal, tQuotedParam:
		p.next()
	case tQuestion:
		p.params.noteQuestion(t)
		p.next()
	case tWord:
		p.nextName()
		if p.peek().kind == tLParen && p.peek().pos == p.last { // rand(), ulid(), uuid()
			p.next()
			p.arguments()
		}
	case tLBracket:
		p.next()
		p.list(tRBracket)
	case tLBrace:
		p.next()
		p.braces(nil)
	}
}

// recordString looks into r'person:[…]', whose key may hold any expression.
func (p *parser) recordString(t token) {
	text := p.text(t)
	if text[0] != 'r' || !strings.ContainsAny(text, "[{(\\") {
		return
	}
	inner := newParser(stringValue(text))
	inner.depth, inner.closures = p.depth, p.closures
	if inner.peek().name() {
		inner.subject()
	}
	if inner.writes || inner.lost || inner.peek().kind != tEOF {
		p.writes = true
	}
	for _, name := range inner.params.free {
		p.params.takeName(name)
	}
}
