package failing

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

// Most of these tools quote names by double quotes, for which SurrealDB has no error: "name"
// is a string.
func TestDoubleQuotesMakeStringsOfNames(t *testing.T) {
	t.Parallel()
	db := open(t)
	for text, want := range map[string][]string{
		`SELECT VALUE name FROM person WHERE name = 'Ada'`:       {"Ada"},
		"SELECT VALUE `name` FROM `person` WHERE `name` = 'Ada'": {"Ada"},
		`SELECT VALUE name FROM person WHERE "name" = 'Ada'`:     nil,
		`SELECT VALUE "name" FROM person`:                        {"name"},
		`SELECT VALUE $this FROM "person"`:                       {"person"},
	} {
		got, err := surrealsql.All[string](t.Context(), db, text)
		require.NoError(t, err, text)
		require.ElementsMatch(t, want, got, text)
	}
}
