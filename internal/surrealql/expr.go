package surrealql

// shape is what an expression turned out to be, as far as it decides how the
// server names its column or lays out its result.
type shape uint8

const (
	shapeOther     shape = iota
	shapeIdiom           // a.b[0]->c
	shapeParam           // $p
	shapeCall            // a function call: its key is the function's path
	shapeString          // 'text'
	shapeStatement       // SELECT …, CREATE …, also in parentheses
	shapeObject          // {a: 1}
	shapeObjects         // [{a: 1}, {a: 2}]
)

// expr is what is kept of an expression. A nil *expr keeps nothing.
type expr struct {
	shape shape
	parts []part     // of an idiom
	name  string     // of a call, a parameter or a string
	args  [2]int     // of a call: the offsets of its parentheses
	want  bool       // asks for stmt
	stmt  *Statement // of a statement
	keys  []string   // of an object, or of all objects of an array
	multi bool       // an idiom with aliases inside: its keys are not to be told
}

func (e *expr) set(s shape) {
	if e != nil {
		*e = expr{shape: s, want: e.want}
	}
}

// enter counts a level of depth and reports whether it is still to be
// followed; leave must be called in either case.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.lost = true
		return false
	}
	return true
}

func (p *parser) leave() { p.depth-- }

// expression walks one expression: an operand, and then whatever operators
// join further operands to it.
func (p *parser) expression(e *expr) {
	defer p.leave()
	if !p.enter() {
		e.set(shapeOther)
		p.skipTo(nil)
		return
	}
	p.operand(e)
	p.operators(e)
}

func (p *parser) operators(e *expr) {
	for {
		switch p.operator() {
		case opNone:
			return
		case opInfix:
			p.infixes++
			p.operand(nil)
		}
		e.set(shapeOther)
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
				e.set(shapeOther)
				return // a range without end
			}
		case tLess:
			if p.arrowAhead(t) {
				p.prime(e)
				return // <-likes, <->likes, <~refs
			}
			p.next()
			p.castKind()
		default:
			p.prime(e)
			return
		}
		e.set(shapeOther)
		e = nil
	}
}

// arrowAhead reports whether the < at hand begins an arrow: <-, <-> or <~.
func (p *parser) arrowAhead(less token) bool {
	n := p.peekAt(1)
	return adjacent(less, n) && (n.kind == tMinus || n.kind == tArrow || n.kind == tInfix && p.text(n) == "~")
}

func (p *parser) eatAdjacent(k tokenKind) bool {
	t := p.peek()
	if t.kind != k || t.pos != p.last {
		return false
	}
	p.next()
	return true
}

// castKind walks the type of a cast, after its <, up to its >.
func (p *parser) castKind() {
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
			p.flat()
			continue
		}
		p.nextName()
	}
}

type opKind uint8

const (
	opNone opKind = iota
	opInfix
	opPostfix
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
		p.next()
		for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
			p.next()
		}
		p.eat(tVert)
		p.eat(tGreater)
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
	if t := p.peek(); t.pos == p.last && (p.startsOperand(t) || t.kind == tMinus || t.kind == tLess) {
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
