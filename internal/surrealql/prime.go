package surrealql

import "strings"

// prime walks an operand without operators: a literal, a name, a call, a
// statement, something in brackets; and the parts that follow it.
func (p *parser) prime(e *expr) {
	start := p.peek().pos
	p.start(e)
	if !p.continues() {
		return
	}
	if e != nil && e.shape != shapeIdiom {
		*e = expr{shape: shapeIdiom, want: e.want, parts: []part{{kind: partStart, pos: start, end: p.last}}}
	}
	p.parts(e)
}

func (p *parser) start(e *expr) {
	t := p.peek()
	switch t.kind {
	case tWord, tQuoted:
		p.named(e, t)
		return
	case tParam, tQuotedParam:
		p.next()
		e.set(shapeParam)
		if e != nil {
			e.name = p.ident(t)
		}
		return
	case tOrdinal:
		p.next()
		e.set(shapeParam)
		if e != nil {
			e.name = "_" + p.text(t)[1:]
		}
		return
	case tString:
		p.next()
		e.set(shapeString)
		if e != nil {
			e.name = stringValue(p.text(t))
		}
		return
	case tLParen:
		p.next()
		p.covered(e)
		return
	case tLBracket:
		p.next()
		p.array(e)
		return
	case tLBrace:
		p.next()
		p.braces(e)
		return
	case tArrow, tLess:
		e.set(shapeIdiom)
		p.arrow(e)
		return
	case tAt:
		p.next()
		e.set(shapeIdiom)
		if !p.continues() {
			p.dotPart(e)
		}
		return
	}
	e.set(shapeOther)
	switch t.kind {
	case tVert, tOrOr:
		p.closureOrMock()
	case tSlash:
		p.replace(p.lex.regex(t.pos))
		p.next()
	case tQuestion:
		p.noteQuestion(t)
		p.next()
	case tNumber, tDollar, tInvalid, tRegex, tScript:
		p.next()
	default:
		p.lost = true // an operand is due and none is there
	}
}

// named walks an operand that begins with a word: a statement, a literal, a
// call, a record id or a field.
func (p *parser) named(e *expr, t token) {
	if t.kw != noKeyword && p.keywordOperand(e, t) {
		return
	}
	n := p.peekAt(1)
	switch {
	case n.kind == tPath, n.kind == tLParen && t.kind == tWord:
		p.call(e)
	case n.kind == tColon && adjacent(t, n):
		e.set(shapeOther)
		p.next()
		p.next()
		p.recordKey()
	default:
		p.next()
		e.set(shapeIdiom)
		p.addPart(e, part{kind: partField, pos: t.pos, end: t.end, name: p.ident(t)})
	}
}

// keywordOperand walks an operand that a keyword begins; false means the word
// is a name here.
func (p *parser) keywordOperand(e *expr, t token) bool {
	switch t.kw {
	case kwNone, kwNull, kwTrue, kwFalse:
		p.next()
		e.set(shapeOther)
		return true
	case kwFunction:
		if p.peekAt(1).kind != tLParen {
			return false
		}
		p.function()
		e.set(shapeCall)
		if e != nil {
			e.name = "function"
		}
		return true
	}
	if p.isStatement(t) {
		p.statement(e)
		return true
	}
	if alwaysStatement(t.kw) {
		p.lost = true // a name to us, an error to 3.x
	}
	return false
}

// call walks a function call or a constant: a path, perhaps arguments.
func (p *parser) call(e *expr) {
	name := p.path()
	e.set(shapeCall)
	if p.peek().kind != tLParen {
		e.set(shapeOther) // a constant such as math::pi
		return
	}
	from := p.next().pos
	p.arguments()
	if e != nil {
		e.name, e.args = name, [2]int{from, p.last}
	}
}

// path takes a::b::c and returns it as the server spells it: builtin paths in
// lower case, the author's own as they are.
func (p *parser) path() string {
	first := p.next()
	own := first.kw == kwFn || first.kw == kwMod || first.kw == kwSilo
	if own && p.peek().kind == tPath {
		p.writes = true // its body is not in this text
	}
	pos := first.pos
	for p.peek().kind == tPath {
		p.next()
		if p.peek().name() {
			p.next()
		}
		if t := p.peek(); t.kind == tLess && t.pos == p.last && (first.kw == kwMl || first.kw == kwSilo) {
			p.next()
			p.castKind() // a version
		}
	}
	name := p.src(pos, p.last)
	if own || first.kw == kwMl {
		return name
	}
	name = strings.ToLower(name)
	if writingFunction(name) {
		p.writes = true
	}
	return name
}

// writingFunction knows the builtin functions that leave something behind in
// the database or hand over to code that may (read in the server's list of
// functions, 3.0.2 to main).
func writingFunction(name string) bool {
	if method, ok := strings.CutPrefix(name, "file::"); ok {
		return writingMethod(method)
	}
	return name == "sequence::nextval" || name == "api::invoke"
}

func writingMethod(name string) bool {
	switch name {
	case "put", "put_if_not_exists", "copy", "copy_if_not_exists", "rename", "rename_if_not_exists", "delete":
		return true
	}
	return false
}

// arguments walks the arguments of a call, after the opening parenthesis.
func (p *parser) arguments() {
	p.list(tRParen)
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
			p.loose(token{kind: tComma}, p.peek())
		}
	}
	p.mustEat(closer)
}

// function walks function(…) {…}: the arguments are SurrealQL, the body is
// JavaScript. What it does is not to be seen.
func (p *parser) function() {
	defer p.leave()
	p.next()
	if !p.enter() {
		return
	}
	p.writes = true
	p.next()
	p.arguments()
	if t := p.peek(); t.kind == tLBrace {
		p.replace(p.lex.script(t.pos))
		p.next()
	}
}

// closureOrMock walks |$a, $b: int| expr, || expr, -> kind {…} in between, or
// |person:10|.
func (p *parser) closureOrMock() {
	type param struct {
		name string
		was  paramState
	}
	var params []param
	if p.next().kind == tVert {
		if k := p.peek().kind; k != tParam && k != tQuotedParam && k != tOrdinal && k != tVert {
			for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
				p.next()
			}
			p.eat(tVert)
			return
		}
		for t := p.peek(); t.kind != tVert && !t.closes(); t = p.peek() {
			before := p.last
			if name := p.declared(); name != "" {
				params = append(params, param{name, p.assign(name)})
			} else if p.last == before {
				p.next() // a colon, a kind, a comma
			}
		}
		p.eat(tVert)
	}
	if p.eat(tArrow) {
		for t := p.peek(); t.kind != tLBrace && !t.closes(); t = p.peek() {
			p.next()
		}
	}
	p.expression(nil)
	for _, q := range params {
		p.params.set(q.name, q.was)
	}
}
