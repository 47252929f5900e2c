package surrealgorm

// Tokens of a text that a program wrote: a condition, a list of columns, a whole query. It may be
// SurrealQL or what SQL has in common with it; this tells what is a string or a comment, in which
// nothing is looked for.

import "strings"

type kind int

const (
	space  kind = iota
	word        // a name or a keyword; names joined by :: are one
	quoted      // a name in backquotes
	str         // a string, with the letter before it that says of what type it is; a regular expression
	num         // a number
	param       // ?, @name or $name
	op          // anything else, an operator as a whole
)

type token struct {
	kind kind
	text string
}

// is tells whether the token is one of these keywords, in any case.
func (t token) is(words ...string) bool {
	if t.kind != word {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// name is what a word or a quoted name says.
func (t token) name() string {
	if t.kind != quoted {
		return t.text
	}
	return unquote(t.text)
}

// blank is what is written of a space. A comment is left out: what follows it in the statement, such as
// the condition of a soft delete, would be part of it.
func (t token) blank() string {
	if t.kind == space && strings.TrimSpace(t.text) != "" {
		return " "
	}
	return t.text
}

func isQuote(c byte) bool { return c == '\'' || c == '"' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

// operators of more than one character, longest first.
var operators = []string{
	"<|", "|>", "@@", "??", "?:", "?.", "?=", "*=", "!=", "<>", "<=", ">=", "==", "&&", "||", "->", "<-",
	"..", "+=", "-=", "::", "**",
}

func tokens(text string) []token {
	var list []token
	operand := true // what may stand here is an operand, so that / begins a regular expression
	for at := 0; at < len(text); {
		kind, n := next(text[at:], at > 0 && isWord(text[at-1]))
		if kind == op && operand && text[at] == '/' {
			kind, n = str, closed(text[at:])
		}
		list = append(list, token{kind, text[at : at+n]})
		if kind != space {
			operand = kind == op && text[at] != ')' && text[at] != ']'
		}
		at += n
	}
	return list
}

// next returns the kind and the length of the token at the beginning of a text that is not empty.
func next(text string, afterWord bool) (kind, int) {
	c := text[0]
	switch {
	case strings.IndexByte(" \t\r\n", c) >= 0:
		return space, run(text, func(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 })
	case strings.HasPrefix(text, "--"), strings.HasPrefix(text, "//"), c == '#':
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return space, end
		}
		return space, len(text)
	case strings.HasPrefix(text, "/*"):
		if end := strings.Index(text, "*/"); end >= 0 {
			return space, end + 2
		}
		return space, len(text)
	case c == '`':
		return quoted, closed(text)
	case isQuote(c):
		return str, closed(text)
	case strings.IndexByte("sdurbf", c) >= 0 && len(text) > 1 && isQuote(text[1]):
		return str, 1 + closed(text[1:])
	case (c == '$' || c == '@' && !afterWord) && len(text) > 1 && isWord(text[1]):
		return param, 1 + run(text[1:], isWord)
	case isLetter(c):
		return word, name(text)
	case isDigit(c):
		return num, run(text, func(c byte) bool { return isWord(c) || c == '.' })
	}
	for _, o := range operators {
		if strings.HasPrefix(text, o) {
			return op, len(o)
		}
	}
	if c == '?' {
		return param, 1
	}
	return op, 1
}

// run counts the bytes at the beginning of a text for which ok holds.
func run(text string, ok func(byte) bool) int {
	n := 0
	for n < len(text) && ok(text[n]) {
		n++
	}
	return n
}

// name is the length of a name, with what :: joins to it: math::sum.
func name(text string) int {
	n := run(text, isWord)
	for strings.HasPrefix(text[n:], "::") && len(text) > n+2 && isLetter(text[n+2]) {
		n += 2 + run(text[n+2:], isWord)
	}
	return n
}

// closed is the length of what stands in quotes, up to the end where they are not closed.
func closed(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// quoteName writes a name in backquotes.
func quoteName(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

// quotePath writes a path in backquotes, name by name. What has backquotes already keeps them.
func quotePath(path string) string {
	parts := splitPath(path)
	for i, part := range parts {
		parts[i] = quoteName(part)
	}
	return strings.Join(parts, ".")
}

func unquote(name string) string {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "`"), "`")
	return strings.NewReplacer(`\\`, `\`, "\\`", "`").Replace(name)
}

// splitPath returns the names of a path, without their backquotes.
func splitPath(path string) []string {
	var parts []string
	for path != "" {
		end := strings.IndexByte(path, '.')
		if path[0] == '`' {
			end = closed(path)
		}
		if end < 0 || end > len(path) {
			end = len(path)
		}
		parts = append(parts, unquote(path[:end]))
		path = strings.TrimPrefix(path[end:], ".")
	}
	return parts
}
