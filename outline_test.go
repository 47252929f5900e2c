package surrealsql

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is said of a text without what is in it.

func TestOutlineSaysWhatATextDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Outline{
		`SELECT name FROM person WHERE age > 18`:       {"SELECT", "person", "SELECT person", 1},
		`CREATE sale:1; UPDATE stock SET n -= 1`:       {"", "", "CREATE sale; UPDATE stock", 2},
		`CREATE a SET n = 1; CREATE a SET n = 2`:       {"CREATE", "a", "CREATE a", 2},
		`CREATE a; CREATE b; CREATE a`:                 {"CREATE", "", "CREATE a; CREATE b; CREATE a", 3},
		`LET $x = 1; CREATE a`:                         {"", "", "LET; CREATE a", 2},
		`SELECT * FROM a; SELECT * FROM $b`:            {"SELECT", "", "SELECT a; SELECT", 2},
		`DEFINE TABLE a; DEFINE FIELD b ON a TYPE int`: {"", "", "DEFINE TABLE a; DEFINE FIELD", 2},
		`SELECT * FROM a, b`:                           {"SELECT", "", "SELECT a b", 1},
		`1 + 1`:                                        {"RETURN", "", "RETURN", 1},
		` -- nothing`:                                  {},
	} {
		require.Equal(t, want, OutlineOf(text), text)
	}
}

func TestOutlinesSummaryIsBoundedAndEndsWithAWholeStatement(t *testing.T) {
	t.Parallel()
	o := OutlineOf(strings.Repeat("CREATE aaaaaaa; DELETE bbb; ", 50))
	require.Equal(t, 100, o.Statements)
	require.LessOrEqual(t, len(o.Summary), 255)
	require.Equal(t, strings.Repeat("CREATE aaaaaaa; DELETE bbb; ", 9), o.Summary+"; ")
}

func TestTextsWithoutLiteralsAndSecretsKeepTheRest(t *testing.T) {
	t.Parallel()
	const text = `DEFINE USER u ON ROOT PASSWORD 's3cret' COMMENT "why"`
	require.Equal(t, `DEFINE USER u ON ROOT PASSWORD ? COMMENT ?`, WithoutLiterals(text))
	require.Equal(t, `DEFINE USER u ON ROOT PASSWORD '…' COMMENT "why"`, WithoutSecrets(text))
}
