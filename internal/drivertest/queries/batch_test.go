package queries

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// A batch's queries run in order in one round trip, each with arguments and a result of its own.

// send sends queries, each a text and its arguments.
func send(t *testing.T, db surrealsql.Querier, queries ...[]any) *surrealsql.BatchResults {
	t.Helper()
	results, err := surrealsql.SendBatch(t.Context(), db, batchOf(queries...))
	require.NoError(t, err)
	t.Cleanup(func() { _ = results.Close() })
	return results
}

func batchOf(queries ...[]any) *surrealsql.Batch {
	var b surrealsql.Batch
	for _, q := range queries {
		b.Queue(q[0].(string), q[1:]...)
	}
	return &b
}

func query(text string, args ...any) []any { return append([]any{text}, args...) }

// scanRow is the next result's first row, as text.
func scanRow(t *testing.T, results *surrealsql.BatchResults) string {
	t.Helper()
	var v any
	require.NoError(t, results.QueryRow().Scan(&v))
	return fmt.Sprint(v)
}

func TestBatchRunsQueriesInOrderEachWithItsArguments(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	results := send(t, db,
		query(`CREATE person:ada SET name = $1, age = $2`, "Ada", 36),
		query(`CREATE person:bob SET name = $name, age = $1`, 18, sql.Named("name", "Bob")),
		query(`SELECT age, name FROM person WHERE age > $1 ORDER BY name`, 17),
		query(`UPDATE person SET age += $n WHERE name = $name`, sql.Named("n", 1), sql.Named("name", "Ada")),
		query(`RETURN $name + $1`, "!", sql.Named("name", "x")),
		query(`SELECT VALUE age FROM ONLY person:ada`),
	)
	for range 2 {
		result, err := results.Exec()
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	}
	rows, err := results.Query()
	require.NoError(t, err)
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.Equal(t, []string{"age", "name"}, columns, "as the author ordered them")
	var got []string
	for rows.Next() {
		var (
			age  int
			name string
		)
		require.NoError(t, rows.Scan(&age, &name))
		got = append(got, fmt.Sprint(age, name))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []string{"36Ada", "18Bob"}, got)
	result, err := results.Exec()
	require.NoError(t, err)
	n, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, "x!", scanRow(t, results))
	require.Equal(t, "37", scanRow(t, results))
	_, err = results.Exec()
	require.ErrorContains(t, err, "all results")
	require.NoError(t, results.Close())
	require.NoError(t, results.Close())
	_, err = results.Exec()
	require.ErrorContains(t, err, "closed")
	drivertest.RequireGood(t, db)
}

func TestBatchIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	var methods drivertest.Methods
	db := drivertest.Solo(drivertest.NewDB(t, methods.Use))
	drivertest.RequireGood(t, db) // the first that is to be streamed asks an old server whether it can
	before := methods.Count("query") + methods.Count("query_stream")
	var queries [][]any
	for n := range 20 {
		queries = append(queries, query(`RETURN $1 + $n`, n, sql.Named("n", n)))
	}
	results := send(t, db, queries...)
	for n := range 20 {
		require.Equal(t, fmt.Sprint(2*n), scanRow(t, results))
	}
	require.NoError(t, results.Close())
	require.Equal(t, 1, methods.Count("query")+methods.Count("query_stream")-before)
}

// The texts are each incomplete, and together would be something that nobody wrote.
func TestBatchInTransactionIsPartOfIt(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE thing`)
	tx := drivertest.Begin(t, db)
	results := send(t, tx, query(`CREATE thing:1 SET n = $1`, 1), query(`CREATE thing:2 SET n = $1`, 2), query(`SELECT VALUE n FROM thing WHERE n > $1`, 0))
	for range 2 {
		_, err := results.Exec()
		require.NoError(t, err)
	}
	rows, err := results.Query()
	require.NoError(t, err)
	n := 0
	for rows.Next() {
		n++
	}
	require.Equal(t, 2, n)
	require.NoError(t, results.Close())
	require.NoError(t, tx.Rollback())
	require.Equal(t, 0, drivertest.CountOf(t, db, "thing"))

	tx = drivertest.Begin(t, db)
	results = send(t, tx, query(`CREATE thing:1`), query(`CREATE thing:1`), query(`RETURN 1`))
	_, err = results.Exec()
	require.NoError(t, err)
	_, err = results.Exec()
	require.True(t, surrealsql.IsDuplicate(err), "%v", err)
	require.Equal(t, "1", scanRow(t, results))
	require.NoError(t, results.Close())
	require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed, "a write in it has failed")
	require.Equal(t, 0, drivertest.CountOf(t, db, "thing"))
}

func TestBatchCallbacksRunAtClose(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	var b surrealsql.Batch
	var (
		created int64
		names   []string
		count   int
	)
	b.Queue(`CREATE |thing:3| SET name = $1`, "x").Exec(func(result sql.Result) (err error) {
		created, err = result.RowsAffected()
		return err
	})
	b.Queue(`SELECT VALUE name FROM thing`).Query(func(rows *surrealsql.BatchRows) error {
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			names = append(names, name)
		}
		return nil
	})
	b.Queue(`RETURN count(SELECT * FROM thing)`).QueryRow(func(row *surrealsql.BatchRow) error { return row.Scan(&count) })
	require.Equal(t, 3, b.Len())
	for n := range 2 {
		names = nil
		results, err := surrealsql.SendBatch(t.Context(), db, &b)
		require.NoError(t, err)
		require.NoError(t, results.Close())
		require.EqualValues(t, 3, created)
		require.Len(t, names, 3*(n+1))
		require.Equal(t, 3*(n+1), count)
	}
	failure := errors.New("the program's")
	b.Queue(`RETURN 1`).QueryRow(func(*surrealsql.BatchRow) error { return failure })
	results, err := surrealsql.SendBatch(t.Context(), db, &b)
	require.NoError(t, err)
	require.ErrorIs(t, results.Close(), failure)
}

func TestBatchCountsDeletedRecordsAndShowsNone(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE |thing:9|; CREATE one:1, one:2`)
	for i, c := range []struct {
		text string
		want int64
		args []any
	}{
		{`RETURN 1; DELETE thing WHERE false`, 0, nil},
		{`DELETE one:1`, 1, nil},
		{`DELETE ONLY one:2 -- the last`, 1, nil},
		{`DELETE ONLY $1`, 0, []any{surrealsql.RecordID("one:3")}},
		{`LET $some = (SELECT VALUE id FROM thing LIMIT 2); DELETE $some; DELETE (SELECT * FROM thing LIMIT $1)`, 3, []any{1}},
		{`DELETE (SELECT * FROM thing LIMIT 1) RETURN BEFORE`, 1, nil},
		{`BEGIN; DELETE (SELECT * FROM thing LIMIT 2); COMMIT`, 2, nil},
		{`DELETE thing`, 3, nil},
	} {
		var b surrealsql.Batch
		b.Queue(`RETURN $1`, 7)
		b.Queue(c.text, c.args...)
		b.Queue(`RETURN $1`, 8)
		results, err := surrealsql.SendBatch(t.Context(), db, &b)
		require.NoError(t, err, c.text)
		require.Equal(t, "7", scanRow(t, results))
		result, err := results.Exec()
		require.NoError(t, err, c.text)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.Equal(t, c.want, n, "%d: %s", i, c.text)
		require.Equal(t, "8", scanRow(t, results))
		require.NoError(t, results.Close())
	}
	drivertest.MustExec(t, db, `CREATE |thing:3|`)
	results := send(t, db, query(`DELETE (SELECT * FROM thing LIMIT 2); RETURN 1`), query(`DELETE thing`), query(`DELETE thing`))
	rows, err := results.Query()
	require.NoError(t, err)
	columns, err := rows.Columns()
	require.NoError(t, err)
	require.Empty(t, columns, "as by itself")
	require.False(t, rows.Next())
	require.True(t, rows.NextResultSet())
	require.True(t, rows.Next())
	require.ErrorIs(t, results.QueryRow().Scan(new(any)), sql.ErrNoRows)
	all, err := surrealsql.BatchAll[map[string]any](results)
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestBatchQueryOfSeveralStatementsHasSeveralResultSets(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	results := send(t, db,
		query(`RETURN 1; LET $x = 2; RETURN $x; RETURN $1`, 3),
		query(`LET $y = 1`), query(``), query(`-- nothing`),
		query(`RETURN 4; -- the end`), query(`RETURN 5;;`))
	rows, err := results.Query()
	require.NoError(t, err)
	var got []int
	for {
		for rows.Next() {
			var n int
			require.NoError(t, rows.Scan(&n))
			got = append(got, n)
		}
		if !rows.NextResultSet() {
			break
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []int{1, 2, 3}, got)
	for range 3 {
		none, err := results.Query()
		require.NoError(t, err)
		require.False(t, none.Next())
		require.False(t, none.NextResultSet())
		require.NoError(t, none.Err())
	}
	require.Equal(t, "4", scanRow(t, results))
	require.Equal(t, "5", scanRow(t, results))
	require.False(t, rows.Next(), "they are over")
	require.Error(t, rows.Scan(new(int)))
}

// A variable of the session keeps its meaning, whatever others call their arguments.
func TestBatchKeepsVariablesOfTheSessionApartFromArguments(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "tenant", "acme") })
	results := send(t, conn,
		query(`RETURN $tenant`),
		query(`RETURN $tenant`, sql.Named("tenant", "other")),
		query(`RETURN [1].map(|$tenant| $tenant + 1)[0]`),
		query(`RETURN $tenant`))
	for _, want := range []string{"acme", "other", "2", "acme"} {
		require.Equal(t, want, scanRow(t, results))
	}
	require.NoError(t, results.Close())

	_, err := surrealsql.SendBatch(t.Context(), conn, batchOf(query(`LET $tenant = 1`), query(`RETURN $tenant`)))
	require.ErrorContains(t, err, "query 2 of the batch")
	require.ErrorContains(t, err, "$tenant, which query 1 sets with LET")
	results = send(t, conn, query(`LET $tenant = 1; RETURN $tenant`), query(`LET $tenant = 2; RETURN $tenant`), query(`RETURN $tenant`, sql.Named("tenant", 3)))
	for _, want := range []string{"1", "2", "3"} {
		require.Equal(t, want, scanRow(t, results))
	}
}

func TestBatchThatIsEmptySendsNothing(t *testing.T) {
	t.Parallel()
	results, err := surrealsql.SendBatch(t.Context(), nil, new(surrealsql.Batch))
	require.NoError(t, err)
	_, err = results.Query()
	require.ErrorContains(t, err, "all results")
	require.NoError(t, results.Close())
}

func TestBatchColumnsHaveTheNamesOfTheQuery(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE thing:1 SET n = 1`)
	var alone []string
	rows, err := db.QueryContext(t.Context(), `SELECT n, $1, $2 AS two, n + $1 FROM thing`, 1, 2)
	require.NoError(t, err)
	alone, err = rows.Columns()
	require.NoError(t, err)
	require.NoError(t, rows.Close())

	results := send(t, db, query(`RETURN $1`, 7), query(`SELECT n, $1, $2 AS two, n + $1 FROM thing`, 1, 2))
	require.Equal(t, "7", scanRow(t, results))
	of, err := results.Query()
	require.NoError(t, err)
	columns, err := of.Columns()
	require.NoError(t, err)
	require.Equal(t, alone, columns)
	require.True(t, of.Next())
	var n, one, two, sum int
	require.NoError(t, of.Scan(&n, &one, &two, &sum))
	require.Equal(t, []int{1, 1, 2, 2}, []int{n, one, two, sum})
}
