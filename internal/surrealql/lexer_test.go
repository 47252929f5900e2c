package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tokens, as the server's lexer reads them.

func lexed(text string) []string {
	l := lexer{text: text}
	var got []string
	for t := l.next(); t.kind != tEOF; t = l.next() {
		got = append(got, text[t.pos:t.end])
	}
	return got
}

func TestLexerReadsTokensOfServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a<-b<->c->d":                     "a < - b < -> c -> d",
		"a--b\nc":                         "a c",
		"a-- b\rc":                        "a c",
		"a//b\u2028c":                     "a c",
		"a#b\u0085c #ü\u2029d # ü":        "a c d",
		"a/*b*/c/**/d/*":                  "a c d",
		"a\u00a0b\u2003c\u3000d\u202fe":   "a b c d e",
		"1..3 1...3 1.5..2":               "1 .. 3 1 ... 3 1.5 .. 2",
		"1.a 1.5.a a.1":                   "1 . a 1.5 . a a . 1",
		"1e5 1e 1ex 1h30m 5µs 5μs 1_0dec": "1e5 1e 1ex 1h30m 5µs 5μs 1_0dec",
		"a?:b a??c a?=d a?~e ?":           "a ?: b a ? ? c a ?= d a ?~ e ?",
		"a+=1 a-=1 a+?=1 a*=1 a**2":       "a += 1 a -= 1 a +?= 1 a *= 1 a ** 2",
		"a&&b||c|d !e!=f!~g":              "a && b || c | d ! e != f !~ g",
		"<|3|> <= >= < > :: :":            "<| 3 | > <= >= < > :: :",
		"r'a' r\"b\" x'c' ar'd'":          "r'a' r\"b\" x 'c' ar 'd'",
		`'a\'b' "c\"d" 'e"f'`:             `'a\'b' "c\"d" 'e"f'`,
		"`a\\`b` ⟨a`b⟩ ⟨a\\⟩b⟩":           "`a\\`b` ⟨a`b⟩ ⟨a\\⟩b⟩",
		"$a $_1 $1 $12 $1a $ $$ $0":       "$a $_1 $1 $12 $ 1a $ $ $ $ 0",
		"∈ ∉ × ÷ … ü":                     "∈ ∉ × ÷ … ü",
		"'unended":                        "'unended",
	} {
		require.Equal(t, want, strings.Join(lexed(text), " "), text)
	}
}
