package surrealql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Placeholders: where one is, and what it is sent as.

func TestPlaceholdersAreRewrittenOnlyWhereServerWouldReadParameter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"SELECT * FROM t WHERE a = $1", "SELECT * FROM t WHERE a = $_1"},
		{"SELECT * FROM t WHERE a = $1 AND b = $12", "SELECT * FROM t WHERE a = $_1 AND b = $_12"},
		{"RETURN [$1, $2, $1]", "RETURN [$_1, $_2, $_1]"},
		{"RETURN '$1' + $1", "RETURN '$1' + $_1"},
		{`RETURN "$1 \" $1" + $1`, `RETURN "$1 \" $1" + $_1`},
		{"RETURN [r'a:$1', u'$1', d'$1', s'$1', b'$1', f'$1', $1]", "RETURN [r'a:$1', u'$1', d'$1', s'$1', b'$1', f'$1', $_1]"},
		{"RETURN $1 # $1\n+ $2 -- $2\n+ $3 // $3\n+ /* $4 */ $4", "RETURN $_1 # $1\n+ $_2 -- $2\n+ $_3 // $3\n+ /* $4 */ $_4"},
		{"SELECT `$1`, ⟨$1⟩, $`$1`, $⟨$1⟩ FROM $1", "SELECT `$1`, ⟨$1⟩, $`$1`, $⟨$1⟩ FROM $_1"},
		{"RETURN string::matches($1, /^$1$/)", "RETURN string::matches($_1, /^$1$/)"},
		{"RETURN $1 / $2 / $3", "RETURN $_1 / $_2 / $_3"},
		{`RETURN function($1) { return "}" + '$1' + arguments[0] /* } $1 */; } + $2`, `RETURN function($_1) { return "}" + '$1' + arguments[0] /* } $1 */; } + $_2`},
		{"SELECT a[$] FROM t WHERE a[$1] = a[$]", "SELECT a[$] FROM t WHERE a[$_1] = a[$]"},
		{"RETURN $_1 + $1", "RETURN $_1 + $_1"},
		{"RETURN $1abc", "RETURN $1abc"},
		{"RETURN $0 + $01", "RETURN $0 + $01"},
		{"DEFINE FIELD a ON t VALUE /a$1/ ASSERT $1 { $2 }", "DEFINE FIELD a ON t VALUE /a$1/ ASSERT $_1 { $_2 }"},
		{"SELECT * FROM t:$1", "SELECT * FROM t:$_1"},
		{"", ""},
	} {
		require.Equal(t, c.want, Analyze(c.text).Rewritten, c.text)
	}
}

func TestPlaceholdersAreCountedAndFound(t *testing.T) {
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

func TestPlaceholdersThatAreNotBareCostNoCopyOfText(t *testing.T) {
	t.Parallel()
	text := "SELECT * FROM t WHERE a = $a AND b = $_1"
	q := Analyze(text)
	require.Equal(t, text, q.Rewritten)
	require.Equal(t, text, q.ExecText())
}

func TestPlaceholdersOfOtherDatabasesAreNoticed(t *testing.T) {
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
		require.Equal(t, want, Analyze(text).QuestionMark, text)
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
		require.Equal(t, -1, Analyze(text).QuestionMark, text)
	}
}
