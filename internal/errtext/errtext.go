// Package errtext reads the texts of SurrealDB's errors: by their patterns, for the
// position of a parse error, and for what somebody who comes from SQL has meant.
//
// A message is a fixed text with names and values in it. The values are a user's and
// may hold anything, the fixed text of another message included; but the server writes
// them as SurrealQL does, so what stands between quotes belongs to them. A pattern is
// therefore sought outside of quotes first. Only where none is found so (some messages
// have a value without its quotes) are they sought anywhere, and what is found then is
// not [Match.Sure].
package errtext

import (
	"strings"
	"unicode/utf8"
)

// Pattern is a message with named slots in it. It is safe for concurrent use.
type Pattern struct {
	fixed []string // one more than slots
	slots []string
}

// Compile reads a pattern such as "The table '{table}' does not exist". It panics if a
// brace is not closed: patterns are constants.
func Compile(text string) *Pattern {
	p := new(Pattern)
	for {
		fixed, rest, more := strings.Cut(text, "{")
		p.fixed = append(p.fixed, fixed)
		if !more {
			return p
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			panic("errtext: no } in " + text)
		}
		p.slots = append(p.slots, name)
		text = after
	}
}

// Match is a message that has a pattern's form.
type Match struct {
	Sure    bool // no quote leaves a doubt of where the parts begin and end
	pattern *Pattern
	parts   []string
}

// Match reports whether all of the message has the form of the pattern. With sure it
// heeds quotes. Try all patterns so before any of them without: a value may hold another
// message.
func (p *Pattern) Match(message string, sure bool) (Match, bool) {
	last := len(p.fixed) - 1
	if !strings.HasPrefix(message, p.fixed[0]) || !strings.HasSuffix(message, p.fixed[last]) {
		return Match{}, false
	}
	parts, ok := p.parts(message, sure)
	return Match{Sure: sure && ok, pattern: p, parts: parts}, ok
}

// parts are what stands in the slots. The first position where the fixed text goes on is
// the right one: any later one would do as well for what follows.
func (p *Pattern) parts(message string, quoted bool) ([]string, bool) {
	at := len(p.fixed[0])
	if len(p.slots) == 0 {
		return nil, at == len(message)
	}
	parts := make([]string, 0, len(p.slots))
	for i := range p.slots {
		fixed, from := p.fixed[i+1], at
		if i == len(p.slots)-1 {
			from = len(message) - len(fixed)
			if from < at {
				return nil, false
			}
		}
		end := len(message)
		if fixed != "" {
			end = find(message, fixed, at, from, quoted)
		}
		if end < 0 {
			return nil, false
		}
		parts = append(parts, message[at:end])
		at = end + len(fixed)
	}
	return parts, true
}

// find is the index of the first fixed text that begins at from or later, reading from at
// on; -1 if there is none. With quoted, what is in quotes does not count.
func find(message, fixed string, at, from int, quoted bool) int {
	if !quoted {
		if i := strings.Index(message[from:], fixed); i >= 0 {
			return from + i
		}
		return -1
	}
	for at < len(message) {
		if at >= from && strings.HasPrefix(message[at:], fixed) {
			return at
		}
		size := span(message[at:])
		if size == 0 {
			return -1
		}
		at += size
	}
	return -1
}

// span is the size of the character or the quoted text that s begins with; 0 if its
// quote does not end.
func span(s string) int {
	open, size := utf8.DecodeRuneInString(s)
	end := closing(open)
	if end == 0 {
		return size
	}
	for i := size; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\\' && i < len(s):
			_, n = utf8.DecodeRuneInString(s[i:])
			i += n
		case r == end:
			return i
		}
	}
	return 0
}

// closing is the quote that ends what open begins, 0 where it begins nothing.
func closing(open rune) rune {
	switch open {
	case '\'', '"', '`':
		return open
	case '⟨':
		return '⟩'
	}
	return 0
}

// Part is what stands in the slot of that name, "" if the pattern has none.
func (m Match) Part(name string) string {
	if m.pattern == nil {
		return ""
	}
	for i, slot := range m.pattern.slots {
		if slot == name {
			return m.parts[i]
		}
	}
	return ""
}

// Render is the message with what show makes of each part.
func (m Match) Render(show func(slot, part string) string) string {
	if m.pattern == nil {
		return ""
	}
	var b strings.Builder
	for i, slot := range m.pattern.slots {
		b.WriteString(m.pattern.fixed[i])
		b.WriteString(show(slot, m.parts[i]))
	}
	b.WriteString(m.pattern.fixed[len(m.pattern.slots)])
	return b.String()
}

// Blank replaces every quoted text and every number with an ellipsis.
func Blank(s string) string {
	var b strings.Builder
	for word := false; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case closing(r) != 0:
			b.WriteString("…")
			if size = span(s); size == 0 {
				return b.String()
			}
			word = false
		case r >= '0' && r <= '9' && !word:
			b.WriteString("…")
			size = len(s) - len(strings.TrimLeft(s, "0123456789.:-+_eETZyhmsdwunfc"))
		default:
			word = r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || word && r >= '0' && r <= '9'
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// Alternatives are the types of which a type allows any, such as none and array<int | float>
// of "none | array<int | float>".
func Alternatives(kind string) (types []string) {
	depth, from := 0, 0
	for at := 0; at < len(kind); {
		switch kind[at] {
		case '<', '[', '{', '(':
			depth++
		case '>', ']', '}', ')':
			depth--
		case '|':
			if depth == 0 {
				types = append(types, strings.TrimSpace(kind[from:at]))
				from = at + 1
			}
		}
		at += max(1, span(kind[at:]))
	}
	return append(types, strings.TrimSpace(kind[from:]))
}

// Table is the table's name of a record id as the server writes it, without quotes.
func Table(record string) string {
	at := 0
	for at < len(record) && record[at] != ':' {
		size := span(record[at:])
		if size == 0 {
			return ""
		}
		at += size
	}
	return Unquote(record[:at])
}

// Unquote is a name without the quotes that stand around all of it.
func Unquote(name string) string {
	open, size := utf8.DecodeRuneInString(name)
	if end := closing(open); end != '`' && end != '⟩' || span(name) != len(name) {
		return name
	}
	name = name[size : len(name)-size]
	return strings.NewReplacer("\\`", "`", `\⟩`, `⟩`, `\\`, `\`).Replace(name)
}
