package surrealsql_test

import (
	"database/sql"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// Result sets: one for each statement, in the order of the text, with their rows and errors.

func TestResultSetsAreTheStatementsInTheTextsOrder(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for text, want := range map[string][]string{
		`RETURN 1; RETURN 2; RETURN 3`:                                                    {"[value] [1]", "[value] [2]", "[value] [3]"},
		`RETURN 1;;; RETURN 2;`:                                                           {"[value] [1]", "[value] [2]"},
		`SELECT b, a FROM [{a: 1, b: 2}, {a: 3, b: 4}]; RETURN 'x'`:                       {"[b a] [2 1] [4 3]", "[value] [x]"},
		`CREATE a:1 SET n = 1; CREATE a:2 SET n = 2; SELECT n, id FROM a`:                 {"[id n] [a:1 1]", "[id n] [a:2 2]", "[n id] [1 a:1] [2 a:2]"},
		`SELECT * FROM []; RETURN 1`:                                                      {"[]", "[value] [1]"},
		`RETURN []; RETURN 1`:                                                             {"[value] [[]]", "[value] [1]"},
		`RETURN NONE; RETURN NULL; RETURN 1`:                                              {"[value] [<nil>]", "[value] [<nil>]", "[value] [1]"},
		`DEFINE TABLE x; RETURN 1`:                                                        {"[]", "[value] [1]"},
		`RETURN "a;b"; -- c; d` + "\n" + `RETURN 2 /* ; */`:                               {"[value] [a;b]", "[value] [2]"},
		`IF true { RETURN 1; RETURN 2 } ELSE { RETURN 3 }; RETURN 4`:                      {"[value] [1]", "[value] [4]"},
		`{ LET $x = 1; RETURN $x }; RETURN 2`:                                             {"[value] [1]", "[value] [2]"},
		`RETURN { a: 1, b: ';' }; RETURN [{ c: 1 }, { c: 2 }]`:                            {"[a b] [1 ;]", "[c] [1] [2]"},
		`FOR $i IN [1, 2] { CREATE type::record('loop', $i) }; SELECT VALUE id FROM loop`: {"[]", "[value] [loop:1] [loop:2]"},
	} {
		got, err := drivertest.ResultSets(t, db, text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestResultSetsLackStatementsWithoutAResult(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	for text, want := range map[string][]string{
		`LET $x = 1; RETURN $x`:                                       {"[value] [1]"},
		`RETURN 1; LET $x = 2; RETURN $x`:                             {"[value] [1]", "[value] [2]"},
		`BEGIN; CREATE b:1; COMMIT`:                                   {"[id] [b:1]"},
		`BEGIN TRANSACTION; CREATE b:2; RETURN 2; COMMIT TRANSACTION`: {"[id] [b:2]", "[value] [2]"},
		`BEGIN; LET $x = 3; RETURN $x; COMMIT; RETURN 4`:              {"[value] [3]", "[value] [4]"},
		`OPTION IMPORT; RETURN 1`:                                     {"[value] [1]"},
		`LET $x = 1`:                                                  {"[]"},
		`BEGIN; COMMIT`:                                               {"[]"},
		``:                                                            {"[]"},
		` ; -- nothing`:                                               {"[]"},
	} {
		got, err := drivertest.ResultSets(t, db, text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	ns := drivertest.QueryOne[string](t, db, `RETURN session::ns()`)
	got, err := drivertest.ResultSets(t, db, "USE DB other; RETURN session::db(); USE NS `"+ns+"` DB third; RETURN session::db()")
	require.NoError(t, err)
	require.Equal(t, []string{"[value] [other]", "[value] [third]"}, got)
}

func TestQueryRowServesLetAndSelect(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:1 SET name = 'Tobie', age = 41; CREATE person:2 SET name = 'Jaime', age = 39`)
	var (
		name string
		age  int
	)
	require.NoError(t, db.QueryRowContext(t.Context(),
		`LET $min = $1; SELECT name, age FROM person WHERE age > $min`, 40).Scan(&name, &age))
	require.Equal(t, "Tobie", name)
	require.Equal(t, 41, age)

	require.Equal(t, 41, drivertest.QueryOne[int](t, db, `BEGIN; LET $p = person:1; SELECT VALUE age FROM $p; COMMIT`))

	require.ErrorIs(t, drivertest.Scan(t.Context(), db, `LET $x = 1; SELECT * FROM person WHERE age = $x`), sql.ErrNoRows)
	require.ErrorIs(t, drivertest.Scan(t.Context(), db, `LET $x = 1`), sql.ErrNoRows)
	drivertest.RequireGood(t, db)
}

func TestResultSetVariableThatIsRedefinedDoesNotOutliveItsText(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	here := drivertest.QueryOne[string](t, db, `RETURN session::db()`)
	drivertest.MustExec(t, db, `LET $x = 1; USE DB elsewhere`)
	require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $x`), "no value for $x")
	require.Equal(t, here, drivertest.QueryOne[string](t, db, `RETURN session::db()`))
}

func TestResultSetErrorSurfacesWhenItIsReached(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		read, err := drivertest.ResultSets(t, db, `RETURN 1; THROW 'second'; RETURN 3`)
		require.Equal(t, []string{"[value] [1]"}, read)
		require.True(t, surrealsql.IsThrown(err), "%v", err)
		var e *surrealsql.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 2, e.Statement)
		require.ErrorContains(t, err, "statement 2")
		require.ErrorContains(t, err, "second")
	})
	drivertest.RequireUnbroken(t, db, func() { // the first: Query itself tells
		_, err := db.QueryContext(t.Context(), `THROW 'first'; RETURN 2`)
		require.True(t, surrealsql.IsThrown(err), "%v", err)
	})
	drivertest.RequireUnbroken(t, db, func() { // the error of a LET is the error of the set after it
		_, err := db.QueryContext(t.Context(), `LET $x = { THROW 'let' }; RETURN $x`)
		require.True(t, surrealsql.IsThrown(err), "%v", err)
		read, err := drivertest.ResultSets(t, db, `RETURN 1; LET $x = { THROW 'let' }; RETURN 2`)
		require.Equal(t, []string{"[value] [1]"}, read)
		require.True(t, surrealsql.IsThrown(err), "%v", err)
	})
}

func TestResultSetErrorOfAnUnreadStatementIsNotLost(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	const text = `RETURN 1; RETURN 2; THROW 'unread'; RETURN 4`
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Scan(t.Context(), db, text)
		require.True(t, surrealsql.IsThrown(err), "QueryRow: %v", err)
	})
	drivertest.RequireUnbroken(t, db, func() {
		rows, err := db.QueryContext(t.Context(), text)
		require.NoError(t, err)
		require.True(t, surrealsql.IsThrown(rows.Close()), "Close without reading")
		require.NoError(t, rows.Close(), "it was told once")
	})
	drivertest.RequireUnbroken(t, db, func() {
		rows, err := db.QueryContext(t.Context(), text)
		require.NoError(t, err)
		require.True(t, rows.Next())
		require.True(t, rows.NextResultSet())
		require.True(t, rows.Next())
		require.True(t, surrealsql.IsThrown(rows.Close()), "Close in the middle")
	})
	drivertest.RequireUnbroken(t, db, func() {
		_, err := db.ExecContext(t.Context(), text)
		require.True(t, surrealsql.IsThrown(err), "Exec: %v", err)
	})
	drivertest.RequireUnbroken(t, db, func() { // no statement of the text has a result set
		err := drivertest.Scan(t.Context(), db, `LET $x = 1; LET $y = { THROW 'let' }`)
		require.True(t, surrealsql.IsThrown(err), "%v", err)
	})
}

func TestResultSetsAfterAnErrorAreThereToo(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Exec(t.Context(), db, `CREATE a:1; CREATE a:1; CREATE a:2`)
		require.True(t, surrealsql.IsDuplicate(err), "%v", err)
	})
	require.Equal(t, 2, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
}

func TestExecReportsTheRootErrorOfABlock(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	const text = `BEGIN; CREATE a:1; CREATE b:1; CREATE a:1; CREATE c:1; COMMIT`
	drivertest.RequireUnbroken(t, db, func() {
		err := drivertest.Exec(t.Context(), db, text)
		require.True(t, surrealsql.IsDuplicate(err), "not what the neighbours say: %v", err)
		var e *surrealsql.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 4, e.Statement)
	})
	drivertest.RequireUnbroken(t, db, func() {
		_, err := db.QueryContext(t.Context(), text)
		require.True(t, surrealsql.IsDuplicate(err), "%v", err)
		require.True(t, surrealsql.IsDuplicate(drivertest.Scan(t.Context(), db, text)))
	})
	drivertest.MustExec(t, db, `DEFINE TABLE a; DEFINE TABLE b`)
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a, b)`), "the block failed as a whole")
}

func TestExecOfABlockThatIsCancelledLeavesNothing(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.RequireUnbroken(t, db, func() {
		require.Error(t, drivertest.Exec(t.Context(), db, `BEGIN; CREATE a:1; CANCEL`))
		_, err := drivertest.ResultSets(t, db, `BEGIN; CREATE a:1; CANCEL`)
		require.Error(t, err)
	})
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
	drivertest.RequireUnbroken(t, db, func() {
		require.Error(t, drivertest.Exec(t.Context(), db, `BEGIN; CREATE a:1`), "BEGIN without COMMIT is an error")
	})
	require.Equal(t, 0, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a)`))
	drivertest.RequireUnbroken(t, db, func() {
		require.Error(t, drivertest.Exec(t.Context(), db, `COMMIT`))
		require.Error(t, drivertest.Exec(t.Context(), db, `CANCEL`))
	})
}

func TestRowsMayBeLeftBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		for range 3 {
			rows, err := db.QueryContext(t.Context(), `RETURN array::range(1, 1000).map(|$n| { n: $n }); RETURN 2; SELECT * FROM [{ a: 1 }, { b: 2 }]`)
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.NoError(t, rows.Close())
			require.False(t, rows.Next())
		}
	})
}

func TestRowsAreNotMixedWithAQueryWhileTheyAreOpen(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `FOR $i IN 1..=50 { CREATE type::record('n', $i) SET v = $i, text = string::repeat('x', 300) }`)
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(t.Context(), `SELECT v, text FROM n ORDER BY v; SELECT VALUE v FROM n ORDER BY v DESC`)
	require.NoError(t, err)
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var (
			v    int
			text sql.RawBytes
		)
		require.NoError(t, rows.Scan(&v, &text))
		seen++
		require.Equal(t, seen, v)
		require.Len(t, text, 300)
		// The nested one: a reply of its own on the same connection, larger and smaller.
		require.Equal(t, v*2, drivertest.QueryOne[int](t, conn, `SELECT VALUE v * 2 FROM ONLY n WHERE v = $1 LIMIT 1`, v))
		require.Len(t, drivertest.QueryOne[string](t, conn, `RETURN string::repeat('y', $1 * 1000)`, v), v*1000)
		require.True(t, surrealsql.IsThrown(drivertest.Exec(t.Context(), conn, `THROW 'x'`)))
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 50, seen)
	require.True(t, rows.NextResultSet())
	for ; rows.Next(); seen-- {
		var v int
		require.NoError(t, rows.Scan(&v))
		require.Equal(t, seen, v)
		drivertest.MustExec(t, conn, `UPDATE n SET seen = $1`, v)
	}
	require.Zero(t, seen)
	require.NoError(t, rows.Close())
	drivertest.RequireGood(t, conn)
}

func TestRowsOfSeveralQueriesOnOneConnectionDoNotMix(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	var open []*sql.Rows
	for i := range 5 {
		rows, err := conn.QueryContext(t.Context(), `SELECT s, n FROM array::range($1, $1 + 100).map(|$n| { n: $n, s: <string>$n + $2 })`, i*100, fmt.Sprint("/", i))
		require.NoError(t, err)
		defer rows.Close()
		open = append(open, rows)
	}
	for at := range 100 {
		for i, rows := range open {
			require.True(t, rows.Next())
			var (
				n int
				s string
			)
			require.NoError(t, rows.Scan(&s, &n))
			require.Equal(t, i*100+at, n)
			require.Equal(t, fmt.Sprintf("%d/%d", n, i), s)
		}
	}
	for _, rows := range open {
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	drivertest.RequireGood(t, conn)
}

func TestRowsErrorAfterThemSurvivesANestedQuery(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	rows, err := conn.QueryContext(t.Context(), `RETURN 1; THROW 'behind'; RETURN 3`)
	require.NoError(t, err)
	drivertest.RequireGood(t, conn)
	require.True(t, rows.Next())
	drivertest.RequireGood(t, conn)
	err = rows.Close()
	require.True(t, surrealsql.IsThrown(err), "%v", err)
	require.ErrorContains(t, err, "behind")
	drivertest.RequireGood(t, conn)
}

func TestRowsOutliveNoLease(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		conn := drivertest.Lease(t, db)
		rows, err := conn.QueryContext(t.Context(), `RETURN [{ a: 1 }, { a: 2 }]`)
		require.NoError(t, err)
		require.True(t, rows.Next())
		// database/sql lets the lease go when its rows are closed.
		require.NoError(t, rows.Close())
		require.NoError(t, conn.Close())
		require.ErrorIs(t, drivertest.Exec(t.Context(), conn, `RETURN 1`), sql.ErrConnDone)
	})
}

func TestScanErrorLeavesTheConnectionGood(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		var n int
		require.Error(t, db.QueryRowContext(t.Context(), `RETURN 'x'`).Scan(&n))
		require.Error(t, db.QueryRowContext(t.Context(), `SELECT a, b FROM { a: 1, b: 2 }`).Scan(&n))
		require.ErrorIs(t, db.QueryRowContext(t.Context(), `SELECT * FROM []`).Scan(), sql.ErrNoRows)
	})
}

// A result that has no CBOR form makes the server's whole reply fail.
func TestResultSetThatCannotBeSentIsAnErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		for _, text := range []string{`RETURN |$x| $x`, `RETURN 1; RETURN /re/`} {
			err := drivertest.Scan(t.Context(), db, text)
			require.Error(t, err, text)
			require.NotErrorIs(t, err, io.EOF)
			require.False(t, surrealsql.IsConnectivity(err), "%v", err)
		}
	})
}

func TestColumnsThatAreAmbiguousAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.RequireUnbroken(t, db, func() {
		before := proxy.Stats().BytesToServer
		err := drivertest.Scan(t.Context(), db, `CREATE x:1 SET a = 1 RETURN a AS n, b AS n`)
		require.ErrorIs(t, err, surrealsql.ErrAmbiguousColumns)
		drivertest.RequireNothingSent(t, proxy, before)
	})
}
