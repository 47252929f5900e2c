package surrealql

// The statements that write records, and the clauses of all that have any. The clauses
// are taken in any order: which order is right is the server's to say.

// writeBody walks a CREATE, UPDATE, UPSERT or DELETE after that word.
func (p *parser) writeBody(s *Statement, kw keyword) {
	switch kw {
	case kwCreate:
		s.is(Create, Star, Many)
	case kwUpdate:
		s.is(Update, Star, Many)
	case kwUpsert:
		s.is(Upsert, Star, Many)
	case kwDelete:
		s.is(Delete, Star, Many)
		p.eatWord(kwFrom)
	}
	p.only(s)
	p.expressions()
	s.setReturnPos(p.last)
	p.clauses(s)
}

// insertBody walks an INSERT after that word.
func (p *parser) insertBody(s *Statement) {
	s.is(Insert, Star, Many)
	p.eatWord(kwRelation)
	p.eatWord(kwIgnore)
	if p.eatWord(kwInto) {
		p.next() // a table or a parameter
	}
	if p.peek().kind != tLParen {
		p.expression(nil)
	} else {
		p.insertValues()
	}
	if p.peek().is(kwOn) && p.peekAt(1).is(kwDuplicate) {
		p.next()
		p.next()
		p.eatWord(kwKey)
		p.eatWord(kwUpdate)
		was := p.params.hasInput
		p.params.hasInput = true
		p.assignments()
		p.params.hasInput = was
	}
	s.setReturnPos(p.last)
	p.clauses(s)
}

// insertValues walks (a, b) VALUES (1, 2), (3, 4), or an expression in
// parentheses.
func (p *parser) insertValues() {
	p.next()
	p.list(tRParen)
	if !p.eatWord(kwValues) {
		p.parts(nil)
		p.operators(nil)
		return
	}
	for {
		if p.eat(tLParen) {
			p.list(tRParen)
		}
		if !p.eat(tComma) {
			return
		}
	}
}

// relateBody walks a RELATE after that word.
func (p *parser) relateBody(s *Statement) {
	s.is(Relate, Star, Many)
	p.only(s)
	if p.peek().is(kwOr) && p.peekAt(1).is(kwUpdate) { // 3.3
		p.nextName()
		p.nextName()
	}
	p.relateOperand()
	p.relateArrow()
	p.relateOperand()
	p.relateArrow()
	p.relateOperand()
	p.eatWord(kwUnique)
	s.setReturnPos(p.last)
	p.clauses(s)
}

// relateOperand walks one of the three operands of RELATE a->b->c. Unlike
// elsewhere the arrow after it is not a part of it.
func (p *parser) relateOperand() {
	t := p.peek()
	switch {
	case t.name() && p.isStatement(t):
		p.statement(nil)
	case t.name() && (p.peekAt(1).kind == tPath || p.peekAt(1).kind == tLParen):
		p.call(nil)
	case t.name():
		p.subject()
	case t.kind == tArrow, t.kind == tLess:
		p.lost = true
	default:
		p.atom(nil)
	}
}

// relateArrow walks -> or <-.
func (p *parser) relateArrow() {
	t := p.peek()
	switch {
	case t.kind == tArrow:
		p.next()
	case t.kind == tLess && p.arrowAhead(t):
		p.next()
		p.next()
	default:
		p.lost = true
	}
}

// assignments walks a = 1, b.c += 2.
func (p *parser) assignments() {
	for {
		p.plainIdiom(nil)
		if k := p.peek().kind; k == tEqual || k == tAssign {
			p.next()
		}
		p.expression(nil)
		if !p.eat(tComma) {
			return
		}
	}
}

// clauses walks what follows the head of a statement. It ends at what it does
// not know, which the caller skips.
func (p *parser) clauses(s *Statement) {
	for {
		t := p.peek()
		if t.kind != tWord || !p.clause(s, t.kw) {
			return
		}
	}
}

// clause walks one clause, which begins with the keyword; false means there is none.
func (p *parser) clause(s *Statement, kw keyword) bool {
	switch kw {
	case kwSet:
		p.next()
		p.assignments()
	case kwContent, kwMerge, kwPatch, kwReplace, kwWhere:
		p.next()
		p.expression(nil)
	case kwUnset, kwSplit, kwFetch:
		p.next()
		p.eatWord(kwOn)
		p.idioms()
	case kwGroup, kwOrder:
		p.next()
		p.eatWord(kwBy)
		p.idioms()
	case kwLimit, kwStart:
		p.next()
		p.eatWord(kwBy)
		p.eatWord(kwAt)
		p.expression(nil)
	case kwWith:
		p.next()
		p.index()
	case kwFor: // SELECT … FOR UPDATE of 3.3 takes locks, as only a writer needs them
		if !p.peekAt(1).is(kwUpdate) {
			return false
		}
		p.nextName()
		p.nextName()
		p.writes = true
	default:
		return p.tail(s, kw)
	}
	if s != nil && s.returnPos >= 0 && !s.pastReturn {
		s.returnPos = p.last
	}
	return true
}

// tail walks the clauses that may stand at the end of a statement, after the place
// of RETURN.
func (p *parser) tail(s *Statement, kw keyword) bool {
	switch kw {
	case kwReturn:
		p.next()
		p.returning(s)
	case kwTimeout, kwVersion:
		p.next()
		p.expression(nil)
	case kwParallel, kwTempfiles:
		p.next()
	case kwExplain:
		p.next()
		for t := p.peek(); t.is(kwFull) || t.is(kwAnalyze); t = p.peek() {
			p.next()
			if s != nil {
				s.ran = true
			}
		}
		s.explained()
	default:
		return false
	}
	if s != nil {
		s.pastReturn = true
	}
	return true
}

// index walks NOINDEX, NO INDEX or INDEX a, b.
func (p *parser) index() {
	if p.eatWord(kwNoindex) {
		return
	}
	if p.spells(p.peek(), "no") {
		p.next()
		p.eatWord(kwIndex)
		return
	}
	p.eatWord(kwIndex)
	p.idioms()
}

// returning walks the RETURN clause of a write, after that word.
func (p *parser) returning(s *Statement) {
	t := p.peek()
	was := p.params.hasOutput
	p.params.hasOutput = true
	defer func() { p.params.hasOutput = was }()
	if s == nil {
		p.output(nil, t)
		return
	}
	s.returnPos = -1
	s.Returning = true
	switch t.kw {
	case kwNone, kwNull, kwBefore, kwAfter, kwDiff:
		s.returning = t.kw
	}
	p.output(s, t)
}

// output walks what a RETURN clause says, which begins with t.
func (p *parser) output(s *Statement, t token) {
	form := Star
	switch t.kw {
	case kwNone, kwAfter, kwBefore:
	case kwNull, kwDiff:
		form = Value
	default:
		if s == nil {
			p.fields(nil, endsAtClause)
			return
		}
		shape := s.Projection.Shape
		s.Projection = Projection{Form: Columns, Shape: shape, ofReturn: true}
		p.fields(&s.Projection, endsAtClause)
		return
	}
	p.next()
	if s != nil {
		s.Projection.Form = form
	}
}
