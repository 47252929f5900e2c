package surrealql

// Operands: what stands between two operators of an expression.

// primary walks an operand without its prefix operators: a literal, a name, a call, a
// statement, something in brackets; and the parts that follow it.
func (p *parser) primary(e *expr) {
	first := p.peek()
	start := first.pos
	p.atom(e)
	if !p.continues() {
		return
	}
	if e != nil && (e.kind != exprIdiom || first.kind == tLParen) { // (a).b is no a.b to 3.3.5
		e.set(exprIdiom)
		e.add(part{kind: partStart, pos: start, end: p.last})
	}
	p.parts(e)
}

// atom walks an operand without the parts that follow it.
func (p *parser) atom(e *expr) {
	switch t := p.peek(); t.kind {
	case tWord, tQuoted:
		p.word(e, t)
	case tParam, tQuotedParam, tOrdinal, tString:
		p.next()
		p.nameOf(e, t)
	case tLParen:
		p.next()
		p.parenthesized(e)
	case tLBracket:
		p.next()
		p.array(e)
	case tLBrace:
		p.next()
		p.braces(e)
	case tArrow, tLess:
		e.set(exprIdiom)
		p.arrow(e)
	case tAt:
		p.next()
		e.set(exprIdiom)
		if !p.continues() {
			p.dotPart(e)
		}
	default:
		e.set(exprOther)
		p.otherAtom(t)
	}
}

// nameOf keeps what a parameter is called, or a string says.
func (p *parser) nameOf(e *expr, t token) {
	if e == nil {
		return
	}
	e.set(exprParam)
	switch t.kind {
	case tString:
		e.set(exprString)
		e.name = stringValue(p.text(t))
	case tOrdinal:
		e.name = "_" + p.text(t)[1:]
	default:
		e.name = p.ident(t)
	}
}

// otherAtom walks an atom of which nothing is kept.
func (p *parser) otherAtom(t token) {
	switch t.kind {
	case tVert, tOrOr:
		p.closureOrMock()
	case tSlash:
		p.replace(p.lex.regex(t.pos))
		p.next()
	case tQuestion:
		p.params.noteQuestion(t)
		p.next()
	case tNumber, tDollar, tInvalid, tRegex, tScript:
		p.next()
	default:
		p.lost = true // an operand is due and none is there
	}
}

// word walks an operand that begins with a word: a statement, a literal, a
// call, a record id or a field.
func (p *parser) word(e *expr, t token) {
	if t.kw != noKeyword && p.keywordOperand(e, t) {
		return
	}
	n := p.peekAt(1)
	switch {
	case n.kind == tPath, n.kind == tLParen && t.kind == tWord:
		p.call(e)
	case n.kind == tColon && adjacent(t, n):
		e.set(exprOther)
		p.next()
		p.next()
		p.recordKey()
	default:
		p.next()
		e.set(exprIdiom)
		e.add(part{kind: partField, pos: t.pos, end: t.end, name: p.ident(t)})
	}
}

// keywordOperand walks an operand that a keyword begins; false means the word
// is a name here.
func (p *parser) keywordOperand(e *expr, t token) bool {
	switch t.kw {
	case kwNone, kwNull, kwTrue, kwFalse:
		p.next()
		e.set(exprOther)
		return true
	case kwFunction:
		if p.peekAt(1).kind != tLParen {
			return false
		}
		p.function()
		e.set(exprCall)
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
