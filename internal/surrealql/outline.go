package surrealql

import "strings"

// What a text does in a few words, and the text without the values in it: for traces and
// metrics, which many people can read.

// Outline is what one statement of a text does.
type Outline struct {
	Operation string   // its keyword, of a definition also what it defines: DEFINE TABLE
	Tables    []string // that it names as its targets, each once
}

// Outlines returns what each statement of the text does. What stands within others is not
// among it.
func (q *Query) Outlines() []Outline {
	all := make([]Outline, len(q.Statements))
	for i := range q.Statements {
		s := &q.Statements[i]
		w := outliner{text: q.Text[s.Pos:s.End]}
		tokens(w.text, func(_, t, _ token) { w.tokens = append(w.tokens, t) })
		all[i] = w.outline(s.Kind)
	}
	return all
}

// outliner reads the tokens of one statement.
type outliner struct {
	text   string
	tokens []token
	at     int
}

func (w *outliner) outline(k Kind) Outline {
	o := Outline{Operation: k.String()}
	w.at = 1 // after the keyword
	switch k {
	case Expression, Block:
		o.Operation = Return.String() // which may be left out
	case Select, Live:
		if w.find(func(t token) bool { return t.is(kwFrom) }) {
			o.Tables = w.targets()
		}
	case Create, Update, Upsert, Delete:
		w.skip("FROM")
		o.Tables = w.targets()
	case Insert:
		w.skip("RELATION", "IGNORE")
		if w.word("INTO") && w.at+1 < len(w.tokens) && w.tokens[w.at+1].name() {
			w.at++
			o.Tables = []string{w.name()} // what is in parentheses after it are fields
		}
	case Relate:
		if w.find(func(t token) bool { return t.kind == tArrow }) {
			o.Tables = w.targets()
		}
	case Define, Remove, Alter, Rebuild:
		if w.peek().kind != tWord {
			break
		}
		what := strings.ToUpper(w.spelled())
		o.Operation += " " + what
		if w.at++; what == "TABLE" {
			w.skip("OVERWRITE", "IF", "NOT", "EXISTS")
			o.Tables = w.targets()
		}
	}
	return o
}

// peek returns the next token, which is one of the kind tEOF at the end.
func (w *outliner) peek() token {
	if w.at < len(w.tokens) {
		return w.tokens[w.at]
	}
	return token{kind: tEOF, pos: len(w.text), end: len(w.text)}
}

func (w *outliner) spelled() string { return w.text[w.peek().pos:w.peek().end] }

func (w *outliner) word(s string) bool {
	return w.peek().kind == tWord && strings.EqualFold(w.spelled(), s)
}

// skip passes over these words, in this order.
func (w *outliner) skip(words ...string) {
	for _, s := range words {
		if w.word(s) {
			w.at++
		}
	}
}

// find goes behind the first such token that no brackets enclose.
func (w *outliner) find(is func(token) bool) bool {
	depth := 0
	for ; w.at < len(w.tokens); w.at++ {
		switch t := w.tokens[w.at]; t.kind {
		case tLParen, tLBracket, tLBrace:
			depth++
		case tRParen, tRBracket, tRBrace:
			depth--
		default:
			if depth == 0 && is(t) {
				w.at++
				return true
			}
		}
	}
	return false
}

// name takes the next token, and returns the name that it is.
func (w *outliner) name() string {
	name, t := w.spelled(), w.peek()
	w.at++
	if t.kind == tQuoted {
		return unquote(name)
	}
	return name
}

// targets reads the names of tables, with or without the key of a record, up to what is
// something else.
func (w *outliner) targets() (tables []string) {
	w.skip("ONLY")
	known := make(map[string]bool)
	for {
		if !w.peek().name() {
			return tables
		}
		name := w.name()
		if k := w.peek().kind; k == tPath || k == tLParen {
			return tables // a call
		}
		if !known[name] {
			known[name], tables = true, append(tables, name)
		}
		if w.peek().kind == tColon {
			w.at += 2
			if !w.peek().closes() && w.peek().kind != tComma {
				return tables
			}
		}
		if w.peek().kind != tComma {
			return tables
		}
		w.at++
	}
}

// HideLiterals replaces each string, number and the like by a question mark, the key of a
// record and the body of a script too, and leaves comments out. What it cannot read it
// replaces to the end of the text, and where a quote is at fault (WHERE name = 'O'Brien') from
// the first string on: what seems to be between strings may be in one. A slash after a word that
// may be a name (limit / 2) or a keyword (ON /x/) is read both ways: where the quotes fit one way
// alone that is right, and where this does not tell, the rest is one question mark.
func HideLiterals(text string) string {
	hidden := hideLiterals(text, true)
	if hidden.unclear < 0 {
		return hidden.text
	}
	divided := hideLiterals(text, false)
	switch {
	case hidden.text == divided.text, !hidden.faulty && divided.faulty:
		return hidden.text
	case hidden.faulty && !divided.faulty:
		return divided.text
	}
	return hidden.text[:hidden.unclear] + "?"
}

// hiddenLiterals is a text without its literals, as it was read one way.
type hiddenLiterals struct {
	text    string
	faulty  bool // strings begin or end where none should
	unclear int  // where the first slash stands in it that may be another thing, or -1
}

func hideLiterals(text string, regexes bool) hiddenLiterals {
	l := lexer{text: text}
	prev := token{kind: tSemicolon}
	var b strings.Builder
	var f functionHead
	var k recordKey
	first := -1 // where b has the first string
	h := hiddenLiterals{unclear: -1}
	for {
		t := l.next()
		if prev.kind == tDot {
			t.kw = noKeyword // it is a name
		}
		unclear := t.kind == tSlash && prev.operandAfter() && prev.mayBeOperand()
		if f.opensLiteral(prev, t) && (regexes || !unclear) {
			t = l.literal(t)
		}
		if t.kind == tEOF && !l.unclear {
			h.text = b.String()
			return h
		}
		odd := t.unended(text) || prev.kind == tString && adjacent(prev, t) && t.name()
		h.faulty = h.faulty || odd
		if first >= 0 && odd {
			if h.text = b.String()[:first] + "?"; h.unclear > first {
				h.unclear = first
			}
			return h
		}
		if b.Len() > 0 && prev.end != t.pos {
			b.WriteByte(' ')
		}
		if unclear && h.unclear < 0 {
			h.unclear = b.Len()
		}
		if t.kind == tString && first < 0 {
			first = b.Len()
		}
		k.next(prev, t)
		switch {
		case t.kind == tInvalid, l.unclear:
			b.WriteByte('?')
			h.text = b.String()
			return h
		case t.literal(), k.here && t.name():
			b.WriteByte('?')
		default:
			b.WriteString(text[t.pos:t.end])
		}
		f.next(prev, t)
		prev = t
	}
}

// mayBeOperand reports whether the token, after which an operand may begin, may also be one, or
// the end of one: a keyword that is the name of a field, too.
func (t token) mayBeOperand() bool {
	switch t.kind {
	case tQuestion, tEllipsis, tAt:
		return true
	case tWord:
		switch t.kw {
		case kwAnd, kwOr, kwNot, kwIs, kwIn, kwInside, kwContains, kwWhere, kwReturn, kwSelect, kwThen, kwElse:
			return false
		}
		return true
	}
	return false
}

// literal reports whether the token is a value that stands in the text.
func (t token) literal() bool {
	return t.kind == tString || t.kind == tNumber || t.kind == tRegex || t.kind == tScript
}

// unended reports whether the token is a string that the text does not end.
func (t token) unended(text string) bool {
	return t.kind == tInvalid && t.end == len(text) && strings.ContainsRune("'\"", rune(text[t.pos]))
}

// recordKey finds the tokens that stand for the key of a record, also as the ends of a range of
// records: person:ada, person:a..z, person:a>..=z.
type recordKey struct {
	in   bool // a key, or a range
	dots bool // of the range were there
	here bool // the last token may be a key
}

func (k *recordKey) next(prev, t token) {
	switch {
	case !adjacent(prev, t):
		*k = recordKey{}
	case prev.kind == tColon:
		*k = recordKey{in: true, here: true, dots: t.kind == tDots}
	case k.in && t.kind == tDots:
		k.dots, k.here = true, false
	case k.in && (t.kind == tGreater || t.kind == tEqual && prev.kind == tDots):
		k.here = false
	default:
		*k = recordKey{here: k.dots}
	}
}
