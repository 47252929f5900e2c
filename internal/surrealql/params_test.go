package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrdinalsAreCountedAndPlaced(t *testing.T) {
	t.Parallel()
	text := "SELECT * FROM t WHERE a = $1 AND b = $_3 AND c = $1"
	q := Analyze(text)
	require.Equal(t, 3, q.Ordinals)
	require.Equal(t, []Placeholder{
		{N: 1, Pos: strings.Index(text, "$1"), Bare: true},
		{N: 3, Pos: strings.Index(text, "$_3")},
		{N: 1, Pos: strings.LastIndex(text, "$1"), Bare: true},
	}, q.Placeholders)
	require.Empty(t, q.Params)

	for text, want := range map[string]int{
		"RETURN 1": 0, "RETURN $x": 0, "RETURN '$1'": 0, "RETURN $_1": 1, "RETURN $2": 2, "RETURN $_01": 0,
		"RETURN $__1": 0, "RETURN $_1a": 0, "RETURN $99999": 99999, "RETURN $_100000": 0, "RETURN $`_1`": 1,
	} {
		require.Equal(t, want, Analyze(text).Ordinals, text)
	}
}

func TestATextWithoutBareOrdinalsIsNotCopied(t *testing.T) {
	t.Parallel()
	text := "SELECT * FROM t WHERE a = $a AND b = $_1"
	q := Analyze(text)
	require.Equal(t, text, q.Rewritten)
	require.Equal(t, text, q.ExecText())
}

func TestFreeParametersAreTheUsedOnesThatTheTextDoesNotAssign(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"SELECT * FROM t WHERE a = $a AND b = $b AND c = $a", []string{"a", "b"}},
		{"RETURN [$`odd name`, $⟨other⟩, $Case, $case]", []string{"odd name", "other", "Case", "case"}},
		{"RETURN '$a' + \"$b\" -- $c\n + `$d` + /$e/", nil},
		{"LET $x = $y; RETURN $x + $z", []string{"y", "z"}},
		{"LET $x = $x + 1; RETURN $x", []string{"x"}},
		{"RETURN $x; LET $x = 1", []string{"x"}},
		{"LET $x: int | string = 1; RETURN $x", nil},
		{"FOR $i IN $list { CREATE t SET a = $i, b = $c }", []string{"list", "c"}},
		{"FOR $i IN $i { RETURN $i }", []string{"i"}},
		{"RETURN $list.map(|$x, $i: int| $x + $i + $y)", []string{"list", "y"}},
		{"RETURN [|$x| $x, $x]", []string{"x"}},
		{"DEFINE FUNCTION fn::a($x: int, $y: option<string>) { RETURN $x + $y + $z }", []string{"z"}},
		{"DEFINE FUNCTION OVERWRITE fn::a::b($x: int) -> int { RETURN $x }", nil},
		{"DEFINE PARAM $p VALUE $q", []string{"q"}},
		{"DEFINE PARAM IF NOT EXISTS $p VALUE 1", nil},
		{"DEFINE PARAM $p VALUE [1].map(|$x: int| { LET $y = $x; RETURN $y })", nil},
		{"SELECT *, $this.a, $self, $parent.b, $value, $input, $before, $after, $event FROM t", nil},
		{"RETURN [$auth, $token, $session, $access]", nil},
		{"IF $a { RETURN $b } ELSE { LET $c = 1; RETURN $c }", []string{"a", "b"}},
		{"SELECT a[$i], b.{ c: $d }, ->(k WHERE $e)->x FROM type::record($tb, $id) LIMIT $n START $o TIMEOUT $t", []string{"i", "d", "e", "tb", "id", "n", "o", "t"}},
		{"INSERT INTO $t $rows ON DUPLICATE KEY UPDATE a = $b", []string{"t", "rows", "b"}},
		{"RELATE $a->$k->$b", []string{"a", "k", "b"}},
		{"UPDATE t SET a.b = $x, c += $y WHERE d = $z RETURN VALUE $w", []string{"x", "y", "z", "w"}},
		{"RETURN function($x) { return $y; }", []string{"x"}},
		{"KILL $id", []string{"id"}},
		{"USE NS $a DB $b", []string{"a", "b"}},
		{"RETURN $1 + $_2 + $c", []string{"c"}},
	} {
		require.Equal(t, c.want, Analyze(c.text).Params, c.text)
	}
	require.True(t, IsSpecial("auth"))
	require.False(t, IsSpecial("name"))
}

func TestParametersThatADefinitionStoresNeedNoValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"DEFINE ACCESS a ON DATABASE TYPE RECORD SIGNUP (CREATE user SET name = $user) SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(hash, $pass))": {"user", "pass"},
		"DEFINE FUNCTION fn::a($x: int) { RETURN $x + $y }":                           {"y"},
		"DEFINE EVENT e ON t WHEN $event = 'CREATE' THEN (CREATE log SET by = $user)": {"user"},
		"DEFINE FIELD f ON t VALUE $a ASSERT $value > $b":                             {"a", "b"},
		"ALTER FIELD f ON t DEFAULT $a":                                               {"a"},
		"REMOVE PARAM IF EXISTS $p":                                                   {"p"},
		"IF $a { DEFINE FIELD f ON t VALUE $b }; RETURN $c":                           {"b"},
		"DEFINE PARAM $p VALUE $q":                                                    nil,
		"DEFINE FIELD f ON t VALUE $a; RETURN $a":                                     nil,
		"DEFINE FIELD f ON t VALUE $a; LET $a = 1; RETURN $a":                         {"a"},
		"RETURN $a; DEFINE FIELD f ON t VALUE $a":                                     nil,
	} {
		q := Analyze(text)
		require.ElementsMatch(t, want, q.Stored, text)
		require.Subset(t, q.Params, want)
	}
}

func TestQuestionMarksOfOtherDatabasesAreNoticed(t *testing.T) {
	t.Parallel()
	// ^ stands before the question mark that is meant.
	for _, marked := range []string{
		"SELECT * FROM t WHERE a = ^?",
		"SELECT * FROM t WHERE a = ^? AND b = ?",
		"SELECT * FROM t WHERE ^? = a",
		"INSERT INTO t (a, b) VALUES (^?, ?)",
		"INSERT INTO t ^?",
		"CREATE t SET a = ^?, b = ?",
		"CREATE t CONTENT ^?",
		"UPDATE ^? SET a = 1",
		"SELECT * FROM t LIMIT ^?",
		"SELECT * FROM t:^?",
		"RETURN [^?]",
		"RETURN { a: ^? }",
		"RETURN a ?? ^?",
		"RETURN count(^?)",
		"DEFINE FIELD a ON t VALUE b = ^?",
	} {
		want := strings.Index(marked, "^")
		text := strings.Replace(marked, "^", "", 1)
		require.Equal(t, want, Analyze(text).Question, text)
	}
	for _, text := range []string{
		"SELECT a ?? b, a ?: b, a ?= b FROM t",
		"SELECT a.?.b, a?.b FROM t",
		"SELECT ->?, <-?, <->?, ->(?), ->(? WHERE a), ->knows->? FROM t",
		"SELECT a[? b = 1] FROM t",
		"RETURN 'a?' + \"b?\" -- ?\n + `c?` + /d?/",
		"RETURN function() { return a ? b : c }",
		"SELECT * FROM t WHERE a = $1",
	} {
		require.Equal(t, -1, Analyze(text).Question, text)
	}
}
