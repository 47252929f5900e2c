package surrealsql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the errors of texts that cannot be read say of the place.

// The drawings are the engine's, 3.0.2.
func TestErrorOfParsingSaysWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message      string
		line, column int
		snippet      string
		text         string
	}{
		{"Parse error: Unexpected token `an identifier`, expected Eof\n --> [1:14]\n  |\n1 | SELEC * FROM x\n  |              ^\n",
			1, 14, "1 | SELEC * FROM x\n  |              ^",
			"surrealdb: Parse error: Unexpected token `an identifier`, expected Eof (line 1, column 14)"},
		{"Parse error: Unexpected token `$`, expected an expression\n  --> [11:9]\n   |\n11 | SELECT $1;\n   |        ^\n",
			11, 9, "11 | SELECT $1;\n   |        ^",
			"surrealdb: Parse error: Unexpected token `$`, expected an expression (line 11, column 9)"},
		{"Parse error: Unexpected token `;` expected delimiter `|`\n --> [1:15]\n  |\n1 | CREATE |p:1..4;\n  |               ^\n --> [1:8]\n  |\n1 | CREATE |p:1..4;\n  |        ^ expected this delimiter to close\n",
			1, 15, "1 | CREATE |p:1..4;\n  |               ^\n --> [1:8]\n  |\n1 | CREATE |p:1..4;\n  |        ^ expected this delimiter to close",
			"surrealdb: Parse error: Unexpected token `;` expected delimiter `|` (line 1, column 15)"},
		{"Parse error: - first\ncaused by:\n    - third\n --> [2:3]\n  |\n2 | x\n  | ^\n",
			2, 3, "2 | x\n  | ^", "surrealdb: Parse error: first (line 2, column 3)"},
		{"There was a problem with the database: Parse error: a --> [9:9]\n --> [2:3]\n",
			2, 3, "", "surrealdb: There was a problem with the database: Parse error: a --> [9:9] (line 2, column 3)"},
		{"Parse error: no place", 0, 0, "", "surrealdb: Parse error: no place"},
		{"Parse error: x\n --> [0:1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [a:b]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [99999999999999999999:1]\n", 0, 0, "", "surrealdb: Parse error: x"},
		{"Parse error: x\n --> [1:", 0, 0, "", "surrealdb: Parse error: x"},
	} {
		err := newError(-32000, "Validation", c.message, nil)
		if c.text[:20] == "surrealdb: There was" {
			err = newError(-32000, "", c.message, nil)
		}
		require.Equal(t, c.line, err.Line, c.message)
		require.Equal(t, c.column, err.Column, c.message)
		require.Equal(t, c.snippet, err.Snippet, c.message)
		require.EqualError(t, err, c.text)
	}
}

func TestErrorOfALaterStatementSaysWhich(t *testing.T) {
	t.Parallel()
	err := newError(0, "Thrown", "An error occurred: a\nb", nil)
	require.EqualError(t, err, "surrealdb: An error occurred: a")
	err.Statement = 1
	require.EqualError(t, err, "surrealdb: An error occurred: a")
	err.Statement = 3
	require.EqualError(t, err, "surrealdb: statement 3: An error occurred: a")
	require.Equal(t, "An error occurred: a\nb", err.Message)
	require.Zero(t, err.Line)
}

func FuzzErrorOfParsing(f *testing.F) {
	f.Add("Internal", "Parse error: x\n --> [1:2]\n  |\n1 | x\n  | ^\n")
	f.Add("", "There was a problem with the database: Query not executed: ")
	f.Fuzz(func(t *testing.T, kind, message string) {
		err := newError(0, kind, message, message)
		yesTo(err)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, err.Line > 0, err.Column > 0)
	})
}
