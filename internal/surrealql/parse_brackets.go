package surrealql

import "slices"

// What stands in brackets of any kind: lists, arrays, objects, sets and blocks.

// parenthesized walks what stands in parentheses, after the opening one: an
// expression, or the two numbers of a point.
func (p *parser) parenthesized(e *expr) {
	if p.depth == p.listDepth+1 { // a statement in parentheses is the list's still
		p.listDepth++
		defer func() { p.listDepth-- }()
	}
	p.expression(e)
	for p.peek().kind == tComma {
		p.commas = append(p.commas, p.peek().pos)
		p.next()
		e.set(exprOther)
		p.expression(nil)
	}
	p.closeWith(tRParen)
}

// list walks expressions and commas up to the closing bracket and takes it.
func (p *parser) list(closer tokenKind) {
	for {
		if t := p.peek(); t.kind == closer || t.closes() {
			break
		}
		before := p.last
		p.expression(nil)
		if !p.eat(tComma) && p.last == before {
			p.skipOne(token{kind: tComma}, p.peek())
		}
	}
	p.mustEat(closer)
}

// array walks [ … ] after its bracket. Of an array of objects that all have
// the same keys it keeps the keys of the first.
func (p *parser) array(e *expr) {
	e.set(exprOther)
	var first []string
	alike := e != nil
	for n := 0; ; n++ {
		if p.peek().closes() {
			break
		}
		var item *expr
		if alike {
			item = &expr{}
		}
		before := p.last
		p.expression(item)
		if alike {
			alike = item.kind == exprObject && (n == 0 || sameKeys(first, item.keys))
			if n == 0 {
				first = item.keys
			}
		}
		if !p.eat(tComma) && p.last == before {
			p.skipOne(token{kind: tComma}, p.peek())
		}
	}
	p.closeWith(tRBracket)
	if alike && len(first) > 0 {
		e.kind, e.keys = exprObjects, first
	}
}

func sameKeys(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// braces walks {…} after its brace: an object if a key and a colon come
// first, as the server decides it, else a set or a block.
func (p *parser) braces(e *expr) {
	e.set(exprOther)
	defer p.leave()
	if !p.enter() {
		p.skipBracket()
		return
	}
	t := p.peek()
	switch {
	case t.kind == tRBrace:
		p.next()
		e.set(exprObject)
	case p.isKey(t) && p.peekAt(1).kind == tColon:
		p.object(e)
	default:
		p.block(p.inList())
	}
}

func (p *parser) isKey(t token) bool {
	switch t.kind {
	case tWord, tQuoted, tNumber:
		return true
	case tString:
		c := p.lex.text[t.pos]
		return c == '\'' || c == '"' || c == 's' // s'…' since 4.0.0-beta.1
	}
	return false
}

func (p *parser) key(t token) string {
	if t.kind == tString {
		return stringValue(p.text(t))
	}
	return p.ident(t)
}

// object walks the entries of an object and its closing brace.
func (p *parser) object(e *expr) {
	e.set(exprObject)
	for {
		t := p.peek()
		if !p.isKey(t) {
			break
		}
		p.nextName()
		if !p.eat(tColon) {
			break
		}
		if e != nil {
			e.keys = append(e.keys, p.key(t))
		}
		p.expression(nil)
		if !p.eat(tComma) {
			break
		}
	}
	if p.peek().kind != tRBrace {
		e.set(exprOther)
	}
	p.closeWith(tRBrace)
}

// nestedBlock walks a block after its brace, where an object cannot stand. See block.
func (p *parser) nestedBlock(statement bool) {
	defer p.leave()
	if !p.enter() {
		p.skipBracket()
		return
	}
	p.block(statement)
}

// block walks the statements of a block, or the items of a set, and the
// closing brace. The first needs nothing after it where an object might stand (3.x).
// statement tells that the block is one of the list of statements at hand, or a branch
// of one.
func (p *parser) block(statement bool) {
	defer p.params.close(p.params.open())
	defer func(was bool) { p.ofText = was }(p.ofText)
	p.ofText = p.ofText && statement
	defer func(was int) { p.listDepth = was }(p.listDepth)
	p.listDepth = p.depth
	p.blocks++
	defer func() { p.blocks-- }()
	set := false
	for first := true; ; first = false {
		for p.eat(tSemicolon) || p.eat(tComma) {
		}
		t := p.peek()
		if t.kind == tRBrace || t.kind == tEOF {
			break
		}
		before := p.last
		p.expression(nil)
		if set = set || p.peek().kind == tComma; !set {
			p.noteTxWord(t)
		}
		if t := p.peek(); !first && t.kind != tSemicolon && t.kind != tComma && !t.closes() {
			p.lost = true
			p.skipTo(nil)
		}
		if p.last == before {
			p.next() // a closer of another kind
		}
	}
	p.mustEat(tRBrace)
}
