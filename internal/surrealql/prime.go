package surrealql

// prime walks an operand without operators: a literal, a name, a call, a
// statement, something in brackets; and the parts that follow it.
func (p *parser) prime(e *expr) {
	first := p.peek()
	start := first.pos
	p.start(e)
	if !p.continues() {
		return
	}
	if e != nil && (e.shape != shapeIdiom || first.kind == tLParen) { // (a).b is no a.b to 3.3.5
		*e = expr{shape: shapeIdiom, want: e.want, parts: []part{{kind: partStart, pos: start, end: p.last}}}
	}
	p.parts(e)
}

func (p *parser) start(e *expr) {
	t := p.peek()
	switch t.kind {
	case tWord, tQuoted:
		p.named(e, t)
		return
	case tParam, tQuotedParam:
		p.next()
		e.set(shapeParam)
		if e != nil {
			e.name = p.ident(t)
		}
		return
	case tOrdinal:
		p.next()
		e.set(shapeParam)
		if e != nil {
			e.name = "_" + p.text(t)[1:]
		}
		return
	case tString:
		p.next()
		e.set(shapeString)
		if e != nil {
			e.name = stringValue(p.text(t))
		}
		return
	case tLParen:
		p.next()
		p.covered(e)
		return
	case tLBracket:
		p.next()
		p.array(e)
		return
	case tLBrace:
		p.next()
		p.braces(e)
		return
	case tArrow, tLess:
		e.set(shapeIdiom)
		p.arrow(e)
		return
	case tAt:
		p.next()
		e.set(shapeIdiom)
		if !p.continues() {
			p.dotPart(e)
		}
		return
	}
	e.set(shapeOther)
	switch t.kind {
	case tVert, tOrOr:
		p.closureOrMock()
	case tSlash:
		p.replace(p.lex.regex(t.pos))
		p.next()
	case tQuestion:
		p.noteQuestion(t)
		p.next()
	case tNumber, tDollar, tInvalid, tRegex, tScript:
		p.next()
	default:
		p.lost = true // an operand is due and none is there
	}
}

// named walks an operand that begins with a word: a statement, a literal, a
// call, a record id or a field.
func (p *parser) named(e *expr, t token) {
	if t.kw != noKeyword && p.keywordOperand(e, t) {
		return
	}
	n := p.peekAt(1)
	switch {
	case n.kind == tPath, n.kind == tLParen && t.kind == tWord:
		p.call(e)
	case n.kind == tColon && adjacent(t, n):
		e.set(shapeOther)
		p.next()
		p.next()
		p.recordKey()
	default:
		p.next()
		e.set(shapeIdiom)
		p.addPart(e, part{kind: partField, pos: t.pos, end: t.end, name: p.ident(t)})
	}
}

// keywordOperand walks an operand that a keyword begins; false means the word
// is a name here.
func (p *parser) keywordOperand(e *expr, t token) bool {
	switch t.kw {
	case kwNone, kwNull, kwTrue, kwFalse:
		p.next()
		e.set(shapeOther)
		return true
	case kwFunction:
		if p.peekAt(1).kind != tLParen {
			return false
		}
		p.function()
		e.set(shapeCall)
		if e != nil {
			e.name = "function"
		}
		return true
	}
	if p.isStatement(t) {
		p.statement(e)
		return true
	}
	if statementWord(t.kw) {
		p.misnamed = true // a name to us, an error to 3.x
	}
	return false
}

// list walks expressions and commas up to the closing bracket and takes it.
func (p *parser) list(closer tokenKind) {
	for {
		if t := p.peek(); t.kind == closer || t.closes() {
			break
		}
		before := p.last
		p.expression(nil)
		if !p.eat(tComma) && p.last == before {
			p.loose(token{kind: tComma}, p.peek())
		}
	}
	p.mustEat(closer)
}

// function walks function(…) {…}: the arguments are SurrealQL, the body is
// JavaScript. What it does is not to be seen.
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

// closureOrMock walks |$a, $b: int| expr, || expr, -> kind {…} in between, or
// |person:10|.
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
		p.kind()
	}
	before := p.writes
	p.writes = false
	p.expression(nil)
	if p.writes || p.lost {
		p.closures++
	}
	p.writes = p.writes || before
}

// closureArguments walks $a, $b: int and the | behind them.
func (p *parser) closureArguments() {
	for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
		before := p.last
		p.params.assign(p.declared())
		if p.eat(tColon) {
			p.oneKind()
		}
		if !p.eat(tComma) && p.last == before {
			p.lost = true
			p.next()
		}
	}
	p.mustEat(tVert)
}
