package errtext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The patterns of the server's messages, and what is read off them.

func TestPatternIsFoundOutsideOfQuotesOfItsValues(t *testing.T) {
	t.Parallel()
	coerce := Compile("Couldn't coerce value for field `{field}` of `{record}`: Expected `{type}` but found `{value}`")
	for _, c := range []struct{ message, field, record, value string }{
		{"Couldn't coerce value for field `n` of `s:1`: Expected `int` but found `'five'`", "n", "s:1", "'five'"},
		{"Couldn't coerce value for field ``by`` of `s:`a b``: Expected `int` but found `person:`x y``", "`by`", "s:`a b`", "person:`x y`"},
		{"Couldn't coerce value for field `n` of `s:1`: Expected `int` but found `\"it's \\\"x` ` for field `y`\"`", "n", "s:1", "\"it's \\\"x` ` for field `y`\""},
		{"Couldn't coerce value for field `n` of `s:1`: Expected `int` but found `'` of `t:2`: Expected `x` but found `'`", "n", "s:1", "'` of `t:2`: Expected `x` but found `'"},
		{"Couldn't coerce value for field `n` of `s:1`: Expected `int` but found `{ a: '}`', b: [1] }`", "n", "s:1", "{ a: '}`', b: [1] }"},
	} {
		m, ok := coerce.Match(c.message, true)
		require.True(t, ok, c.message)
		require.True(t, m.Sure, c.message)
		require.Equal(t, []string{c.field, c.record, "int", c.value}, []string{m.Part("field"), m.Part("record"), m.Part("type"), m.Part("value")})
		require.Empty(t, m.Part("other"))
	}
	for _, other := range []string{"", "Couldn't", "Couldn't coerce value for field `n` of `s:1`: Expected `int`", "The table 't' does not exist"} {
		_, ok := coerce.Match(other, false)
		require.False(t, ok, other)
	}
}

func TestPatternWithValueThatHasNoQuotesIsFoundButNotSure(t *testing.T) {
	t.Parallel()
	subtraction := Compile("Cannot perform subtraction with '{value}' and '{value}'")
	const message = "Cannot perform subtraction with 'it's' and '5'"
	_, ok := subtraction.Match(message, true)
	require.False(t, ok)
	m, ok := subtraction.Match(message, false)
	require.True(t, ok)
	require.False(t, m.Sure)
	m, ok = Compile("{value}This transaction can be retried").Match("Write conflict. This transaction can be retried", true)
	require.True(t, ok)
	require.Equal(t, "Write conflict. ", m.Part("value"))
}

func TestBlankKeepsNamesAndNoValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"$value > 17 AND name != 'se\\'cret' OR x2 = \"y\"", "$value > … AND name != … OR x2 = …"},
		{"string::len($value) > 3.5e7f", "string::len($value) > …"},
		{"a 'quote that does not end", "a …"},
		{"", ""},
	} {
		require.Equal(t, c.want, Blank(c.text))
	}
}

func TestAlternativesAreThoseThatAreNotInsideOfOthers(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][]string{
		"int":                                {"int"},
		"none | int":                         {"none", "int"},
		"array<none | int>":                  {"array<none | int>"},
		"array<int | string, 3> | set<a|b>":  {"array<int | string, 3>", "set<a|b>"},
		"'a|b' | \"it's | \" | 5":            {"'a|b'", "\"it's | \"", "5"},
		"{ a: int | string } | [int | bool]": {"{ a: int | string }", "[int | bool]"},
		"record<a | b> | 'x":                 {"record<a | b>", "'x"},
		"":                                   {""},
	} {
		require.Equal(t, want, Alternatives(kind), kind)
	}
}

func TestTableIsReadOffRecordIDInItsQuotes(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{"person:1": "person", "`a:b`:1": "a:b", "⟨a b⟩:`x:y`": "a b", "t": "t", "`x": "", "`a\\`b`:1": "a`b"} {
		require.Equal(t, want, Table(record), record)
	}
}

func FuzzMatchAndBlankNeverFail(f *testing.F) {
	p := Compile("Found {value} for field `{field}`, with record `{record}`, but field must conform to: {check}")
	f.Add("Found 'a' for field `n`, with record `s:1`, but field must conform to: false")
	f.Add("Found '⟨` for field ``, with record `⟩")
	f.Fuzz(func(t *testing.T, s string) {
		for _, sure := range []bool{true, false} {
			if m, ok := p.Match(s, sure); ok {
				require.Equal(t, s, m.Render(func(_, part string) string { return part }))
			}
		}
		Blank(s)
		Alternatives(s)
		Table(s)
		Unquote(s)
	})
}
