package surrealgorm

// The words of a program's text: columns, and SQL's keywords.

import (
	"slices"
	"strings"
)

// refused are keywords of SQL that SurrealQL has not, and what to do instead. A column of such a
// name is written in backquotes.
var refused = map[string]string{
	"JOIN": "use Preload, or a subquery in the condition; links are read without JOIN: author.name",
	"HAVING": "group in a subquery and put a condition upon it: " +
		"db.Table(\"(?)\", grouped).Where(\"total > ?\", n)",
	"OFFSET": "use Offset; the text says START",
	"UNION":  "make two queries",
	"EXISTS": "write array::len((SELECT …)) > 0 or a condition IN (?) with a subquery",
	"CASE":   "write IF … THEN … ELSE … END",
	"OVER":   "there are no window functions",
	"ESCAPE": "a backslash takes the meaning of % and _ away",
	"REGEXP": "write string::matches(name, ?)",
	"RLIKE":  "write string::matches(name, ?)",
}

func (f *fragment) word(t token) {
	following, at := f.peek(0)
	upper := strings.ToUpper(t.text)
	switch {
	case t.kind == quoted:
		f.path(t)
	case following.text == "(" && at == f.at && upper != "IN" && upper != "AND" && upper != "OR" && upper != "NOT":
		f.call(t)
	case upper == "AND" || upper == "OR":
		f.boundary(choose(f.at > 1 && f.list[f.at-2].kind != space, " ", "") + upper) // 'a'and: an argument stands there now
	case upper == "NOT":
		f.not()
	case upper == "IS":
		f.isNull()
	case upper == "IN":
		f.in(false)
	case upper == "LIKE" || upper == "ILIKE":
		f.like(false, upper == "ILIKE")
	case upper == "BETWEEN":
		f.between()
	case upper == "DISTINCT":
		f.fail(refuse("DISTINCT within a text", "use db.Distinct, or GROUP BY"))
	case refused[upper] != "" && !f.isField(t.text):
		f.fail(refuse(upper, refused[upper]))
	case keyword[upper] && (always[upper] || !f.isField(t.text)):
		f.emit(t.text)
	default:
		f.path(t)
	}
}

// keyword are words that are no columns.
var keyword = map[string]bool{
	"NULL": true, "NONE": true, "TRUE": true, "FALSE": true, "ASC": true, "DESC": true, "AS": true,
	"CONTAINS": true, "CONTAINSNOT": true, "CONTAINSALL": true, "CONTAINSANY": true, "CONTAINSNONE": true,
	"INSIDE": true, "NOTINSIDE": true, "ALLINSIDE": true, "ANYINSIDE": true, "NONEINSIDE": true,
	"OUTSIDE": true, "INTERSECTS": true, "MATCHES": true, "KNN": true, "COLLATE": true, "NUMERIC": true,
	"IF": true, "THEN": true, "ELSE": true, "END": true, "SELECT": true, "VALUE": true, "FROM": true,
	"WHERE": true, "GROUP": true, "BY": true, "ORDER": true, "LIMIT": true, "START": true, "ONLY": true,
	"ALL": true, "FETCH": true, "RAND": true,
}

// always are the keywords that a field of the model must be in backquotes to be told from.
var always = map[string]bool{
	"NULL": true, "NONE": true, "TRUE": true, "FALSE": true, "ASC": true, "DESC": true, "AS": true,
}

// isField tells whether the model has a field of the name.
func (f *fragment) isField(name string) bool {
	return f.schema != nil && f.schema.LookUpField(name) != nil
}

// path reads a column, a.b.c, and what SurrealQL says with other names in it, such as a record.
func (f *fragment) path(t token) {
	parts := []string{t.name()}
	for f.at+1 < len(f.list) && f.list[f.at].text == "." {
		name := f.list[f.at+1]
		if name.text == "*" && f.isTable(parts[0]) && len(parts) == 1 {
			f.at += 2
			f.emit("*")
			return
		}
		if name.kind != word && name.kind != quoted {
			break
		}
		if f.at+2 < len(f.list) && f.list[f.at+2].text == "(" { // a method: name.uppercase()
			break
		}
		parts = append(parts, name.name())
		f.at += 2
	}
	if f.inserting && len(parts) == 2 && strings.EqualFold(parts[0], "excluded") {
		f.emit("$input." + quoteName(parts[1]))
		return
	}
	if f.foreignName() {
		f.emit(t.text)
		return
	}
	c := f.resolve(parts)
	c.raw = f.sorted
	f.out = append(f.out, piece{column: &c})
}

// foreignName tells that the name is no column: the table of a record's id, or an edge's or
// another record's after an arrow.
func (f *fragment) foreignName() bool {
	if f.at < len(f.list) && f.list[f.at].text == ":" {
		return true
	}
	for i := len(f.out) - 1; i >= 0; i-- {
		switch text := strings.TrimSpace(f.out[i].text); {
		case f.out[i].column != nil || f.out[i].bound:
			return false
		case text == "":
			continue
		default:
			return text == "->" || text == "<-" || text == ":" || text == "."
		}
	}
	return false
}

// not negates what follows: NOT IN, NOT LIKE, or a condition up to the next AND or OR.
func (f *fragment) not() {
	following, at := f.peek(0)
	switch {
	case following.is("IN"):
		f.at = at + 1
		f.in(true)
		return
	case following.is("LIKE", "ILIKE"):
		f.at = at + 1
		f.like(true, following.is("ILIKE"))
		return
	case following.is("BETWEEN"):
		f.fail(refuse("NOT BETWEEN", "write a < ? OR a > ?"))
		return
	}
	from, depth := f.at, 0
	for ; f.at < len(f.list); f.at++ {
		t := f.list[f.at]
		if t.text == "(" {
			depth++
		} else if t.text == ")" {
			depth--
		}
		if depth == 0 && (t.is("AND", "OR") || t.text == "&&" || t.text == "||" || t.text == ",") {
			break
		}
	}
	negated := f.list[from:f.at]
	for len(negated) > 0 && negated[0].kind == space {
		negated = negated[1:]
	}
	end := len(negated)
	for end > 0 && negated[end-1].kind == space {
		end--
	}
	f.emit("!(")
	f.nested(negated[:end])
	f.emit(")")
	if end < len(negated) {
		f.emit(" ")
	}
}

// isNull reads IS NULL and IS NOT NULL, which mean a field without a value, too.
func (f *fragment) isNull() {
	t, at := f.peek(0)
	negated := t.is("NOT")
	if negated {
		t, at = f.peek(1)
	}
	if !t.is("NULL", "NONE") {
		f.fail(refuse("IS before anything but NULL and NONE", "write ="))
		return
	}
	if left := f.leftColumn(); left != nil {
		left.raw = true
	}
	f.at = at + 1
	f.emit(choose(negated, "NOT IN [NONE, NULL]", "IN [NONE, NULL]"))
}

// in reads the list after IN: (?), ?, (1, 2), [1, 2] or a subquery.
func (f *fragment) in(negated bool) {
	left := f.leftColumn()
	operator := choose(negated, "NOT IN ", "IN ")
	t, at := f.peek(0)
	if t.text == "(" {
		f.at = at + 1
		inner := fields(f.inner())
		if len(inner) > 0 && inner[0].is("SELECT") && (len(inner) < 2 || !inner[1].is("VALUE")) {
			f.fail(refuse("IN (SELECT …) in a text", "write SELECT VALUE, or give the subquery as an argument"))
			return
		}
		if len(inner) > 0 && inner[0].is("SELECT") {
			f.emit(operator + "(")
			f.nested(spaced(inner))
			f.emit(")")
			return
		}
		f.elements(left, operator, inner)
		return
	}
	if t.kind != param {
		f.emit(operator) // a list in brackets, of keys or of ids, or a field that is one of ids
		if _, first := f.peek(1); left != nil && left.link != "" && (t.text != "[" || f.isRecord(first)) {
			left.raw = true
		}
		return
	}
	f.at = at + 1
	f.elements(left, operator, []token{t})
}

// spaced puts a space between tokens.
func spaced(list []token) []token {
	var out []token
	for _, t := range list {
		out = append(out, token{space, " "}, t)
	}
	return out
}

// elements writes the list of an IN as one in brackets, or as a subquery.
func (f *fragment) elements(left *column, operator string, list []token) {
	var values []any
	used := f.next
	for _, t := range list {
		if t.text == "," {
			continue
		}
		if t.is("NULL", "NONE") {
			values = append(values, nil)
			continue
		}
		value, ok := f.literal(t)
		if !ok {
			f.next = used
			f.plainElements(operator, list)
			return
		}
		if isQuery(value) {
			f.emit(operator)
			f.emit(f.apartQuery(value, left))
			return
		}
		if several, is := listOf(value); is {
			values = append(values, several...)
		} else {
			values = append(values, value)
		}
	}
	c := column{part: -1}
	if left != nil {
		c = *left
		left.raw = c.link != ""
	}
	f.emit(operator)
	f.out = append(f.out, piece{text: f.apart(func() { f.writer.list(c, values) })})
}

// plainElements writes a list that has expressions in it.
func (f *fragment) plainElements(operator string, list []token) {
	f.emit(operator + "[")
	f.nested(spaced(list))
	f.emit("]")
}

// apartQuery writes a subquery that gives values, in parentheses. Alone in a comparison it is one
// value; after IN it is the list.
func (f *fragment) apartQuery(query any, left *column) string {
	return f.apart(func() {
		f.text("(")
		if left == nil {
			left = &column{}
		}
		f.values(query, left.field)
		f.text(")")
	})
}

// like reads the pattern after LIKE.
func (f *fragment) like(negated, ignoreCase bool) {
	t, at := f.peek(0)
	pattern, ok := f.literal(t)
	if !ok || t.kind == num {
		f.fail(refuse("LIKE with an expression", "give the pattern as an argument"))
		return
	}
	f.at = at + 1
	left := f.takeLeft()
	text := f.apart(func() { f.writer.like(left, pattern, ignoreCase) })
	f.emit(choose(negated, "!", "") + text)
}

// takeLeft takes what stands at the left of an operator, as text.
func (f *fragment) takeLeft() string {
	pieces := append([]piece(nil), f.out[f.left:]...)
	f.out = f.out[:f.left]
	return strings.TrimSpace(f.apart(func() { f.put(pieces) }))
}

// between reads BETWEEN a AND b.
func (f *fragment) between() {
	low, at := f.peek(0)
	and, _ := f.peek(1)
	high, end := f.peek(2)
	left := f.leftColumn()
	if left == nil || !and.is("AND") || at >= len(f.list) || end >= len(f.list) {
		f.fail(refuse("BETWEEN with expressions", "write a >= ? AND a <= ?"))
		return
	}
	from, okLow := f.literal(low)
	to, okHigh := f.literal(high)
	if !okLow || !okHigh {
		f.fail(refuse("BETWEEN with expressions", "write a >= ? AND a <= ?"))
		return
	}
	if isNil(from) || isNil(to) {
		f.fail(refuseOrder("BETWEEN"))
		return
	}
	c := *left
	f.takeLeft()
	f.at = end + 1
	f.emit(f.apart(func() {
		f.text("(", c.stored(), " >= ")
		f.bound(c, low, from)
		f.text(" AND ", c.stored(), " <= ")
		f.bound(c, high, to)
		f.text(")")
	}))
}

// bound writes an end of a range: a number as it stands, unless it is a record's key.
func (f *fragment) bound(c column, t token, v any) {
	if t.kind == num && c.link == "" {
		f.text(t.text)
		return
	}
	f.bindFor(c, v)
}

// string writes a string. In SQL a column may be named in double quotes, which would compare that
// name, find nothing, and be no error.
func (f *fragment) string(t token) {
	if t.text[0] == '"' && f.namesColumn(strings.Trim(t.text, `"`)) && f.isCompared() {
		f.fail(refuse("a column in double quotes, here "+t.text, "leave the quotes out, or use backquotes"))
		return
	}
	f.emit(t.text)
}

// namesColumn reports whether a string is the name of a column, as far as the model tells.
func (f *fragment) namesColumn(name string) bool {
	if f.schema == nil {
		return !strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 || !isWord(byte(r)) })
	}
	return f.schema.LookUpField(name) != nil
}

// isCompared reports whether what was read last stands before an operator that compares.
func (f *fragment) isCompared() bool {
	next, _ := f.peek(0)
	return slices.Contains([]string{"=", "==", "!=", "<>", "<", "<=", ">", ">="}, next.text) ||
		next.is("IN", "NOT", "IS", "LIKE", "ILIKE", "BETWEEN")
}
