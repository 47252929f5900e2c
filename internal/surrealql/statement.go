package surrealql

import "strings"

// Kind is what a statement does, told by the keyword it begins with.
type Kind uint8

// The kinds of statements.
const (
	Expression Kind = iota // an expression that is none of the below
	Access
	Alter
	Begin
	Block
	Break
	Cancel
	Commit
	Continue
	Create
	Define
	Delete
	Explain // EXPLAIN before a statement; one that ends in EXPLAIN keeps its kind
	For
	If
	Info
	Insert
	Kill
	Let
	Live
	Option
	Rebuild
	Relate
	Remove
	Return
	Select
	Show
	Sleep
	Throw
	Update
	Upsert
	Use
)

var kindNames = [...]string{
	"expression", "ACCESS", "ALTER", "BEGIN", "block", "BREAK", "CANCEL", "COMMIT", "CONTINUE", "CREATE",
	"DEFINE", "DELETE", "EXPLAIN", "FOR", "IF", "INFO", "INSERT", "KILL", "LET", "LIVE", "OPTION", "REBUILD",
	"RELATE", "REMOVE", "RETURN", "SELECT", "SHOW", "SLEEP", "THROW", "UPDATE", "UPSERT", "USE",
}

// String returns the keyword of the kind.
func (k Kind) String() string { return nameOf(kindNames[:], int(k)) }

// writesAtStart reports whether a statement that begins with the keyword
// changes data or schema.
func writesAtStart(k keyword) bool {
	switch k {
	case kwCreate, kwInsert, kwUpdate, kwUpsert, kwDelete, kwRelate, kwDefine, kwRemove, kwAlter, kwRebuild:
		return true
	}
	return false
}

// statementWord reports whether the word begins a statement for 3.x wherever an
// operand is due.
func statementWord(k keyword) bool {
	switch k {
	case kwSelect, kwReturn, kwThrow, kwIf, kwInfo, kwExplain, kwLet, kwFor, kwBreak, kwContinue:
		return true
	}
	return writesAtStart(k)
}

// isStatement reports whether the word, where an operand is due, begins a statement.
func (p *parser) isStatement(t token) bool {
	switch t.kw {
	case kwSelect, kwReturn, kwThrow, kwIf, kwInfo, kwExplain:
		return p.begins(t) || t.kw == kwSelect && p.peekAt(1).kind == tStar
	case kwLet, kwFor:
		k := p.peekAt(1).kind
		return k == tParam || k == tQuotedParam || k == tOrdinal
	case kwSleep:
		k := p.peekAt(1).kind
		return k == tNumber || k == tParam || k == tOrdinal
	case kwBreak, kwContinue:
		return p.peekAt(1).closes()
	}
	return writesAtStart(t.kw) && p.begins(t)
}

// begins reports whether the keyword at hand begins a statement where an operand is
// due. The server (2.6 to 4.0.0-beta.1) takes each of them for one there, whatever
// follows, and any word for the name of its table. So it is a name, for grammars that
// know better, only where the server would refuse the statement: before what begins no
// operand (SELECT delete, update), and before an operator or a clause with an operand
// of its own (WHERE update AND x, SELECT update FROM t). In a block the operand may be
// the next statement, since the first needs no semicolon behind it: { CREATE or x }.
func (p *parser) begins(t token) bool {
	n := p.peekAt(1)
	switch n.kind {
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber, tLParen, tLBrace, tLBracket, tVert, tOrOr, tQuestion,
		tLess, tArrow, tMinus, tPlus, tBang, tSlash, tAt, tDots, tEllipsis, tKnn, tDollar, tInvalid:
		return true
	case tWord:
		return !joins(n.kw) || p.blocks > 0 || n.kw == kwFrom && t.kw == kwDelete || !p.peekAt(2).plainOperand()
	}
	return false
}

// joins reports whether the keyword joins what is before it to an operand.
func joins(k keyword) bool {
	switch k {
	case kwAs, kwFrom, kwAnd, kwOr, kwIs, kwIn, kwInside, kwNotInside, kwAllInside, kwAnyInside, kwNoneInside, kwOutside,
		kwIntersects, kwContains, kwContainsAll, kwContainsAny, kwContainsNone, kwContainsNot,
		kwThen, kwElse, kwWhere, kwLimit, kwStart, kwGroup, kwOrder, kwSplit, kwFetch, kwOmit:
		return true
	}
	return false
}

// statement walks the statement that begins here, and keeps what it is if e
// wants it.
func (p *parser) statement(e *expr) {
	defer p.leave()
	e.set(shapeStatement)
	var s *Statement
	if e != nil && e.want {
		s = &Statement{insert: -1, Pos: p.peek().pos}
		e.stmt = s
	}
	deep := !p.enter()
	t := p.next()
	if deep {
		p.kept(func() { p.skipTo(nil) })
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

// spells reports whether the token is this word, which has no keyword here.
func (p *parser) spells(t token, word string) bool {
	return t.kind == tWord && strings.EqualFold(p.text(t), word)
}

func (p *parser) letBody() {
	name := p.declared()
	if p.eat(tColon) {
		p.skipTo(func(t token) bool { return t.kind == tEqual })
	}
	p.eat(tEqual)
	here := p.here()
	p.expression(nil)
	if here { // elsewhere it gives the name to nobody
		p.params.assign(name)
	}
}

func (p *parser) forBody() {
	name := p.declared()
	p.eatWord(kwIn)
	p.expression(nil)
	defer p.params.close(p.params.open())
	p.params.assign(name)
	if p.eat(tLBrace) {
		p.nestedBlock(p.here())
	}
}

// nestedBlock walks a block after its brace, where an object cannot stand. See block.
func (p *parser) nestedBlock(statement bool) {
	defer p.leave()
	if !p.enter() {
		p.flat()
		return
	}
	p.block(statement)
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
			p.nestedBlock(p.here())
		}
		return
	}
	mark, first, list, here := p.params.open(), p.peek(), p.listDepth, p.here()
	if here { // the branch is as good as a block
		p.listDepth = p.depth
	}
	p.expression(nil)
	p.listDepth = list
	if here {
		p.idles(first)
	}
	p.params.close(mark)
	if p.peek().kind == tSemicolon {
		if n := p.peekAt(1); n.is(kwElse) || n.is(kwEnd) {
			p.next()
		}
	}
}

func (p *parser) explainBody(s *Statement) {
	if p.eatWord(kwAnalyze) && s != nil {
		s.ran = true
	}
	if p.eatWord(kwFormat) {
		p.next()
	}
	p.expression(nil)
}
