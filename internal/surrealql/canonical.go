package surrealql

import (
	"strconv"
	"strings"
	"time"
)

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
	read := func(prev token) token {
		t := l.next()
		if t.kind == tSlash && startsOperandAfter(prev) {
			t = l.regex(t.pos)
		}
		return t
	}
	for t := read(prev); t.kind != tEOF; {
		next := read(t)
		f(prev, t, next)
		prev, t = t, next
	}
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

// stringValue returns the text a string literal stands for.
func stringValue(s string) string {
	if c := s[0]; c != '\'' && c != '"' {
		s = s[1:]
	}
	return unquote(s)
}

func canonicalString(s string) string {
	prefix, v := s[:1], stringValue(s)
	switch prefix {
	case "d":
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			v = t.UTC().Format(time.RFC3339Nano)
		}
	case "u":
		v = strings.ToLower(v)
	case "'", "\"", "s":
		prefix = ""
	}
	return prefix + "'" + v + "'"
}

// canonicalNumber renders a number by its value and a duration by its
// nanoseconds: the server writes 1.5 as 1.5f and 90m as 1h30m.
func canonicalNumber(s string) string {
	s = strings.ReplaceAll(s, "_", "")
	if ns, ok := nanoseconds(s); ok {
		return ns + "ns"
	}
	if d, ok := strings.CutSuffix(s, "dec"); ok {
		return d + "dec"
	}
	s = strings.TrimSuffix(s, "f")
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return s
}

var units = map[string]uint64{
	"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
	"d": 86400e9, "w": 7 * 86400e9, "y": 365 * 86400e9,
}

// nanoseconds reads a duration such as 1h30m. One too long for the sum is
// compared by its text.
func nanoseconds(s string) (string, bool) {
	var sum uint64
	if s == "" {
		return "", false
	}
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if i <= 0 {
			return "", false
		}
		n, err := strconv.ParseUint(s[:i], 10, 64)
		s = s[i:]
		j := strings.IndexFunc(s, func(r rune) bool { return '0' <= r && r <= '9' })
		if j < 0 {
			j = len(s)
		}
		unit, ok := units[s[:j]]
		if !ok || err != nil || n > (1<<63)/unit {
			return "", false
		}
		sum += n * unit
		s = s[j:]
	}
	return strconv.FormatUint(sum, 10), true
}
