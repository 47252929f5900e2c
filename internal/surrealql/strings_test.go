package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Strings and quoted names, read.

func TestStringsAndNamesAreUnescaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"`plain`": "plain", "⟨angle⟩": "angle", "'text'": "text", `"te'xt"`: "te'xt",
		`'a\n\r\t\0\b\f\\\'\"b'`:  "a\n\r\t\x00\b\f\\'\"b",
		"`a\\`b`":                 "a`b",
		`'\u00fc\u{1F600}\u{e9}'`: "ü😀é",
		`'\u12'`:                  `\u12`, `'\u{}'`: `\u{}`, `'\u{1234567}'`: `\u{1234567}`, `'\uzzzz'`: `\uzzzz`,
	} {
		require.Equal(t, want, unquote(text), text)
	}
	require.Equal(t, "x", stringValue("r'x'"))
}
