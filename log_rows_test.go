package surrealsql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestAQueryIsLoggedWithTheRowsThatWereReadWhenTheyAreClosed(t *testing.T) {
	t.Parallel()
	var book logbook
	db := newDB(t, withLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	last := func() map[string]any {
		records := book.records(t, "query")
		return records[len(records)-1]
	}
	for text, rows := range map[string]int{ // in one piece, and streamed
		`SELECT * FROM [{ n: 1 }, { n: 2 }, { n: 3 }]`: 3, `SELECT n FROM [{ n: 1 }, { n: 2 }, { n: 3 }]`: 3, `SELECT n FROM []`: 0,
	} {
		r, err := db.QueryContext(t.Context(), text)
		require.NoError(t, err)
		before := len(book.records(t, "query"))
		for r.Next() {
			require.Len(t, book.records(t, "query"), before, "not yet: %s", text)
		}
		require.NoError(t, r.Close())
		require.Len(t, book.records(t, "query"), before+1, "once: %s", text)
		require.EqualValues(t, rows, last()["rows"], text)
		require.Equal(t, text, last()["query"])
	}

	r, err := db.QueryContext(t.Context(), `SELECT n FROM [{ n: 1 }, { n: 2 }]; RETURN 3; THROW 'secret'`)
	require.NoError(t, err)
	require.True(t, r.Next())
	require.True(t, r.NextResultSet())
	require.True(t, r.Next())
	require.Error(t, r.Close())
	require.EqualValues(t, 2, last()["rows"], "those that were read")
	require.Equal(t, "surrealdb: statement 3: thrown by the query", last()["error"])

	mustExec(t, db, `CREATE a:1, a:2; UPDATE a SET n = 1`)
	require.EqualValues(t, 4, last()["rows"], "those that were affected")
	mustExec(t, db, `LET $x = 1`)
	require.EqualValues(t, 0, last()["rows"])
	require.NoError(t, db.PingContext(t.Context()))
	require.NotContains(t, last(), "rows", "a ping has none")
}

func TestAStreamThatBreaksIsLoggedWithItsError(t *testing.T) {
	t.Parallel()
	var book logbook
	db, proxy := proxied(t, withLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	rows, err := db.QueryContext(t.Context(), `SELECT $this AS i FROM $1`, numbers(200_000))
	require.NoError(t, err)
	require.True(t, rows.Next())
	proxy.CutAll(surrealtest.CutRST)
	for rows.Next() {
	}
	require.Error(t, rows.Err())
	_ = rows.Close()
	records := book.records(t, "query")
	require.Len(t, records, 1)
	require.Contains(t, records[0]["error"], "outcome is unknown")
	require.Positive(t, records[0]["rows"])
}
