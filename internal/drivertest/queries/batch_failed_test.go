package queries

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What a batch does with a query that is refused or fails, and with the others.

func TestBatchQueryThatFailsLeavesTheOthersTheirResults(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		results := send(t, db,
			query(`CREATE thing:1`),
			query(`RETURN 1; CREATE thing:1; RETURN 2`),
			query(`LET $x = THROW 'no'; RETURN 3`),
			query(`BEGIN; CREATE thing:2; CREATE thing:1; COMMIT`),
			query(`CREATE thing:3`),
			query(`SELECT VALUE id FROM thing`),
		)
		_, err := results.Exec()
		require.NoError(t, err)
		_, err = results.Query()
		var failed *surrealsql.BatchError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, 2, failed.Query)
		require.True(t, surrealsql.IsDuplicate(err), "%v", err)
		var e *surrealsql.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 2, e.Statement, "of its own")
		require.ErrorContains(t, results.QueryRow().Scan(new(int)), "no")
		_, err = results.Exec()
		require.True(t, surrealsql.IsDuplicate(err), "the block's root error: %v", err)
		_, err = results.Exec()
		require.NoError(t, err)
		rows, err := results.Query()
		require.NoError(t, err)
		var ids []surrealsql.RecordID
		for rows.Next() {
			var id surrealsql.RecordID
			require.NoError(t, rows.Scan(&id))
			ids = append(ids, id)
		}
		require.Equal(t, []surrealsql.RecordID{"thing:1", "thing:3"}, ids)
		require.NoError(t, results.Close(), "each error was told")
	})
}

func TestBatchCloseTellsTheErrorThatNobodyWasTold(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	results := send(t, db, query(`RETURN 1`), query(`THROW 'unseen'`), query(`RETURN 2`))
	require.Equal(t, "1", scanRow(t, results))
	require.ErrorContains(t, results.Close(), "unseen")
	drivertest.RequireGood(t, db)
}

func TestBatchThatDoesNotParseRunsNothingAndSaysWhichQueryAndWhere(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE thing`)
	drivertest.RequireUnbroken(t, db, func() {
		_, err := surrealsql.SendBatch(t.Context(), db, batchOf(
			query(`CREATE thing SET a = $1`, 1),
			query("SELECT *\nFROM thing WHERE $1 = $2 SELEC", 1, 2),
			query(`CREATE thing`),
		))
		var failed *surrealsql.BatchError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, 2, failed.Query)
		require.True(t, surrealsql.IsParse(err))
		var e *surrealsql.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 2, e.Line)
		require.Equal(t, 26, e.Column, "%v", e)
		require.Equal(t, 0, drivertest.CountOf(t, db, "thing"))
	})
}

func TestBatchQueryThatIsNotClosedIsRefused(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE thing:1`)
	for _, queries := range [][][]any{
		{query(`RETURN 1; /*`), query(`*/ DELETE thing`)},
		{query(`RETURN '`), query(`'; DELETE thing`)},
		{query("RETURN `a"), query("`; DELETE thing")},
		{query(`FOR $x IN [1] {`), query(`DELETE thing`), query(`}`)},
		{query(`RETURN [`), query(`1]`)},
		{query(`RETURN (`), query(`1)`)},
		{query(`RETURN { a: `), query(`1 }`)},
		{query(`RETURN function() {`), query(`}`)},
		{query(`RETURN 1 +`), query(`1`)},
		{query(`RETURN 1; -- $1`), query(`DELETE $x`, sql.Named("x", "no\nthing"))},
	} {
		results, err := surrealsql.SendBatch(t.Context(), db, batchOf(queries...))
		if err == nil {
			err = results.Close()
		}
		require.Error(t, err, "%v", queries)
		require.Equal(t, 1, drivertest.CountOf(t, db, "thing"), "%v", queries)
	}
}

func TestBatchQueryIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	require.NoError(t, db.PingContext(t.Context()))
	for text, q := range map[string][]any{
		"argument 2 is not used":       query(`RETURN $1`, 1, 2),
		"2 positional":                 query(`RETURN $1`, 1, 2),
		"the text uses $1 to $2":       query(`RETURN $1 + $2`, 1),
		"no value":                     query(`RETURN $missing`),
		"argument \"y\" is not used":   query(`RETURN $x`, sql.Named("x", 1), sql.Named("y", 1)),
		"cannot be sent":               query(`RETURN $1`, make(chan int)),
		"USE":                          query(`USE NS a DB b`),
		"OPTION":                       query(`OPTION IMPORT; CREATE a`),
		"LIVE SELECT":                  query(`LIVE SELECT * FROM person`),
		"begins a block":               query(`BEGIN; CREATE a`),
		"ends no block":                query(`COMMIT`),
		"set by":                       query(`RETURN $local`),
		"UTF-8":                        query("RETURN '\xff'"),
		"surrealsql.Args takes a map":  append([]any{`RETURN 1`}, surrealsql.Args(1)...),
		"ambiguous":                    query(`SELECT name AS x, age AS x FROM person`),
		"is SurrealDB's own and canno": query(`RETURN $session`, sql.Named("session", 1)),
	} {
		before := proxy.Stats().BytesToServer
		_, err := surrealsql.SendBatch(t.Context(), db, batchOf(query(`RETURN 1`), query(`LET $local = $1`, 1), q, query(`RETURN 3`)))
		var failed *surrealsql.BatchError
		if text != "no value" {
			require.ErrorAs(t, err, &failed, text)
			require.Equal(t, 3, failed.Query, "%v", err)
		}
		require.Error(t, err, text)
		if text != "no value" && text != "cannot be sent" {
			drivertest.RequireNothingSent(t, proxy, before, text)
		}
	}
}

func TestBatchOnReadOnlyConnectionRefusesTheWriteByItsNumber(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.ReadOnly = true })
	_, err := surrealsql.SendBatch(t.Context(), db, batchOf(query(`RETURN 1`), query(`RETURN 2; CREATE thing`)))
	require.ErrorIs(t, err, surrealsql.ErrReadOnly)
	require.ErrorContains(t, err, "query 2 of the batch")
	require.ErrorContains(t, err, "statement 2 (CREATE)")
}

func TestBatchCallbackThatPanicsLeavesTheConnectionFree(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		var b surrealsql.Batch
		b.Queue(`RETURN [1, 2]`).Query(func(*surrealsql.BatchRows) error { panic("boom") })
		b.Queue(`RETURN 3`)
		results, err := surrealsql.SendBatch(t.Context(), db, &b)
		require.NoError(t, err)
		require.PanicsWithValue(t, "boom", func() { _ = results.Close() })
		require.NoError(t, results.Close())
	})
}

func TestBatchQueryWhoseColumnsCannotBeToldApartLeavesTheOthersTheirResults(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		drivertest.MustExec(t, db, `CREATE thing:1 SET n = 1`)
		const same = `SELECT n + 1.5, n + 1.50, n FROM thing`
		results := send(t, db, query(same), query(`RETURN 1`), query(same), query(same), query(`RETURN 2`))
		for i, want := range []string{"", "1", "", "exec", "2"} {
			switch want {
			case "":
				_, err := results.Query()
				require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns)
				require.ErrorContains(t, err, fmt.Sprintf("query %d of the batch", i+1))
			case "exec":
				_, err := results.Exec()
				require.NoError(t, err, "nobody asks for columns")
			default:
				require.Equal(t, want, scanRow(t, results))
			}
		}
		require.NoError(t, results.Close())
	})
}

func TestBatchQueryWithoutAValueIsNamed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	_, err := surrealsql.SendBatch(t.Context(), db, batchOf(query(`RETURN $n`, sql.Named("n", 1)), query(`CREATE thing SET n = $n`)))
	var of *surrealsql.BatchError
	require.ErrorAs(t, err, &of)
	require.Equal(t, 2, of.Query)
	require.ErrorContains(t, err, "no value for $n")
}

func TestBatchThatIsGivenUpSaysSo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	_, err := surrealsql.SendBatch(ctx, db, batchOf(query(`RETURN 1`), query(`SLEEP 1m`)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	drivertest.RequireGood(t, db)
}
