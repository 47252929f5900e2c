package surrealql

// Statements, and the bodies of those that control what runs: each body is walked
// after the first word of its statement.

// statement walks the statement that begins here, and keeps what it is if e
// wants it.
func (p *parser) statement(e *expr) {
	defer p.leave()
	e.set(exprStatement)
	var s *Statement
	if e != nil && e.wantStmt {
		s = &Statement{returnPos: -1, Pos: p.peek().pos}
		e.stmt = s
	}
	deep := !p.enter()
	t := p.next()
	if deep {
		p.keeping(func() { p.skipTo(nil) })
		return
	}
	p.body(s, t.kw)
}

// body walks a statement after its first word.
func (p *parser) body(s *Statement, kw keyword) {
	switch kw {
	case kwSelect:
		p.selectBody(s)
	case kwCreate, kwUpdate, kwUpsert, kwDelete:
		p.writeBody(s, kw)
	case kwInsert:
		p.insertBody(s)
	case kwRelate:
		p.relateBody(s)
	case kwReturn:
		p.returnBody(s)
	case kwIf:
		s.is(If, Dynamic, AsIs)
		p.ifBody()
	case kwFor:
		s.is(For, Nothing, AsIs)
		p.forBody()
	case kwLet:
		s.is(Let, Nothing, AsIs)
		p.letBody()
	case kwThrow:
		s.is(Throw, Nothing, AsIs)
		p.expression(nil)
	case kwExplain:
		s.is(Explain, Dynamic, AsIs)
		p.explainBody(s)
	case kwSleep:
		s.is(Sleep, Nothing, AsIs)
		p.expression(nil)
	case kwBreak:
		s.is(Break, Nothing, AsIs)
	case kwContinue:
		s.is(Continue, Nothing, AsIs)
	case kwInfo:
		s.is(Info, Dynamic, AsIs)
		p.infoBody()
	default:
		p.schemaBody(s, kw)
	}
}

// letBody walks LET $name: type = expression.
func (p *parser) letBody() {
	name := p.declared()
	if p.eat(tColon) {
		p.skipTo(func(t token) bool { return t.kind == tEqual })
	}
	p.eat(tEqual)
	here := p.inList()
	p.expression(nil)
	if here { // elsewhere it gives the name to nobody
		p.params.assign(name)
	}
}

// forBody walks FOR $name IN expression {…}.
func (p *parser) forBody() {
	name := p.declared()
	p.eatWord(kwIn)
	p.expression(nil)
	defer p.params.close(p.params.open())
	p.params.assign(name)
	if p.eat(tLBrace) {
		p.nestedBlock(p.inList())
	}
}

// ifBody walks IF … THEN … ELSE … END, whose branches are expressions, or
// IF … {…} ELSE {…}, whose branches are blocks.
func (p *parser) ifBody() {
	for {
		p.expression(nil)
		worded := p.eatWord(kwThen)
		p.branch(worded)
		more := p.eatWord(kwElse)
		if more && p.eatWord(kwIf) {
			continue
		}
		if more {
			p.branch(worded)
		}
		if worded {
			p.eatWord(kwEnd)
		}
		return
	}
}

// branch walks what an IF does in one case. An expression may end in a
// semicolon of its own before ELSE or END.
func (p *parser) branch(worded bool) {
	if !worded {
		if p.eat(tLBrace) {
			p.nestedBlock(p.inList())
		}
		return
	}
	mark, first, list, here := p.params.open(), p.peek(), p.listDepth, p.inList()
	if here { // the branch is as good as a block
		p.listDepth = p.depth
	}
	p.expression(nil)
	p.listDepth = list
	if here {
		p.noteTxWord(first)
	}
	p.params.close(mark)
	if p.peek().kind == tSemicolon {
		if n := p.peekAt(1); n.is(kwElse) || n.is(kwEnd) {
			p.next()
		}
	}
}

// returnBody walks RETURN expression, which as a statement may say FETCH.
func (p *parser) returnBody(s *Statement) {
	s.is(Return, Dynamic, AsIs)
	p.holdsReturn = true
	if s == nil {
		p.expression(nil)
	} else {
		e := expr{wantStmt: true}
		p.expression(&e)
		s.layOut(&e)
	}
	if p.peek().is(kwFetch) {
		p.clauses(nil)
	}
}

// explainBody walks EXPLAIN ANALYZE FORMAT JSON and the statement it is for.
func (p *parser) explainBody(s *Statement) {
	if p.eatWord(kwAnalyze) && s != nil {
		s.ran = true
	}
	if p.eatWord(kwFormat) {
		p.next()
	}
	p.expression(nil)
}

// infoBody walks INFO FOR DB, INFO FOR TABLE t, INFO FOR USER u ON ROOT, INFO FOR INDEX
// i ON TABLE t, each with VERSION and STRUCTURE. Names are expressions.
func (p *parser) infoBody() {
	p.blocks++ // INFO FOR TABLE CREATE or STRUCTURE: a word may follow what names the table
	defer func() { p.blocks-- }()
	p.eatWord(kwFor)
	switch t := p.peek(); {
	case t.kind != tWord:
		return
	case p.spells(t, "TABLE"), p.spells(t, "TB"), p.spells(t, "USER"), t.kw == kwIndex:
		p.next()
		p.expression(nil)
	default:
		p.next() // ROOT, NS, DB
	}
	if p.eatWord(kwOn) {
		if t := p.peek(); t.kind == tWord && p.peekAt(1).kind == tWord && p.spells(t, "TABLE") {
			p.next()
		}
		p.expression(nil)
	}
	if p.eatWord(kwVersion) {
		p.expression(nil)
	}
	if p.spells(p.peek(), "STRUCTURE") {
		p.next()
	}
}
