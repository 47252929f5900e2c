package surrealql

// parser walks a text once, following the server's grammar closely enough to
// know where expressions, clauses and statements begin and end, and keeps only
// what a driver asks. It accepts far more than the server does: whatever it
// cannot follow it skips up to the end of the statement.
//
// Its methods are in the files parse_*.go, which form a circle with this one: an
// expression holds statements, and they hold expressions.
type parser struct {
	cursor
	params paramSet
	commas []int // in parentheses, where the server wants at most the one of a point

	// Where it is.
	depth       int  // of expressions and brackets
	listDepth   int  // the depth of the list of statements at hand: the text's or a block's
	ofText      bool // the list is the text's, or that of a block which is a statement of it
	afterImport bool // after OPTION IMPORT
	beginMark   int  // what was assigned before the last BEGIN

	// What it found in the statement at hand.
	writes      bool   // it may write
	holdsReturn bool   // it holds a RETURN
	lost        bool   // it holds something that was skipped
	misnamed    bool   // a word that begins statements was taken for a name
	builds      bool   // it builds an index, and is answered once that is there
	txWord      string // the first word that noteTxWord has found

	infixes  int // operators taken, to tell an operand from a choice between two
	closures int // closures that may write, kept as values so far in the text
}

// maxDepth bounds how deep expressions and brackets may nest here. The server
// refuses far less; deeper text is walked without being understood.
const maxDepth = 200

func newParser(text string) parser {
	p := parser{cursor: cursor{lex: lexer{text: text}}}
	p.params.question, p.params.zero = -1, -1
	return p
}

// next takes a token, and notes it if it is a parameter. A word that may begin a
// writing statement counts as one, whoever takes it: only nextName knows better.
func (p *parser) next() token {
	if t := p.peek(); t.kind == tWord && writesAtStart(t.kw) && p.begins(t) {
		p.writes = true
	}
	return p.nextName()
}

// nextName is next where a word is a name and begins no statement: after a dot, as a
// key, as an alias, in a path.
func (p *parser) nextName() token {
	t := p.take()
	switch t.kind {
	case tString:
		p.recordString(t)
	case tOrdinal:
		p.params.take(t, p.text(t)[1:])
	case tParam, tQuotedParam:
		p.params.take(t, p.ident(t))
	case tInvalid:
		p.lost = true
	case tDollar:
		if p.lex.at(t.end) == '0' {
			p.params.noteZero(t)
		}
	}
	return t
}

// eat takes the next token if it is of this kind.
func (p *parser) eat(k tokenKind) bool {
	if p.peek().kind != k {
		return false
	}
	p.next()
	return true
}

// eatWord takes the next token if it is this word.
func (p *parser) eatWord(k keyword) bool {
	if !p.peek().is(k) {
		return false
	}
	p.next()
	return true
}

// eatAdjacent takes the next token if it is of this kind and touches the last one.
func (p *parser) eatAdjacent(k tokenKind) bool {
	t := p.peek()
	if t.kind != k || t.pos != p.last {
		return false
	}
	p.next()
	return true
}

// declared takes a parameter that is being given a value here, and returns its
// name, or "" when what comes is not a parameter. The name is assigned from
// where the caller says so.
func (p *parser) declared() string {
	t := p.peek()
	switch t.kind {
	case tOrdinal:
		p.next() // an argument all the same: the server will say what is wrong
		return ""
	case tParam, tQuotedParam:
		name := p.ident(t)
		if ordinalName(name) > 0 {
			p.next()
			return ""
		}
		p.take()
		return name
	}
	return ""
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

// inList reports whether the statement at hand, whose first word is taken, is one of the
// list of statements at hand, and not a part of an expression.
func (p *parser) inList() bool { return p.depth == p.listDepth+2 }

// noteTxWord notes a word about transactions that is all of a statement in a block:
// there the server reads the name of a field, and no record is at hand to have it.
func (p *parser) noteTxWord(t token) {
	if p.ofText && p.txWord == "" && t.kind == tWord && p.last == t.end && IsTxWord(p.text(t)) {
		p.txWord = p.text(t)
	}
}

// skipTo takes tokens until one that ends a statement or an enclosure, or one
// for which stop is true, stepping over brackets. It is how the parser gets
// over what it does not follow.
func (p *parser) skipTo(stop func(token) bool) {
	prev := token{kind: tSemicolon}
	for {
		t := p.peek()
		if t.closes() || stop != nil && stop(t) {
			return
		}
		p.skipOne(prev, t)
		prev = t
	}
}

// closeWith takes the closer, after skipping what stands before it.
func (p *parser) closeWith(closer tokenKind) {
	if p.eat(closer) {
		return
	}
	if !p.peek().closes() {
		p.lost = true
	}
	p.skipTo(nil)
	p.mustEat(closer)
}

// mustEat takes the closer; a text without it has not been followed.
func (p *parser) mustEat(closer tokenKind) {
	if !p.eat(closer) {
		p.lost = true
	}
}

// skipOne takes one token, or one bracket with all in it, without knowing what
// it stands for. prev is the token before it.
func (p *parser) skipOne(prev, t token) {
	switch t.kind {
	case tLBrace:
		p.next()
		p.braces(nil)
	case tLParen, tLBracket:
		p.next()
		p.skipGroup()
	case tSlash:
		if prev.operandAfter() {
			p.replace(p.lex.regex(t.pos))
		}
		p.next()
	case tWord:
		p.skipWord(prev, t)
	case tQuestion:
		if prev.operandAfter() && prev.kind != tArrow && prev.kind != tLBracket {
			p.params.noteQuestion(t)
		}
		p.next()
	default:
		p.next()
	}
}

// skipGroup takes what is left of a bracket up to its end, in a loop: depth
// costs no stack, so that a text of a million brackets is harmless.
func (p *parser) skipGroup() {
	depth := 1
	prev := token{kind: tLParen}
	for depth > 0 {
		t := p.peek()
		switch t.kind {
		case tEOF:
			return
		case tLParen, tLBracket:
			depth++
			p.next()
		case tRParen, tRBracket:
			depth--
			p.next()
		case tRBrace:
			return // not ours: let the enclosing brace have it
		case tSemicolon:
			p.next()
		default:
			p.skipOne(prev, t)
		}
		prev = t
	}
}

// skipWord takes a word in unknown surroundings: a JavaScript function is
// read as such, and a word that would begin a writing statement counts as one.
func (p *parser) skipWord(prev, t token) {
	if t.kw == kwFunction && p.peekAt(1).kind == tLParen {
		p.function()
		return
	}
	switch n := p.peekAt(1); {
	case n.kind == tPath, n.kind == tLParen && t.kw == noKeyword:
		name, own := p.path()
		switch known := !own && readsOnly(name); {
		case p.peek().kind == tLParen && !known:
			p.opaqueCall()
		case !known:
			p.writes = true
		}
	case prev.kind == tDot, prev.kind == tArrow, prev.is(kwAs):
		p.nextName()
	case (t.kw == kwDefine || t.kw == kwAlter) && n.kind == tWord: // which parameters it keeps matters
		p.statement(nil)
	default:
		p.next()
	}
}

// skipBracket walks to the closer of the bracket just opened, counting brackets
// without telling them apart.
func (p *parser) skipBracket() {
	prev := token{kind: tLParen}
	for depth := 1; depth > 0; {
		t := p.peek()
		switch t.kind {
		case tEOF:
			return
		case tLBrace, tLParen, tLBracket:
			depth++
		case tRBrace, tRParen, tRBracket:
			depth--
		case tSlash:
			if prev.operandAfter() {
				p.replace(p.lex.regex(t.pos))
			}
		}
		prev = p.next()
	}
}
