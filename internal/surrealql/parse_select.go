package surrealql

// SELECT, and the lists of fields that it and other statements have.

// selectBody walks a SELECT after that word.
func (p *parser) selectBody(s *Statement) {
	s.is(Select, Columns, Many)
	var pr *Projection
	if s != nil {
		pr = &s.Projection
	}
	p.fields(pr, endsAtFrom)
	if pr != nil {
		pr.ofSelect = true
	}
	if p.eatWord(kwOmit) {
		p.omit(pr)
	}
	p.eatWord(kwFrom)
	p.only(s)
	from := p.peek()
	p.expressions()
	if s != nil {
		s.OneTable = from.name() && p.last == from.end
	}
	p.clauses(s)
}

// only walks ONLY, with which the answer is one record and no array.
func (p *parser) only(s *Statement) {
	if p.eatWord(kwOnly) && s != nil {
		s.Projection.Shape = One
	}
}

// fields walks a list of fields and keeps its columns in pr, if given.
func (p *parser) fields(pr *Projection, end fieldsEnd) {
	if p.eatWord(kwValue) {
		p.field(nil, end)
		if pr != nil {
			pr.Form = Value
		}
		return
	}
	star := false
	for {
		if p.eat(tStar) {
			star = true
		} else {
			p.field(pr, end)
		}
		if !p.eat(tComma) {
			break
		}
	}
	if pr != nil && (star || pr.Form == Star) {
		pr.Form, pr.Columns = Star, nil
	}
}

// field walks one field and its alias.
func (p *parser) field(pr *Projection, end fieldsEnd) {
	var e *expr
	if pr != nil {
		e = &expr{}
	}
	pos := p.peek().pos
	p.expression(e)
	if t := p.peek(); !t.closes() && !end.at(t) {
		p.lost = true
		e.set(exprOther)
		p.skipTo(end.at)
	}
	col := Column{pos: pos, end: max(pos, p.last)}
	var alias *expr
	if p.eatWord(kwAs) {
		if pr != nil {
			alias = &expr{}
		}
		p.plainIdiom(alias)
	}
	if pr != nil {
		p.column(pr, col, e, alias)
	}
}

// fieldsEnd says what ends a list of fields.
type fieldsEnd uint8

const (
	endsAtFrom   fieldsEnd = iota // or at OMIT
	endsAtClause                  // or with the write statement
)

// at reports whether the list ends at the token.
func (end fieldsEnd) at(t token) bool {
	if t.kind == tComma {
		return true
	}
	if t.kind != tWord {
		return false
	}
	switch t.kw {
	case kwFrom, kwOmit:
		return end == endsAtFrom
	case kwTimeout, kwParallel, kwVersion, kwExplain, kwElse, kwEnd:
		return end == endsAtClause
	}
	return t.kw == kwAs
}

// omit walks OMIT a, b and takes the columns that it removes.
func (p *parser) omit(pr *Projection) {
	for {
		pos := p.peek().pos
		p.expression(nil)
		if pr != nil {
			name := tidy(p.src(pos, max(pos, p.last)))
			kept := pr.Columns[:0]
			for _, c := range pr.Columns {
				if c.Name != name {
					kept = append(kept, c)
				}
			}
			pr.Columns = kept
		}
		if !p.eat(tComma) {
			return
		}
	}
}
