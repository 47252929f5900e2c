package literal

import (
	"strconv"
	"strings"
)

// Escapes in strings and quoted names.

// Escape reads what comes after the backslash of an escape in a string or a quoted
// name, as the server does: n, r, t, 0, b, f, a backslash, a slash, a quote, uXXXX or
// u{X…}. It returns the character and how many bytes were read, none where s begins no
// escape. That the character exists is not checked: \ud800 and \u{ffffff} do not.
func Escape(s string) (r rune, n int) {
	if s == "" {
		return 0, 0
	}
	switch c := s[0]; c {
	case '\\', '\'', '"', '`', '/':
		return rune(c), 1
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'f':
		return '\f', 1
	case 'b':
		return '\b', 1
	case '0':
		return 0, 1
	case 'u':
		if r, n := codePoint(s[1:]); n > 0 {
			return r, n + 1
		}
	}
	return 0, 0
}

// codePoint reads {hex digits} or four of them.
func codePoint(s string) (r rune, n int) {
	digits, n := "", 0
	switch rest, braced := strings.CutPrefix(s, "{"); {
	case braced:
		end := strings.IndexByte(rest, '}')
		if end < 1 || end > 6 {
			return 0, 0
		}
		digits, n = rest[:end], end+2
	case len(s) >= 4:
		digits, n = s[:4], 4
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(v), n
}
