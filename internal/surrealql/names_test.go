package surrealql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/surrealql"
)

func TestNamesAreAllPlacesOfParametersAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"RETURN 1":                                            nil,
		"RETURN $a + $b + $a":                                 {"a", "b", "a"},
		"RETURN $1 + $_2":                                     {"_2"},
		"LET $a = $b; RETURN $`a c`":                          {"a", "b", "a c"},
		"FOR $x IN $list { CREATE t SET n = $x }":             {"x", "list", "x"},
		"RETURN [1].map(|$v| $v + $w)":                        {"v", "v", "w"},
		"RETURN '$a' + \"$b\" /* $c */ -- $d":                 nil,
		"RETURN /$a/ = $b":                                    {"b"},
		"RETURN function($a) { return arguments[0] + '$b' }":  {"a"},
		"DEFINE FUNCTION fn::f($a: string) { RETURN $a }":     {"a", "a"},
		"SELECT * FROM t WHERE a = $a AND !!!!! $b ]] ) } $c": {"a", "b", "c"},
	} {
		names, all := surrealql.Names(text)
		require.True(t, all, text)
		var got []string
		for _, n := range names {
			require.Equal(t, byte('$'), text[n.Pos], text)
			require.Contains(t, []string{"$" + n.Name, "$`" + n.Name + "`"}, text[n.Pos:n.End], text)
			got = append(got, n.Name)
		}
		require.Equal(t, want, got, text)
	}
	_, all := surrealql.Names("RETURN r'person:[$a]'")
	require.False(t, all, "a string holds one")
	_, all = surrealql.Names("RETURN r'person:1'")
	require.True(t, all)
}

func TestLetNamesAreThoseThatLaterStatementsSee(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"RETURN $a": nil,
		"LET $a = 1; LET $b: int = $c; RETURN $a":            {"a", "b"},
		"{ LET $a = 1 }; LET $b = { LET $c = 1; RETURN $c }": {"b"},
		"IF true { LET $a = 1 }":                             nil,
	} {
		names, _ := surrealql.Names(text)
		require.Equal(t, want, surrealql.Analyze(text).LetNames(names), text)
	}
}
