package surrealql

import (
	"slices"
	"strings"
)

// Projection is how the result of a statement is laid out as rows.
type Projection struct {
	Form  Form
	Shape Shape
	// Columns are the columns in the author's order, for the form Columns.
	Columns []Column

	static   []Path
	selected bool // it is that of a SELECT
	returned bool // it is the RETURN of a write
}

// Static returns the place of each column where the text alone is certain of
// all of them: fields of plain names, plain aliases and calls, none of which
// collide. Then there is no need to Resolve; a row without the key has nil
// there. It returns nil otherwise. The paths must not be changed.
func (pr *Projection) Static() []Path { return pr.static }

// fix finds out whether the columns are static.
func (pr *Projection) fix() {
	steps := 0
	for i := range pr.Columns {
		c := &pr.Columns[i]
		if c.free || c.whole && len(pr.Columns) == 1 && c.sent == "" || len(c.places) != 1 {
			return
		}
		steps += len(c.places[0])
	}
	keys := make([]string, 0, steps)
	paths := make([]Path, len(pr.Columns))
	for i := range pr.Columns {
		from := len(keys)
		for _, s := range pr.Columns[i].places[0] {
			keys = append(keys, s.text)
		}
		paths[i] = keys[from:len(keys):len(keys)]
	}
	if collision(pr.Columns, paths) == nil {
		pr.static = paths
	}
}

// Column is one column of an explicit projection.
type Column struct {
	// Name is what the column is called: its alias; for a field the path to it
	// ("b.c"; indexes, filters and methods do not show, as in the server's own
	// keys); for a call the path of the function ("count", "math::sum"); for a
	// parameter its name; else the author's text, comments removed and blanks
	// made one. It does not depend on the rows.
	Name string
	// Pos and End are the offsets of the expression in the text, without alias.
	Pos, End int

	// text is the expression as the author wrote it, with its alias: columns of
	// the same text are the same column.
	text string
	// rendered tells that the server's key is a rendering of the expression.
	rendered bool
	// places are the paths where the server may put the value, likeliest first.
	places [][]step
	// free tells that the key cannot be told from the text at all, or is a
	// rendering of the expression, so that the one key left over may be its.
	free bool
	// whole tells that a row may be the value itself.
	whole bool
	// started tells that it is an idiom that begins with a value, not a field.
	started bool
	// sent is the alias that Rewritten gives it, or "".
	sent string
}

// alias has the columns sent with an alias whose values would not be found otherwise:
// a lone parameter, which 3.0.2 answers as the row itself, so that an object with a key
// of its name cannot be told from a row; and in the RETURN of a write an idiom that
// begins with a value ($before.n, person:1.name), which is lost up to 3.3.5 at least
// (all measured; 4.0.0-beta.1 answers both).
func (pr *Projection) alias() {
	for i := range pr.Columns {
		c := &pr.Columns[i]
		switch {
		case pr.selected && c.whole && len(pr.Columns) == 1:
			c.sent = c.places[0][0].text
		case pr.returned && c.started:
			c.sent = pr.unusedName()
			c.places, c.free = [][]step{plainStep(c.sent)}, false
		}
	}
}

// unusedName is a name that no column has.
func (pr *Projection) unusedName() string {
	name := "_c"
	for slices.ContainsFunc(pr.Columns, func(c Column) bool { return strings.HasPrefix(c.Name, name) || strings.HasPrefix(c.sent, name) }) {
		name += "_"
	}
	return name
}

// step is one key of a place: the key itself, or, with expr, what the key is a
// rendering of.
type step struct {
	text string
	expr bool
}

func plainSteps(names []string) []step {
	steps := make([]step, len(names))
	for i, n := range names {
		steps[i].text = n
	}
	return steps
}

func plainStep(name string) []step { return []step{{text: name}} }

// stop says what ends a list of fields.
type stop uint8

const (
	stopSelect stop = iota // FROM or OMIT
	stopTail               // the end of a write statement
)

func (s stop) at(t token) bool {
	if t.kind == tComma {
		return true
	}
	if t.kind != tWord {
		return false
	}
	switch t.kw {
	case kwFrom, kwOmit:
		return s == stopSelect
	case kwTimeout, kwParallel, kwVersion, kwExplain, kwElse, kwEnd:
		return s == stopTail
	}
	return t.kw == kwAs
}

// fields walks a list of fields and keeps its columns in pr, if given.
func (p *parser) fields(pr *Projection, end stop) {
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
func (p *parser) field(pr *Projection, end stop) {
	var e *expr
	if pr != nil {
		e = &expr{}
	}
	pos := p.peek().pos
	p.expression(e)
	if t := p.peek(); !t.closes() && !end.at(t) {
		p.lost = true
		e.set(shapeOther)
		p.skipTo(end.at)
	}
	col := Column{Pos: pos, End: max(pos, p.last)}
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

// column names a column and adds it.
func (p *parser) column(pr *Projection, c Column, e, alias *expr) {
	c.text = p.src(c.Pos, max(c.Pos, p.last))
	switch {
	case alias == nil && e.shape == shapeCall && e.name == "type::fields" && p.typeFields(pr, c, e):
		return
	case alias != nil && len(alias.parts) > 0:
		p.idiomColumn(&c, alias.parts)
		if len(alias.parts) > 1 || !plainParts(alias.parts) {
			// AS x.y nests, or stays one key where the server projects in one step, and
			// AS `x.y` likewise (all measured on 3.0.2).
			c.places = append(c.places, plainStep(c.Name))
		}
		c.started = false
	case e.multi:
		pr.Form = Star // aliases inside the idiom, each a key of its own
		return
	case e.shape == shapeIdiom:
		p.idiomColumn(&c, e.parts)
	case e.shape == shapeParam:
		c.Name, c.whole = e.name, true
		c.places = [][]step{plainStep(e.name)}
	case e.shape == shapeCall:
		p.callColumn(&c, e)
	default:
		c.Name, c.free, c.rendered = tidy(p.src(c.Pos, c.End)), true, true
		if e.shape == shapeString {
			c.places = append(c.places, plainStep(e.name))
		}
	}
	pr.Columns = append(pr.Columns, c)
}

// idiomColumn names the column of an idiom and finds its places.
//
// The server keeps fields, steps through the graph and the value the idiom
// begins with, and drops the rest. It nests the value under them, but renders
// some beginnings and the fields behind them as one key ("(person:1).name"),
// and leaves out the beginning before a step through the graph (all measured on
// 3.0.2).
func (p *parser) idiomColumn(c *Column, parts []part) {
	if plainParts(parts) {
		steps := make([]step, len(parts))
		for i := range parts {
			steps[i].text = parts[i].name
		}
		c.places = [][]step{steps}
		c.Name = dottedName(parts)
		return
	}
	var name, flat strings.Builder
	var full, graph []step
	hasStart, hasLookup := false, false
	for i, pt := range parts {
		text := p.src(pt.pos, pt.end)
		st := step{text, true}
		if pt.kind == partField {
			if i > 0 {
				name.WriteByte('.')
				flat.WriteByte('.')
			}
			st = step{text: pt.name}
			name.WriteString(pt.name)
		} else {
			name.WriteString(tidy(text))
		}
		flat.WriteString(text)
		hasStart = hasStart || pt.kind == partStart
		hasLookup = hasLookup || pt.kind == partLookup
		full = append(full, st)
		if pt.kind != partStart {
			graph = append(graph, st)
		}
	}
	c.Name = name.String()
	if len(parts) == 0 {
		c.Name = tidy(p.src(c.Pos, c.End))
		full = plainStep("") // @.{a, b} is the key "" (measured on 3.0.2)
	}
	if hasStart && hasLookup {
		c.places = append(c.places, graph)
	}
	c.places = append(c.places, full)
	if len(parts) > 1 || hasStart {
		c.places = append(c.places, []step{{flat.String(), true}})
	}
	if steps := dotted(flat.String()); steps != nil {
		c.places = append(c.places, steps)
	}
	if steps := dotted(c.Name); steps != nil {
		c.places = append(c.places, steps)
	}
	c.free, c.started = hasStart || hasLookup, hasStart
}

func dottedName(parts []part) string {
	if len(parts) == 1 {
		return parts[0].name
	}
	var b strings.Builder
	for i, pt := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(pt.name)
	}
	return b.String()
}

// plainParts reports whether an idiom is nothing but fields whose names need no
// quotes: the server nests the value under just these. The first of several it
// quotes where it is a reserved word, and "`value`" is then the key (measured on
// 3.0.2).
func plainParts(parts []part) bool {
	for _, pt := range parts {
		if pt.kind != partField || pt.name == "" || !isWordStart(pt.name[0]) {
			return false
		}
		for i := range len(pt.name) {
			if !isWordByte(pt.name[i]) {
				return false
			}
		}
	}
	switch len(parts) {
	case 0:
		return false
	case 1:
		return true
	}
	switch strings.ToLower(parts[0].name) {
	case "table", "tb", "sequence", "rand":
		return false
	}
	return lookupKeyword(parts[0].name) == noKeyword
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
