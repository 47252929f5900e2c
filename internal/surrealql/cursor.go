package surrealql

import "strings"

// cursor is a place between two tokens of a text. It takes tokens one after the
// other, and looks ahead as far as the grammar needs: what a token means to the
// parser it does not know.
type cursor struct {
	lex   lexer
	ahead [4]token
	n     int // tokens in ahead
	last  int // end of the last token taken
	// blocks counts what is open around the place: blocks, sets and INFO, where a
	// statement may follow another one without a semicolon between.
	blocks int
	// names is told of the parameters, where somebody wants to know their places.
	names *nameList
}

// peek returns the next token without taking it; peekAt looks i further. Ask
// for a further token only when the nearer ones rule out a regex: a slash must
// not be looked past before it is known what it is.
func (c *cursor) peek() token {
	if c.n == 0 {
		c.ahead[0] = c.lex.next()
		c.n = 1
	}
	return c.ahead[0]
}

func (c *cursor) peekAt(i int) token {
	for c.n <= i {
		c.ahead[c.n] = c.lex.next()
		c.n++
	}
	return c.ahead[i]
}

// take takes a token and notes nothing of it.
func (c *cursor) take() token {
	t := c.peek()
	if c.n--; c.n > 0 {
		copy(c.ahead[:c.n], c.ahead[1:])
	}
	if t.kind != tEOF {
		c.last = t.end
	}
	if c.names != nil {
		c.names.note(c, t)
	}
	return t
}

// replace swaps the next token for one read again under another rule.
func (c *cursor) replace(t token) {
	c.ahead[0], c.n = t, 1
}

// src is a piece of the text; it is empty where nothing was taken since pos.
func (c *cursor) src(pos, end int) string { return c.lex.text[pos:max(pos, end)] }

func (c *cursor) text(t token) string { return c.lex.text[t.pos:t.end] }

// ident returns the name a word, a quoted name or a parameter stands for.
func (c *cursor) ident(t token) string {
	s := c.text(t)
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

// spells reports whether the token is this word, which has no keyword here.
func (c *cursor) spells(t token, word string) bool {
	return t.kind == tWord && strings.EqualFold(c.text(t), word)
}

// callAhead reports whether the next token, t, begins a call or a path.
func (c *cursor) callAhead(t token) bool {
	if t.kind != tWord {
		return false
	}
	k := c.peekAt(1).kind
	return k == tLParen || k == tPath
}

// arrowAhead reports whether the < at hand begins an arrow: <-, <-> or <~.
func (c *cursor) arrowAhead(less token) bool {
	n := c.peekAt(1)
	return adjacent(less, n) && (n.kind == tMinus || n.kind == tArrow || n.kind == tInfix && c.text(n) == "~")
}

// nameList gathers names as a cursor passes them.
type nameList struct {
	names     []Name
	inStrings bool
}

func (l *nameList) note(c *cursor, t token) {
	switch t.kind {
	case tParam, tQuotedParam:
		l.names = append(l.names, Name{c.ident(t), t.pos, t.end})
	case tString:
		text := c.text(t)
		l.inStrings = l.inStrings || text[0] == 'r' && strings.Contains(text, "$")
	}
}
