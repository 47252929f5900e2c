package surrealql

import (
	"strconv"
	"strings"
	"time"

	"github.com/surrealsql/surrealsql/internal/cbor"
	"github.com/surrealsql/surrealsql/internal/literal"
)

// One form for what the author wrote and what the server made of it: the server
// answers an expression under a key that is its own rendering of the expression.

// mode says whether parentheses count when two expressions are compared. The
// server renders only those that precedence asks for; the author may have
// written more.
type mode uint8

const (
	strict mode = iota
	loose
)

// canonical brings an expression and the server's rendering of it to one form:
// blanks and comments gone, operators by one of their names, keywords in
// capitals, literals by their value. It only ever serves to compare.
func canonical(text string, m mode) string {
	var b strings.Builder
	b.Grow(len(text) + 16)
	tokens(text, func(prev, t, next token) {
		s := canonicalToken(text, prev, t, next)
		if s == "" || m == loose && (t.kind == tLParen || t.kind == tRParen) {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	})
	return b.String()
}

// tokens calls f for each token of a text with its neighbours.
func tokens(text string, f func(prev, t, next token)) {
	l := lexer{text: text}
	prev := token{kind: tSemicolon}
	read := func(before, prev token) token {
		t := l.next()
		if t.kind == tSlash && prev.operandAfter() && before.kind != tDot { // after which a keyword is a name
			t = l.regex(t.pos)
		}
		return t
	}
	for t := read(prev, prev); t.kind != tEOF; {
		next := read(prev, t)
		f(prev, t, next)
		prev, t = t, next
	}
}

// tidy returns a piece of text without comments and with each run of blanks
// between two tokens made one.
func tidy(text string) string {
	if !strings.ContainsAny(text, " \t\n\r\v\f#-/") && isASCII(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	tokens(text, func(prev, t, next token) {
		if prev.end > 0 && prev.end != t.pos {
			b.WriteByte(' ')
		}
		b.WriteString(text[t.pos:t.end])
	})
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

var operatorNames = map[string]string{
	"||": "OR", "&&": "AND", "IN": "INSIDE", "∈": "INSIDE", "∉": "NOTINSIDE", "∋": "CONTAINS",
	"∌": "CONTAINSNOT", "⊇": "CONTAINSALL", "⊃": "CONTAINSANY", "⊅": "CONTAINSNONE", "⊆": "ALLINSIDE",
	"⊂": "ANYINSIDE", "⊄": "NONEINSIDE", "×": "*", "÷": "/", "IS": "=", "…": "...",
}

// canonicalToken renders a token, or nothing for one that carries no meaning
// here.
func canonicalToken(text string, prev, t, next token) string {
	s := text[t.pos:t.end]
	switch t.kind {
	case tComma, tSemicolon:
		if next.closes() || next.is(kwEnd) || next.is(kwElse) {
			return ""
		}
	case tQuoted:
		return unquote(s)
	case tQuotedParam:
		return "$" + unquote(s[1:])
	case tOrdinal:
		return "$_" + s[1:]
	case tNumber:
		return canonicalNumber(s)
	case tString:
		if next.kind == tColon {
			return stringValue(s)
		}
		return canonicalString(s)
	case tLBracket:
		if next.kind == tStar {
			return "."
		}
	case tRBracket:
		if prev.kind == tStar {
			return ""
		}
	case tQuestion:
		if prev.kind == tLBracket {
			return "WHERE"
		}
	case tWord:
		return canonicalWord(s, prev, t, next)
	}
	if name, ok := operatorNames[s]; ok {
		return name
	}
	return s
}

func canonicalWord(s string, prev, t, next token) string {
	if t.kw == noKeyword || prev.kind == tDot {
		return s
	}
	switch {
	case t.kw == kwIs && next.is(kwNot):
		return "!="
	case t.kw == kwNot && next.is(kwIn):
		return "NOTINSIDE"
	case t.kw == kwNot && prev.is(kwIs), t.kw == kwIn && prev.is(kwNot):
		return ""
	}
	s = strings.ToUpper(s)
	if name, ok := operatorNames[s]; ok {
		return name
	}
	return s
}

func canonicalString(s string) string {
	prefix, v := s[:1], stringValue(s)
	switch prefix {
	case "d":
		if t, err := literal.ParseDatetime(v); err == nil {
			v = t.UTC().Format(time.RFC3339Nano)
		}
	case "u":
		v = strings.ToLower(v)
	case "'", "\"", "s":
		prefix = ""
	}
	return prefix + "'" + v + "'"
}

// canonicalNumber renders a number or a duration by its value: the server writes 1.5
// as 1.5f and 90m as 1h30m, 1.50f32 as 1.5f32 and 5i64 as 5.
func canonicalNumber(s string) string {
	s = strings.ReplaceAll(s, "_", "")
	if strings.ContainsAny(s, "iuf") { // it may end with a width
		s = canonicalLiteral(s)
	}
	if isWordStart(s[len(s)-1]) { // a unit or a suffix
		if seconds, nanos, err := literal.ParseDuration(s); err == nil {
			return string(literal.AppendDuration(nil, seconds, nanos))
		}
		if strings.HasSuffix(s, "dec") {
			return s
		}
		s = strings.TrimSuffix(s, "f")
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

// canonicalLiteral renders a literal as the server does, and leaves alone what is none, as the
// 128i8 of -128i8 by itself.
func canonicalLiteral(s string) string {
	b, err := literal.Parse(nil, s)
	if err != nil {
		return s
	}
	var d cbor.Decoder
	d.Reset(b)
	if b, err = literal.Append(nil, &d); err != nil {
		return s
	}
	return string(b)
}
