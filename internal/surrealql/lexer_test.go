package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func lexed(text string) []string {
	l := lexer{text: text}
	var got []string
	for t := l.next(); t.kind != tEOF; t = l.next() {
		got = append(got, text[t.pos:t.end])
	}
	return got
}

func TestTokensAreTheServers(t *testing.T) {
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

func TestNamesAndStringsAreUnescaped(t *testing.T) {
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

func TestRenderingsAreRecognised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		author, server string
		m              mode
	}{
		{"a+1", "a + 1", strict},
		{"a in [1,2]", "a INSIDE [1, 2]", strict},
		{"a NOT IN b", "a NOTINSIDE b", strict},
		{"a ∉ b", "a NOT IN b", strict},
		{"a is not b", "a != b", strict},
		{"a is b", "a = b", strict},
		{"a && b || c", "a AND b OR c", strict},
		{"a × b ÷ c", "a * b / c", strict},
		{"tags[*].x", "tags.*.x", strict},
		{"tags[? a]", "tags[WHERE a]", strict},
		{"tags...", "tags…", strict},
		{"{'a':1,}", "{ a: 1 }", strict},
		{"[1,2,]", "[1, 2]", strict},
		{`"x"`, "'x'", strict},
		{"s'x'", "'x'", strict},
		{"1.50", "1.5f", strict},
		{"1_000", "1000", strict},
		{"2.0dec", "2.0dec", strict},
		{"90m", "1h30m", strict},
		{"1000ms", "1s", strict},
		{"d'2020-01-01T01:00:00+01:00'", "d'2020-01-01T00:00:00Z'", strict},
		{"u'ABCDEF00-0000-0000-0000-000000000000'", "u'abcdef00-0000-0000-0000-000000000000'", strict},
		{"⟨a b⟩ + $`c`", "`a b` + $c", strict},
		{"$1", "$_1", strict},
		{"if a then b else c; end", "IF a THEN b ELSE c END", strict},
		{"(a + b) + c", "a + b + c", loose},
		{"person:1.name", "(person:1).name", loose},
	} {
		require.Equal(t, canonical(c.server, c.m), canonical(c.author, c.m), c.author)
	}
	for _, c := range [][2]string{
		{"(a + b) * c", "a + b * c"}, {"a + 1", "a + 2"}, {"'a'", "a"}, {"A", "a"}, {"1", "1dec"}, {"a.b", "a . c"}, {"300y1s", "300y2s"},
	} {
		require.NotEqual(t, canonical(c[0], strict), canonical(c[1], strict), c)
	}
}

func TestOddClausesAreFollowedToTheirEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"UPDATE t WITH INDEX a, b SET x = 1",
		"UPDATE t WITH NO INDEX SET x = 1",
		"UPDATE t SET x = <array<{ a: int }, 3>>$y",
		"UPDATE t SET x = <{ a: option<int> }>$y, z = <[int, string]>$w",
		"UPDATE t:-5, t:+5, t:u'0190d3a5-0000-7000-8000-000000000000', t:ulid(), t:..=5, t:1>..",
		"UPDATE t SET a = IF b THEN { c: 1 } ELSE { d: 2 } END",
		"UPDATE t SET a = IF b THEN { RETURN 1; } ELSE { RETURN 2; } END",
		"UPDATE t SET a = IF b THEN { c: 1 }.c + 2 ELSE 3 END",
		"UPDATE t SET a = a?.b",
		"UPDATE t SET a = function() { /* } */ // }\n return 1 }",
		"UPDATE t SET a = (SELECT * FROM u ORDER BY b COLLATE NUMERIC DESC, rand() FETCH $f, type::field('x') LIMIT BY 1 START AT 2)",
		"UPDATE t SET a = (SELECT * FROM u SPLIT ON b GROUP ALL VERSION d'2020-01-01T00:00:00Z' TIMEOUT 1s PARALLEL TEMPFILES)",
		"UPDATE t SET a = { ;;; LET $x = 1; }, b = { ; }",
	} {
		q := Analyze(text)
		require.Equal(t, text+" RETURN NULL", q.ExecText())
	}
}
