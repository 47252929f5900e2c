package surrealql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrdinalsAreRewrittenOnlyWhereTheServerWouldReadAParameter(t *testing.T) {
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
