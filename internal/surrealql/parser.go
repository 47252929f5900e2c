package surrealql

import "strings"

// maxDepth bounds how deep expressions and brackets may nest here. The server
// refuses far less; deeper text is walked without being understood.
const maxDepth = 200

// parser walks a text once, following the server's grammar closely enough to
// know where expressions, clauses and statements begin and end, and keeps only
// what a driver asks. It accepts far more than the server does: whatever it
// cannot follow it skips up to the end of the statement.
type parser struct {
	lex       lexer
	ahead     [4]token
	n         int // tokens in ahead
	last      int // end of the last token taken
	depth     int
	listDepth int // the depth of the list of statements at hand: the text's or a block's

	began int // the mark of the last BEGIN

	blocks int // braces around, of blocks and sets, and INFO: statements that need no end

	ofText bool   // the list is the text's, or that of a block which is a statement of it
	idle   string // the first word that idles has noted
	hushed bool   // behind OPTION IMPORT

	writes   bool // the statement at hand may write
	returned bool // it holds a RETURN
	lost     bool // it holds something that was skipped
	misnamed bool // a word that begins statements was taken for a name
	infixes  int  // operators taken, to tell an operand from a choice between two
	closures int  // closures that may write, kept as values so far in the text
	foreign  int  // parameters taken that have no value from the text
	given    int  // the end of the last one that has

	question int
	zero     int   // the first $0 or $01, which the server cannot lex and we do not number
	commas   []int // in parentheses, where the server wants at most the one of a point
	ordinals []Placeholder
	params   paramSet
}

// peek returns the next token without taking it; peekAt looks i further. Ask
// for a further token only when the nearer ones rule out a regex: a slash must
// not be looked past before it is known what it is.
func (p *parser) peek() token {
	if p.n == 0 {
		p.ahead[0] = p.lex.next()
		p.n = 1
	}
	return p.ahead[0]
}

func (p *parser) peekAt(i int) token {
	for p.n <= i {
		p.ahead[p.n] = p.lex.next()
		p.n++
	}
	return p.ahead[i]
}

// next takes a token, and notes it if it is a parameter. A word that may begin a
// writing statement counts as one, whoever takes it: only nextName knows better.
func (p *parser) next() token {
	if t := p.peek(); t.kind == tWord && writesAtStart(t.kw) && p.begins(t) {
		p.writes = true
	}
	return p.nextName()
}

// nextName is next where a word is a name and begins no statement: behind a dot, as
// a key, as an alias, in a path.
func (p *parser) nextName() token {
	t := p.take()
	switch t.kind {
	case tString:
		p.recordString(t)
	case tOrdinal:
		p.useParam(t)
	case tParam, tQuotedParam:
		p.useParam(t)
	case tInvalid:
		p.lost = true
	case tDollar:
		if p.zero < 0 && p.lex.at(t.end) == '0' {
			p.zero = t.pos
		}
	}
	return t
}

// take takes a token and notes nothing.
func (p *parser) take() token {
	t := p.peek()
	p.n--
	copy(p.ahead[:p.n], p.ahead[1:])
	if t.kind != tEOF {
		p.last = t.end
	}
	return t
}

// replace swaps the next token for one read again under another rule.
func (p *parser) replace(t token) {
	p.ahead[0], p.n = t, 1
}

func (p *parser) eat(k tokenKind) bool {
	if p.peek().kind != k {
		return false
	}
	p.next()
	return true
}

func (p *parser) eatWord(k keyword) bool {
	if !p.peek().is(k) {
		return false
	}
	p.next()
	return true
}

// src is a piece of the text; it is empty where nothing was taken since pos.
func (p *parser) src(pos, end int) string { return p.lex.text[pos:max(pos, end)] }

func (p *parser) text(t token) string { return p.lex.text[t.pos:t.end] }

// ident returns the name a word, a quoted name or a parameter stands for.
func (p *parser) ident(t token) string {
	s := p.text(t)
	switch t.kind {
	case tParam:
		return s[1:]
	case tQuotedParam:
		return unquote(s[1:])
	case tQuoted:
		return unquote(s)
	}
	return s
}

// unquote takes the quotes off `name`, ⟨name⟩, "text" or 'text' and resolves
// the escapes.
func unquote(s string) string {
	if inner, ok := strings.CutPrefix(s, "⟨"); ok {
		s = strings.TrimSuffix(inner, "⟩")
	} else if len(s) >= 2 {
		s = s[1 : len(s)-1]
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	return unescape(s)
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
		p.loose(prev, t)
		prev = t
	}
}

// loose takes one token, or one bracket with all in it, without knowing what
// it stands for. prev is the token before it.
func (p *parser) loose(prev, t token) {
	switch t.kind {
	case tLBrace:
		p.next()
		p.braces(nil)
	case tLParen, tLBracket:
		p.next()
		p.looseGroup()
	case tSlash:
		if startsOperandAfter(prev) {
			p.replace(p.lex.regex(t.pos))
		}
		p.next()
	case tWord:
		p.looseWord(prev, t)
	case tQuestion:
		if startsOperandAfter(prev) && prev.kind != tArrow && prev.kind != tLBracket {
			p.noteQuestion(t)
		}
		p.next()
	default:
		p.next()
	}
}

// looseGroup takes what is left of a bracket up to its end, in a loop: depth
// costs no stack, so that a text of a million brackets is harmless.
func (p *parser) looseGroup() {
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
			p.loose(prev, t)
		}
		prev = t
	}
}

// looseWord takes a word in unknown surroundings: a JavaScript function is
// read as such, and a word that would begin a writing statement counts as one.
func (p *parser) looseWord(prev, t token) {
	if t.kw == kwFunction && p.peekAt(1).kind == tLParen {
		p.function()
		return
	}
	switch n := p.peekAt(1); {
	case n.kind == tPath, n.kind == tLParen && t.kw == noKeyword:
		name, own := p.path()
		switch known := !own && readsOnly(name); {
		case p.peek().kind == tLParen && !known:
			p.hidden()
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

// startsOperandAfter reports whether an operand is due after prev, so that a
// slash there begins a regex.
func startsOperandAfter(prev token) bool {
	switch prev.kind {
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber, tRegex, tScript,
		tRParen, tRBracket, tRBrace, tDollar, tStar:
		return false
	case tWord:
		return prev.kw != noKeyword && prev.kw != kwTrue && prev.kw != kwFalse && prev.kw != kwNull && prev.kw != kwNone
	}
	return true
}

// startsOperand reports whether t can begin an operand behind the dots of a range.
func (p *parser) startsOperand(t token) bool {
	switch t.kind {
	case tWord:
		switch t.kw {
		case kwAs, kwAnd, kwOr, kwIs, kwThen, kwElse, kwEnd, kwWhere, kwLimit, kwContains, kwInside, kwIn, kwNot:
			return false
		}
		return true
	case tQuoted, tParam, tQuotedParam, tOrdinal, tString, tNumber, tLParen, tLBrace, tLBracket, tVert, tOrOr, tQuestion:
		return true
	}
	return false
}
