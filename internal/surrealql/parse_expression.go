package surrealql

// Expressions: operands and the operators between them. And the types that casts,
// arguments and fields name.

// expressions walks expressions joined by commas.
func (p *parser) expressions() {
	p.expression(nil)
	for p.eat(tComma) {
		p.expression(nil)
	}
}

// expression walks one expression: an operand, and then whatever operators
// join further operands to it.
func (p *parser) expression(e *expr) {
	defer p.leave()
	if !p.enter() {
		e.set(exprOther)
		p.skipTo(nil)
		return
	}
	p.operand(e)
	p.operators(e)
}

// operators walks the operators after an operand, and the operands they join to it.
func (p *parser) operators(e *expr) {
	for {
		switch p.operator() {
		case opNone:
			return
		case opInfix:
			p.infixes++
			p.operand(nil)
		}
		e.set(exprOther)
	}
}

// operand walks prefix operators and the operand they are for.
func (p *parser) operand(e *expr) {
	for {
		switch t := p.peek(); t.kind {
		case tMinus, tPlus, tBang:
			p.next()
		case tDots:
			p.next()
			if p.rangeEnd() == opPostfix {
				e.set(exprOther)
				return // a range without end
			}
		case tLess:
			if p.arrowAhead(t) {
				p.primary(e)
				return // <-likes, <->likes, <~refs
			}
			p.next()
			p.castType()
		default:
			p.primary(e)
			return
		}
		e.set(exprOther)
		e = nil
	}
}

// opKind says where an operator stands.
type opKind uint8

const (
	opNone    opKind = iota
	opInfix          // between two operands
	opPostfix        // after an operand
)

// operator takes an operator between two operands, or one after an operand.
func (p *parser) operator() opKind {
	t := p.peek()
	switch t.kind {
	case tOrOr, tAndAnd, tInfix, tEqual, tMinus, tPlus, tStar, tSlash:
		p.next()
		return opInfix
	case tLess:
		if n := p.peekAt(1); p.arrowAhead(t) || n.kind == tDots && adjacent(t, n) {
			return opNone
		}
		p.next()
		return opInfix
	case tGreater:
		p.next()
		if p.eatAdjacent(tDots) {
			return p.rangeEnd()
		}
		return opInfix
	case tDots:
		p.next()
		return p.rangeEnd()
	case tQuestion:
		if n := p.peekAt(1); n.kind == tQuestion && adjacent(t, n) {
			p.next()
			p.next()
			return opInfix
		}
	case tAt:
		p.matches()
		return opInfix
	case tKnn:
		p.nearest()
		return opInfix
	case tLParen:
		p.callsValue()
		p.next()
		p.arguments()
		return opPostfix
	case tWord:
		return p.wordOperator(t)
	}
	return opNone
}

// rangeEnd reports what the two dots were: the end of a range touches them.
func (p *parser) rangeEnd() opKind {
	if p.eatAdjacent(tEqual) {
		return opInfix
	}
	if t := p.peek(); t.pos == p.last && (t.endsRange() || t.kind == tMinus || t.kind == tLess) {
		return opInfix
	}
	return opPostfix
}

// matches walks @@, @1@, @AND@ or @1,OR@.
func (p *parser) matches() {
	p.next()
	for range 4 {
		t := p.peek()
		if t.kind == tAt {
			p.next()
			return
		}
		if t.kind != tNumber && t.kind != tComma && !t.is(kwAnd) && !t.is(kwOr) {
			return
		}
		p.next()
	}
}

// nearest walks <|4|> or <|4,EUCLIDEAN|>, the search for the nearest neighbours.
func (p *parser) nearest() {
	p.next()
	for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
		p.next()
	}
	p.eat(tVert)
	p.eat(tGreater)
}

// wordOperator takes an operator that is a word, or two.
func (p *parser) wordOperator(t token) opKind {
	switch t.kw {
	case kwOr, kwAnd, kwIn, kwContains, kwContainsAll, kwContainsAny, kwContainsNone, kwContainsNot,
		kwInside, kwNotInside, kwAllInside, kwAnyInside, kwNoneInside, kwOutside, kwIntersects:
		p.next()
		return opInfix
	case kwIs:
		p.next()
		p.eatWord(kwNot)
		return opInfix
	case kwNot:
		if p.peekAt(1).is(kwIn) {
			p.next()
			p.next()
			return opInfix
		}
	}
	return opNone
}

// castType walks the type of a cast, after its <, up to its >.
func (p *parser) castType() {
	for depth := 1; depth > 0; {
		t := p.peek()
		switch {
		case t.closes():
			p.lost = true
			return
		case t.kind == tLess:
			depth++
		case t.kind == tGreater:
			depth--
		case t.kind == tLBrace || t.kind == tLParen || t.kind == tLBracket:
			p.next()
			p.skipBracket()
			continue
		}
		p.nextName()
	}
}

// types walks a type, such as option<record<person> | int> or { a: int } | 'none'.
func (p *parser) types() {
	for p.oneType(); p.eat(tVert); {
		p.oneType()
	}
}

// oneType walks a type without the alternatives to it.
func (p *parser) oneType() {
	switch t := p.peek(); {
	case t.closes():
		return
	case t.kind == tLBrace, t.kind == tLBracket:
		p.next()
		p.skipBracket()
	default:
		p.skipOne(token{kind: tSemicolon}, t)
	}
	if p.eat(tLess) {
		p.castType()
	}
}
