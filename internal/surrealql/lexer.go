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
	// that comes behind it.
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

// dollar reads a parameter, an ordinal or a lone $.
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

// regex reads /…/ from the slash at pos, which the parser holds for the start
// of an expression.
func (l *lexer) regex(pos int) token {
	l.pos = pos
	return l.delimited(tRegex, pos, 1, '/')
}
