package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The server's renderings of expressions, recognised as what the author wrote.

func TestCanonicalRecognisesRenderings(t *testing.T) {
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
		{"b.limit  /3 + b.value/ 2", "b.limit / 3 + b.value / 2", strict}, // no regex
		{"{'a':1,}", "{ a: 1 }", strict},
		{"[1,2,]", "[1, 2]", strict},
		{`"x"`, "'x'", strict},
		{"s'x'", "'x'", strict},
		{"1.50", "1.5f", strict},
		{"1_000", "1000", strict},
		{"2.0dec", "2.0dec", strict},
		{"90m", "1h30m", strict},
		{"1.50f32 + 1e3f16", "1.5f32 + 1000f16", strict},
		{"1_0i8 - 007u64", "10i8 - 7u64", strict},
		{"-128i8", "-128i8", strict},
		{"5i64 * 1.10f64", "5 * 1.1f", strict},
		{"1.5f + 5us", "1.5f + 5µs", strict},
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
		{"(a + b) * c", "a + b * c"}, {"a + 1", "a + 2"}, {"'a'", "a"}, {"A", "a"}, {"1", "1dec"}, {"1", "1i8"}, {"1u8", "1i8"}, {"1.5", "1.5f32"}, {"1f16", "1f32"}, {"a.b", "a . c"}, {"300y1s", "300y2s"},
	} {
		require.NotEqual(t, canonical(c[0], strict), canonical(c[1], strict), c)
	}
}
