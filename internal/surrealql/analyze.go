package surrealql

// The whole text: its statements one after the other, those that stand only at its
// top, and what the Query keeps of what the parser has found.

// Analyze reads a text. It does not fail: what the server would refuse is
// analysed as well as can be, and the server says what is wrong with it.
func Analyze(text string) *Query {
	p := newParser(text)
	return p.query()
}

// query reads the text from its beginning.
func (p *parser) query() *Query {
	q := &Query{Text: p.lex.text}
	for {
		for p.eat(tSemicolon) {
		}
		t := p.peek()
		if t.kind == tEOF {
			break
		}
		before := p.last
		s := p.topStatement(t)
		if p.last == before {
			p.next() // a closer that closes nothing
			continue
		}
		s.End = p.last
		if s.Projection.Form == Columns {
			if !p.lost {
				s.Projection.addAliases()
			}
			s.Projection.findStatic()
		}
		s.MayWrite, s.lost = p.writes || p.lost, p.lost
		s.holdsReturn, s.BlockTxWord, s.BuildsIndex = p.holdsReturn, p.txWord, p.builds
		s.afterImport = p.afterImport && s.Kind != Option
		q.Statements = append(q.Statements, s)
	}
	if p.lex.unclear {
		q.assumeWrites()
	}
	q.QuestionMark, q.ZeroOrdinal, q.Commas = p.params.question, p.params.zero, p.commas
	q.Params, q.Needs = p.params.free, p.params.needs
	q.Kept, q.Stale = p.params.kept, p.params.stale
	q.indexParams()
	q.setPlaceholders(p.params.ordinals)
	return q
}

// assumeWrites makes writers of all statements of a text of which servers see other
// parts as comments, and a statement of a text that is nothing else to us.
func (q *Query) assumeWrites() {
	if len(q.Statements) == 0 {
		q.Statements = []Statement{{End: len(q.Text), returnPos: -1, lost: true}}
	}
	for i := range q.Statements {
		q.Statements[i].MayWrite = true
	}
}

// setPlaceholders keeps the placeholders and rewrites the text for them.
func (q *Query) setPlaceholders(ordinals []Placeholder) {
	q.Placeholders, q.Rewritten = ordinals, q.Text
	for _, o := range ordinals {
		q.Ordinals = max(q.Ordinals, o.N)
	}
	used := make([]bool, q.Ordinals+1)
	for _, o := range ordinals {
		used[o.N] = true
	}
	for n := 1; n <= q.Ordinals && q.Unused == 0; n++ {
		if !used[n] {
			q.Unused = n
		}
	}
	if edits := q.edits(false); len(edits) > 0 {
		q.Rewritten = apply(q.Text, edits)
	}
}

// topStatement walks one statement of the text up to its semicolon.
func (p *parser) topStatement(t token) Statement {
	p.writes, p.holdsReturn, p.lost, p.misnamed, p.builds = false, false, false, false, false
	p.ofText, p.txWord = true, ""
	s := Statement{returnPos: -1, Pos: t.pos, Yields: true}
	if t.kind != tWord || !p.topWord(&s, t) {
		p.topExpression(&s, t)
	}
	p.skipTo(func(token) bool { p.lost = true; return false })
	if k := p.peek().kind; k != tSemicolon && k != tEOF {
		p.lost = true
	}
	if p.lost || p.misnamed {
		s.returnPos, s.BareField, p.txWord = -1, "", ""
	}
	return s
}

// topWord walks a statement that stands only at the top of a text; false means that
// the word begins none.
func (p *parser) topWord(s *Statement, t token) bool {
	switch t.kw {
	case kwBegin:
		s.silent(Begin)
		p.beginMark = len(p.params.undo)
	case kwCommit:
		s.silent(Commit)
	case kwCancel:
		s.silent(Cancel)
		p.params.undoTo(min(p.beginMark, len(p.params.undo))) // 4.0 forgets what it gave
	case kwOption:
		s.silent(Option)
		p.optionBody()
		return true
	case kwUse:
		s.silent(Use)
		p.writes = true // it makes the namespace and the database that are not there
	case kwKill:
		s.is(Kill, Nothing, AsIs)
	case kwShow:
		s.is(Show, Dynamic, AsIs)
		p.next()
		p.showBody()
		return true
	case kwAccess:
		s.is(Access, Dynamic, AsIs)
		p.next()
		p.accessBody()
		return true
	case kwLive:
		s.is(Live, Columns, One)
		p.params.inLiveQuery = true
		p.next()
		p.liveBody(s)
		p.params.inLiveQuery = false
		return true
	default:
		return false
	}
	p.next()
	p.skipTo(nil)
	if t.kw == kwUse {
		p.params.leaveDatabase()
	}
	return true
}

// topExpression walks a statement that may also stand elsewhere, or an expression.
func (p *parser) topExpression(s *Statement, t token) {
	e := expr{wantStmt: true}
	p.expression(&e)
	switch {
	case e.kind == exprStatement && t.kind == tWord:
		pos := s.Pos
		*s = *e.stmt
		s.Pos, s.Yields = pos, s.Kind != Let
	case t.kind == tLBrace && e.kind == exprOther:
		s.is(Block, Dynamic, AsIs)
	default:
		s.layOut(&e)
		s.Kind, s.BareField = Expression, p.bareField(&e)
		if e.kind == exprStatement {
			s.Kind, s.inParens = e.stmt.Kind, true
		}
		s.returnPos = -1
	}
}

// bareField returns the text of an expression that is names of fields and nothing else,
// without the parentheses around it; else "".
func (p *parser) bareField(e *expr) string {
	if e.kind != exprIdiom || len(e.parts) == 0 || e.aliased {
		return ""
	}
	for _, pt := range e.parts {
		if pt.kind != partField {
			return ""
		}
	}
	end := e.parts[len(e.parts)-1].end
	rest := lexer{text: p.src(end, p.last)}
	for t := rest.next(); t.kind != tEOF; t = rest.next() {
		if t.kind != tRParen {
			return ""
		}
	}
	return p.src(e.parts[0].pos, end)
}

// optionBody walks OPTION IMPORT, or OPTION IMPORT = true. The statements after it
// run without events, and answer nothing of what they write, whatever their RETURN
// says (3.0.2 to 4.0.0-beta.1).
func (p *parser) optionBody() {
	p.next()
	imports := p.spells(p.peek(), "IMPORT")
	p.skipTo(func(t token) bool { imports = imports && !t.is(kwFalse); return false })
	if imports {
		p.afterImport = true
	}
	p.params.inLiveQuery = false
}

// liveBody walks a LIVE SELECT after its first word. The projection is that of a
// notification's result.
func (p *parser) liveBody(s *Statement) {
	switch {
	case !p.eatWord(kwSelect):
	case p.eatWord(kwDiff):
		s.Diff, s.Projection.Form = true, Value
	default:
		p.fields(&s.Projection, endsAtFrom)
		s.Projection.ofSelect = true
	}
	p.eatWord(kwFrom)
	p.expressions()
	p.clauses(nil)
}

// showBody walks SHOW CHANGES FOR TABLE t SINCE 1 LIMIT 10.
func (p *parser) showBody() {
	for range 3 { // CHANGES FOR TABLE
		if p.peek().kind == tWord {
			p.next()
		}
	}
	if p.peek().name() && !p.spells(p.peek(), "SINCE") || p.spells(p.peekAt(1), "SINCE") {
		p.nextName()
	}
	if p.spells(p.peek(), "SINCE") {
		p.next()
		p.expression(nil)
	}
	p.clauses(nil)
}

// accessBody walks ACCESS name ON DATABASE SHOW WHERE …: GRANT, REVOKE and PURGE write.
func (p *parser) accessBody() {
	if p.peek().name() {
		p.nextName()
	}
	if p.eatWord(kwOn) && p.peek().kind == tWord {
		p.next()
	}
	if !p.eatWord(kwShow) {
		p.writes = true
		p.skipTo(nil)
		return
	}
	switch t := p.peek(); t.kw {
	case kwAll:
		p.next()
	case kwGrant:
		p.next()
		if p.peek().name() {
			p.nextName()
		}
	default:
		p.clauses(nil)
	}
}
