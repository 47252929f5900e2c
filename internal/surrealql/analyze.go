package surrealql

// Query is what a text turned out to hold. It is immutable and may be shared
// between goroutines.
type Query struct {
	// Text is the text as given.
	Text string
	// Rewritten is the text with each $1 made $_1, and an alias for columns that the
	// server answers unreadably without one; the same string when there was none.
	Rewritten string
	// Ordinals is the highest ordinal used, as $n or $_n.
	Ordinals int
	// Placeholders are the uses of ordinals in the order of the text.
	Placeholders []Placeholder
	// Params are the names the text uses and does not assign, in the order of
	// their first use, without those that are special and those of ordinals. One
	// that no argument is bound to need not be a mistake: DEFINE PARAM and a
	// variable of the session also give values.
	Params []string
	// Stored are those of Params that only definitions use, which store them by
	// name: nothing needs to give them a value now.
	Stored []string
	// Needs are the parameters that must have a value when the text runs, each
	// once for the database that is used there.
	Needs []Need
	// Kept are the names, _n for ordinals, that a definition keeps: an argument
	// of that name would not be what the definition means later.
	Kept []string
	// Stale are the names that the text gives a value by LET or FOR, and that a
	// definition keeps by name all the same.
	Stale []string
	// Unused is the first of the ordinals up to Ordinals that is not used, or 0.
	Unused int

	places map[string]int // in Params, where they are many
	// Question is the offset of the first ? that stands where an operand is due,
	// as a placeholder of other databases would, or -1.
	Question int
	// Zero is the offset of the first $0, $01 and the like, which are no ordinals,
	// or -1.
	Zero int
	// Commas are the offsets of the commas that part expressions in parentheses,
	// which hold no list in SurrealQL, but may hold a point.
	Commas []int
	// Statements are the statements of the text in order, without empty ones.
	Statements []Statement
}

// Statement is one statement of a text.
type Statement struct {
	Kind Kind
	// Pos and End are the offsets of its first byte and behind its last; the
	// semicolon is not part of it.
	Pos, End int
	// MayWrite tells that it may change data or schema: it is or holds a writing
	// statement, USE (which makes what is not there) or a call of anything but the
	// functions that are known to read, or the analysis has lost its way in it.
	MayWrite bool
	// Yields tells that its result is a result set. LET, USE, BEGIN, COMMIT,
	// CANCEL and OPTION have none; see Query.Align for their entries.
	Yields bool
	// Returning tells that a writing statement says RETURN.
	Returning bool
	// Explained tells that the statement ends in EXPLAIN and answers a plan.
	Explained bool
	// Projection says how the result is laid out.
	Projection Projection

	// Lone is the name of a field that it is, perhaps in parentheses, and nothing else:
	// that has no value where there is no record. The server answers NONE to ROLLBACK,
	// VACUUM and every typo of one word.
	Lone string
	// Idle is a word about transactions that stands as a statement in a block of it,
	// as in IF $bad { CANCEL }, where it is such a name; else "".
	Idle string

	insert  int     // where a RETURN clause belongs, or -1
	hasTail bool    // a clause behind that place was seen
	output  keyword // what its RETURN says, if that is NONE, NULL, BEFORE, AFTER or DIFF
	ran     bool    // EXPLAIN tells the plan of a statement that ran
	inner   bool    // it stands in parentheses
	hushed  bool    // it stands behind OPTION IMPORT

	lost bool // it was not followed to its end, or a block in it was not
	// mayReturn tells that it holds a RETURN, which ends a transaction block.
	mayReturn bool
	returned  Counting // of the statement that a RETURN or parentheses hold
}

// Lost reports whether the statement has syntax that the analysis does not know, and
// passed over: what it is may be a guess.
func (s *Statement) Lost() bool { return s.lost }

// Analyze reads a text. It does not fail: what the server would refuse is
// analysed as well as can be, and the server says what is wrong with it.
func Analyze(text string) *Query {
	p := parser{lex: lexer{text: text}, question: -1, zero: -1}
	q := &Query{Text: text}
	for {
		for p.eat(tSemicolon) {
		}
		t := p.peek()
		if t.kind == tEOF {
			break
		}
		before := p.last
		s := p.topLevel(t)
		if p.last == before {
			p.next() // a closer that closes nothing
			continue
		}
		s.End = p.last
		if s.Projection.Form == Columns {
			if !p.lost {
				s.Projection.alias()
			}
			s.Projection.fix()
		}
		s.MayWrite, s.mayReturn, s.lost, s.Idle = p.writes || p.lost, p.returned, p.lost, p.idle
		s.hushed = p.hushed && s.Kind != Option
		q.Statements = append(q.Statements, s)
	}
	if p.lex.unclear {
		q.unclear()
	}
	q.Question, q.Zero, q.Commas = p.question, p.zero, p.commas
	q.Params, q.Stored, q.Needs = p.params.free, p.params.storedOnly(), p.params.needs
	q.Kept, q.Stale = p.params.kept, p.params.stale
	q.index()
	q.place(p.ordinals)
	return q
}

// unclear makes writers of all statements of a text of which servers see other parts as
// comments, and a statement of a text that is nothing else to us.
func (q *Query) unclear() {
	if len(q.Statements) == 0 {
		q.Statements = []Statement{{insert: -1, lost: true}}
	}
	for i := range q.Statements {
		q.Statements[i].MayWrite = true
	}
}

// place keeps the placeholders and rewrites the text for them.
func (q *Query) place(ordinals []Placeholder) {
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

// topLevel walks one statement of the text up to its semicolon.
func (p *parser) topLevel(t token) Statement {
	p.writes, p.returned, p.lost, p.misnamed = false, false, false, false
	p.ofText, p.idle = true, ""
	s := Statement{insert: -1, Pos: t.pos, Yields: true}
	if t.kind != tWord || !p.topWord(&s, t) {
		p.topExpression(&s, t)
	}
	p.skipTo(func(token) bool { p.lost = true; return false })
	if k := p.peek().kind; k != tSemicolon && k != tEOF {
		p.lost = true
	}
	if p.lost || p.misnamed {
		s.insert, s.Lone, p.idle = -1, "", ""
	}
	return s
}

// topWord walks the statements that stand only at the top of a text.
func (p *parser) topWord(s *Statement, t token) bool {
	switch t.kw {
	case kwBegin:
		s.silent(Begin)
		p.began = len(p.params.undo)
	case kwCommit:
		s.silent(Commit)
	case kwCancel:
		s.silent(Cancel)
		p.params.back(min(p.began, len(p.params.undo))) // 4.0 forgets what it gave
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
		s.is(Live, Value, One)
		p.params.live = true
		p.next()
		p.liveBody()
		p.params.live = false
		return true
	default:
		return false
	}
	p.next()
	p.skipTo(nil)
	if t.kw == kwUse {
		p.params.change()
	}
	return true
}

// optionBody walks OPTION IMPORT, or OPTION IMPORT = true. The statements behind it
// run without events, and answer nothing of what they write, whatever their RETURN
// says (3.0.2 to 4.0.0-beta.1).
func (p *parser) optionBody() {
	p.next()
	imports := p.spells(p.peek(), "IMPORT")
	p.skipTo(func(t token) bool { imports = imports && !t.is(kwFalse); return false })
	if imports {
		p.hushed = true
	}
	p.params.live = false
}

func (p *parser) liveBody() {
	if p.eatWord(kwSelect) && !p.eatWord(kwDiff) {
		p.fields(nil, stopSelect)
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

func (p *parser) topExpression(s *Statement, t token) {
	e := expr{want: true}
	p.expression(&e)
	switch {
	case e.shape == shapeStatement && t.kind == tWord:
		pos := s.Pos
		*s = *e.stmt
		s.Pos, s.Yields = pos, s.Kind != Let
	case t.kind == tLBrace && e.shape == shapeOther:
		s.is(Block, Dynamic, AsIs)
	default:
		s.returns(&e)
		s.Kind, s.Lone = Expression, p.lone(&e)
		if e.shape == shapeStatement {
			s.Kind, s.inner = e.stmt.Kind, true
		}
		s.insert = -1
	}
}
