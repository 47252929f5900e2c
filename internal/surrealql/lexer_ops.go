package surrealql

import (
	"strings"
	"unicode/utf8"
)

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

var single = [128]tokenKind{
	'{': tLBrace, '}': tRBrace, '[': tLBracket, ']': tRBracket, '(': tLParen, ')': tRParen,
	';': tSemicolon, ',': tComma, '@': tAt, '.': tDot, ':': tColon, '?': tQuestion, '|': tVert,
	'<': tLess, '>': tGreater, '-': tMinus, '+': tPlus, '/': tSlash, '*': tStar, '=': tEqual,
	'%': tInfix, '~': tInfix, '!': tBang,
}

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
