package surrealql

import (
	"strconv"
	"strings"
)

// unescape resolves the escapes of a string or a quoted name as the server
// does: \n \r \t \0 \b \f \\ \' \" \` \uXXXX and \u{…}. What is none stays.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '0':
			b.WriteByte(0)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, n := codePoint(s[i+1:])
			if n == 0 {
				b.WriteString(`\u`)
				continue
			}
			b.WriteRune(r)
			i += n
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// codePoint reads XXXX or {X…} and returns how many bytes it took, 0 if it is
// neither.
func codePoint(s string) (rune, int) {
	digits, n := "", 0
	if rest, ok := strings.CutPrefix(s, "{"); ok {
		end := strings.IndexByte(rest, '}')
		if end < 1 || end > 6 {
			return 0, 0
		}
		digits, n = rest[:end], end+2
	} else if len(s) >= 4 {
		digits, n = s[:4], 4
	} else {
		return 0, 0
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), n
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
