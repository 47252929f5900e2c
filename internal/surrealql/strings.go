package surrealql

import (
	"strings"

	"github.com/surrealsql/surrealsql/internal/literal"
)

// What quoted names and strings stand for.

// unquote takes the quotes off `name`, ⟨name⟩, "text" or 'text' and resolves
// the escapes.
func unquote(s string) string {
	if inner, ok := strings.CutPrefix(s, "⟨"); ok {
		s = strings.TrimSuffix(inner, "⟩")
	} else if len(s) >= 2 {
		s = s[1 : len(s)-1]
	}
	if !strings.Contains(s, `\`) {
		return s
	}
	return unescape(s)
}

// stringValue returns the text a string literal stands for.
func stringValue(s string) string {
	if c := s[0]; c != '\'' && c != '"' {
		s = s[1:]
	}
	return unquote(s)
}

// unescape resolves the escapes of a string or a quoted name. Of what is none, only the
// backslash goes, but before a u that no digits follow.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		r, n := literal.Escape(s[i+1:])
		switch {
		case n > 0:
			b.WriteRune(r)
			i += n
		case s[i+1] == 'u':
			b.WriteByte('\\')
		default:
			i++
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
