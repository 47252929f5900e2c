package surrealql

import "strings"

// What each column of a list of fields is called, and where in a row the server may
// put its value.

// column names a column and adds it.
func (c *cursor) column(pr *Projection, col Column, e, alias *expr) {
	col.source = c.src(col.pos, max(col.pos, c.last))
	switch {
	case alias == nil && e.kind == exprCall && e.name == "type::fields" && c.typeFields(pr, col, e):
		return
	case alias != nil && len(alias.parts) > 0:
		c.idiomColumn(&col, alias.parts)
		if len(alias.parts) > 1 || !plainParts(alias.parts) {
			// AS x.y nests, or stays one key where the server projects in one step, and
			// AS `x.y` likewise (all measured on 3.0.2).
			col.candidates = append(col.candidates, plainStep(col.Name))
		}
		col.startsWithValue = false
	case e.aliased:
		pr.Form = Star // aliases inside the idiom, each a key of its own
		return
	case e.kind == exprIdiom:
		c.idiomColumn(&col, e.parts)
	case e.kind == exprParam:
		col.Name, col.mayBeRow = e.name, true
		col.candidates = [][]step{plainStep(e.name)}
	case e.kind == exprCall:
		c.callColumn(&col, e)
	default:
		col.Name, col.keyUnknown, col.rendered = tidy(c.src(col.pos, col.end)), true, true
		if e.kind == exprString {
			col.candidates = append(col.candidates, plainStep(e.name))
		}
	}
	pr.Columns = append(pr.Columns, col)
}

// idiomColumn names the column of an idiom and tells where its value may be.
//
// The server keeps fields, steps through the graph and the value the idiom
// begins with, and drops the rest. It nests the value under them, but renders
// some beginnings and the fields after them as one key ("(person:1).name"),
// and leaves out the beginning before a step through the graph (all measured on
// 3.0.2).
func (c *cursor) idiomColumn(col *Column, parts []part) {
	if plainParts(parts) {
		col.Name, col.candidates = dottedName(parts), [][]step{stepsOf(parts)}
		return
	}
	var name, flat strings.Builder
	var full, graph []step
	hasStart, hasLookup := false, false
	for i, pt := range parts {
		text := c.src(pt.pos, pt.end)
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
	col.Name = name.String()
	if len(parts) == 0 {
		col.Name = tidy(c.src(col.pos, col.end))
		full = plainStep("") // @.{a, b} is the key "" (measured on 3.0.2)
	}
	if hasStart && hasLookup {
		col.candidates = append(col.candidates, graph)
	}
	col.candidates = append(col.candidates, full)
	if len(parts) > 1 || hasStart {
		col.candidates = append(col.candidates, []step{{flat.String(), true}})
	}
	if steps := dotted(flat.String()); steps != nil {
		col.candidates = append(col.candidates, steps)
	}
	if steps := dotted(col.Name); steps != nil {
		col.candidates = append(col.candidates, steps)
	}
	col.keyUnknown, col.startsWithValue = hasStart || hasLookup, hasStart
}

// stepsOf are the keys of fields, one under the other.
func stepsOf(parts []part) []step {
	steps := make([]step, len(parts))
	for i := range parts {
		steps[i].text = parts[i].name
	}
	return steps
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

// callColumn names the column of a call. type::field is the field it names.
func (c *cursor) callColumn(col *Column, e *expr) {
	col.Name = e.name
	col.candidates = [][]step{plainStep(e.name)}
	if e.name != "type::field" {
		return
	}
	if names := literalNames(c.src(e.parens[0], e.parens[1])); len(names) == 1 {
		col.Name = names[0]
		col.candidates = [][]step{plainSteps(strings.Split(names[0], ".")), plainStep(names[0])}
		return
	}
	col.Name, col.keyUnknown = tidy(c.src(col.pos, col.end)), true
	col.candidates = nil
}

// typeFields spreads type::fields(['a', 'b']) into its columns. Where the names
// are not in the text the columns cannot be told.
func (c *cursor) typeFields(pr *Projection, col Column, e *expr) bool {
	names := literalNames(c.src(e.parens[0], e.parens[1]))
	if len(names) == 0 {
		pr.Form = Star
		return true
	}
	for _, name := range names {
		pr.Columns = append(pr.Columns, Column{
			Name: name, pos: col.pos, end: col.end, source: name,
			candidates: [][]step{plainSteps(strings.Split(name, ".")), plainStep(name)},
		})
	}
	return true
}

// literalNames reads ('a') or (['a', 'b']), and nothing else.
func literalNames(args string) []string {
	l := lexer{text: args}
	var names []string
	for t := l.next(); t.kind != tEOF; t = l.next() {
		switch t.kind {
		case tString:
			names = append(names, stringValue(args[t.pos:t.end]))
		case tLParen, tRParen, tLBracket, tRBracket, tComma:
		default:
			return nil
		}
	}
	return names
}
