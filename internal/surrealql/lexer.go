package surrealql

import (
	"strings"
	"unicode/utf8"
)

// lexer turns a text into tokens as the server's does (read in its source,
// 3.0.2 to main): the same comments, strings, names and operators. Two tokens
// cannot be told without their place, a regex and the body of a JavaScript
// function; the parser asks for those when it stands there.
type lexer struct {
	text string
	pos  int
	// unended remembers openers that were found to have no end, so that a text
	// full of them is still read in one pass.
	unended [256]bool
	// unclear tells that servers differ about where a comment ends, and so about all
	// that comes after it.
	unclear bool
}

// next skips blanks and comments and returns the token that follows.
func (l *lexer) next() token {
	l.skipBlank()
	start := l.pos
	if start >= len(l.text) {
		return token{kind: tEOF, pos: len(l.text), end: len(l.text)}
	}
	c := l.text[start]
	switch {
	case isWordStart(c):
		return l.word()
	case '0' <= c && c <= '9':
		return l.number()
	case c == '\'' || c == '"':
		return l.delimited(tString, start, 1, c)
	case c == '`':
		return l.delimited(tQuoted, start, 1, c)
	case c == '$':
		return l.dollar()
	case c >= utf8.RuneSelf:
		return l.symbol()
	}
	return l.punctuation(c)
}

func (l *lexer) token(k tokenKind, start, end int) token {
	l.pos = end
	return token{kind: k, pos: start, end: end}
}

func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isWordByte(c byte) bool { return isWordStart(c) || '0' <= c && c <= '9' }

func (l *lexer) at(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

// word reads a bare word, or a string when a one-letter prefix touches a quote.
func (l *lexer) word() token {
	start, i := l.pos, l.pos+1
	if q := l.at(i); q == '\'' || q == '"' {
		switch l.text[start] {
		case 's', 'r', 'u', 'd', 'b', 'f':
			return l.delimited(tString, start, 2, q)
		}
	}
	for i < len(l.text) && isWordByte(l.text[i]) {
		i++
	}
	t := l.token(tWord, start, i)
	t.kw = lookupKeyword(l.text[start:i])
	return t
}

// number reads digits with what may cling to them: a fraction, an exponent,
// a suffix or the units of a duration.
func (l *lexer) number() token {
	start, i := l.pos, l.pos
	digits := func() {
		for c := l.at(i); '0' <= c && c <= '9' || c == '_'; c = l.at(i) {
			i++
		}
	}
	digits()
	if c := l.at(i + 1); l.at(i) == '.' && '0' <= c && c <= '9' {
		i++
		digits()
	}
	if c := l.at(i); c == 'e' || c == 'E' {
		j := i + 1
		if s := l.at(j); s == '+' || s == '-' {
			j++
		}
		if d := l.at(j); '0' <= d && d <= '9' {
			i = j
			digits()
		}
	}
	for i < len(l.text) {
		if isWordByte(l.text[i]) {
			i++
		} else if strings.HasPrefix(l.text[i:], "µ") || strings.HasPrefix(l.text[i:], "μ") {
			i += 2
		} else {
			break
		}
	}
	return l.token(tNumber, start, i)
}

// delimited reads from an opener of n bytes to the closing byte, past escapes.
func (l *lexer) delimited(k tokenKind, start, n int, closer byte) token {
	if !l.unended[closer] {
		for i := start + n; i < len(l.text); i++ {
			switch l.text[i] {
			case closer:
				return l.token(k, start, i+1)
			case '\\':
				i++
			}
		}
		l.unended[closer] = true
	}
	return l.token(tInvalid, start, len(l.text))
}

// angled reads ⟨name⟩ whose first byte is at open.
func (l *lexer) angled(k tokenKind, start, open int) token {
	const opener, closer, mark = "⟨", "⟩", 0xE2
	if !l.unended[mark] {
		for i := open + len(opener); i < len(l.text); i++ {
			if l.text[i] == '\\' {
				i++
			} else if strings.HasPrefix(l.text[i:], closer) {
				return l.token(k, start, i+len(closer))
			}
		}
		l.unended[mark] = true
	}
	return l.token(tInvalid, start, len(l.text))
}

// dollar reads a parameter, an ordinal or a bareField $.
func (l *lexer) dollar() token {
	start, i := l.pos, l.pos+1
	c := l.at(i)
	switch {
	case isWordStart(c):
		for i < len(l.text) && isWordByte(l.text[i]) {
			i++
		}
		return l.token(tParam, start, i)
	case c == '`':
		return l.delimited(tQuotedParam, start, 2, c)
	case strings.HasPrefix(l.text[i:], "⟨"):
		return l.angled(tQuotedParam, start, i)
	case '1' <= c && c <= '9':
		for c := l.at(i); '0' <= c && c <= '9'; c = l.at(i) {
			i++
		}
		if i-start <= maxOrdinalDigits+1 && (i >= len(l.text) || !isWordByte(l.text[i])) {
			return l.token(tOrdinal, start, i)
		}
		i = start + 1
	}
	return l.token(tDollar, start, i)
}

// symbol reads what starts with a byte beyond ASCII.
func (l *lexer) symbol() token {
	start := l.pos
	r, n := utf8.DecodeRuneInString(l.text[start:])
	switch r {
	case '⟨':
		return l.angled(tQuoted, start, start)
	case '…':
		return l.token(tEllipsis, start, start+n)
	case '∋', '∌', '∈', '∉', '⊇', '⊃', '⊅', '⊆', '⊂', '⊄', '×', '÷', '∙':
		return l.token(tInfix, start, start+n)
	}
	return l.token(tInvalid, start, start+n)
}

// ops are the operators of two and three bytes, longest first for each start.
var ops = [...]struct {
	text string
	kind tokenKind
}{
	{"...", tEllipsis}, {"+?=", tAssign},
	{"..", tDots}, {"||", tOrOr}, {"&&", tAndAnd}, {"!=", tInfix}, {"!~", tInfix},
	{"?:", tInfix}, {"?~", tInfix}, {"?=", tInfix}, {"<=", tInfix}, {"<|", tKnn},
	{">=", tInfix}, {"->", tArrow}, {"-=", tAssign}, {"+=", tAssign}, {"**", tInfix},
	{"*=", tInfix}, {"*~", tInfix}, {"==", tInfix}, {"::", tPath},
}

// single are the tokens of one byte.
var single = [128]tokenKind{
	'{': tLBrace, '}': tRBrace, '[': tLBracket, ']': tRBracket, '(': tLParen, ')': tRParen,
	';': tSemicolon, ',': tComma, '@': tAt, '.': tDot, ':': tColon, '?': tQuestion, '|': tVert,
	'<': tLess, '>': tGreater, '-': tMinus, '+': tPlus, '/': tSlash, '*': tStar, '=': tEqual,
	'%': tInfix, '~': tInfix, '!': tBang,
}

// punctuation reads an operator or a bracket, which begins with c.
func (l *lexer) punctuation(c byte) token {
	start := l.pos
	switch c {
	case '.', '+', '|', '&', '!', '?', '<', '>', '-', '*', '=', ':':
		rest := l.text[start:]
		for i := range ops {
			if ops[i].text[0] == c && strings.HasPrefix(rest, ops[i].text) {
				return l.token(ops[i].kind, start, start+len(ops[i].text))
			}
		}
	}
	k := single[c]
	if k == tEOF {
		k = tInvalid
	}
	return l.token(k, start, start+1)
}

// skipBlank moves over white space and comments: #, --, // to the end of the
// line and /* */. A comment that does not end takes the rest of the text.
func (l *lexer) skipBlank() {
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; {
		case c == ' ' || '\t' <= c && c <= '\r':
			l.pos++
		case c == '#':
			l.skipLine()
		case c == '-' && l.at(l.pos+1) == '-', c == '/' && l.at(l.pos+1) == '/':
			l.skipLine()
		case c == '/' && l.at(l.pos+1) == '*':
			end := strings.Index(l.text[l.pos+2:], "*/")
			if end < 0 {
				l.pos = len(l.text)
				return
			}
			l.pos += 2 + end + 2
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(l.text[l.pos:])
			if !isBlank(r) {
				return
			}
			l.pos += n
		default:
			return
		}
	}
}

// isBlank knows the white space beyond ASCII that the server skips.
func isBlank(r rune) bool {
	switch r {
	case '\u00A0', '\u1680', '\u202F', '\u205F', '\u3000':
		return true
	}
	return '\u2000' <= r && r <= '\u200A'
}

// skipLine moves past the end of the line, which is also CR, NEL, LS or PS up to 3.3.5,
// and not to 4.0.0-beta.1, where the comment goes on.
func (l *lexer) skipLine() {
	const ends, blank = "\n\r\u0085\u2028\u2029", "\r\u0085\u2028\u2029 \t\v\f"
	n := strings.IndexAny(l.text[l.pos:], ends)
	if n < 0 {
		l.pos = len(l.text)
		return
	}
	l.pos += n
	if l.text[l.pos] != '\n' {
		rest := strings.TrimLeft(l.text[l.pos:], blank)
		l.unclear = l.unclear || rest != "" && rest[0] != '\n'
	}
	_, n = utf8.DecodeRuneInString(l.text[l.pos:])
	l.pos += n
}

// regex reads /…/ from the slash at pos, which the parser holds for the start
// of an expression.
func (l *lexer) regex(pos int) token {
	l.pos = pos
	return l.delimited(tRegex, pos, 1, '/')
}

// script reads the body of a JavaScript function from the brace at pos to the
// one that closes it, past JavaScript's strings and comments.
func (l *lexer) script(pos int) token {
	depth := 0
	for i := pos; i < len(l.text); i++ {
		switch c := l.text[i]; c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return l.token(tScript, pos, i+1)
			}
		case '\'', '"', '`':
			for i++; i < len(l.text) && l.text[i] != c; i++ {
				if l.text[i] == '\\' {
					i++
				}
			}
		case '/':
			i = l.scriptComment(i)
		}
	}
	return l.token(tInvalid, pos, len(l.text))
}

// scriptComment returns the index of the last byte of the comment at i, or i
// where there is none.
func (l *lexer) scriptComment(i int) int {
	var end string
	switch l.at(i + 1) {
	case '/':
		n := strings.IndexAny(l.text[i:], "\n\r\u2028\u2029")
		if n < 0 {
			return len(l.text)
		}
		return i + n
	case '*':
		end = "*/"
	default:
		return i
	}
	n := strings.Index(l.text[i+2:], end)
	if n < 0 {
		return len(l.text)
	}
	return i + 2 + n + len(end) - 1
}
