package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What a program does that nobody thought of. Each story ends with the connection
// as good as before, or given up without a trace.

func TestEdgeTextsThatAreNoneCostNoConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		for _, text := range []string{
			"\ufeffRETURN 1", "RETURN 1\x00", strings.Repeat("(", 5000), "RETURN " + strings.Repeat("[", 300) + strings.Repeat("]", 300),
			"RETURN '", "RETURN `", "RETURN ⟨", "/*", "RETURN r'", "}", "]", ")", "RETURN {{{{", "$", "RETURN $", "RETURN /", "\\",
		} {
			err := drivertest.Exec(t.Context(), db, text)
			require.True(t, surrealsql.IsParse(err), "%q: %v", text, err)
			drivertest.RequireGood(t, db)
		}
		for _, text := range []string{"RETURN '\xff'", "RETURN 1 -- \xff\xfe"} {
			require.Error(t, drivertest.Exec(t.Context(), db, text), "%q is not UTF-8", text)
			drivertest.RequireGood(t, db)
		}
		require.NoError(t, drivertest.Exec(t.Context(), db, "RETURN '\x00'"))
	})
}

func TestEdgeArgsThatCannotBeSentCostNoConnection(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	var deep any = 1
	for range 2000 {
		deep = []any{deep}
	}
	type ring struct{ Next *ring }
	endless := &ring{}
	endless.Next = endless
	for _, arg := range []any{
		"\xff", map[string]any{"\xff": 1}, deep, endless, complex(1, 2), func() {}, make(chan int), []any{make(chan int)},
		struct{ X func() }{func() {}}, sql.Out{}, surrealsql.Decimal("one"), surrealsql.UUID("x"), surrealsql.RecordID("x"),
	} {
		drivertest.RequireUnbroken(t, db, func() {
			before := proxy.Stats().BytesToServer
			require.Error(t, drivertest.Exec(t.Context(), db, `RETURN $1`, arg))
			drivertest.RequireNothingSent(t, proxy, before)
		})
	}
}

func TestEdgeContextThatEndsWhileRowsAreOpenCostsNoConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.RequireUnbroken(t, db, func() {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, `RETURN [{ a: 1 }, { a: 2 }]; RETURN 3`)
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		for rows.Next() { // until database/sql has noticed
		}
		require.NoError(t, rows.Close())
	})
	drivertest.RequireUnbroken(t, db, func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, drivertest.Exec(ctx, db, `RETURN 1`), context.Canceled)
		_, err := db.BeginTx(ctx, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// No live query can be asked for, but who knows what another layer does.
func TestEdgeLiveNotificationsAreNotTakenForReplies(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			c.Message(scripted.Notification(map[string]any{"action": "CREATE", "result": "not yours"}))
			if r.Method == "query" {
				c.QueryResults(r.ID, scripted.OK(r.Text))
			} else {
				c.Answer(r)
			}
			c.Message(scripted.Notification(map[string]any{"action": "UPDATE", "result": "nor this"}))
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	for n := range 30 {
		text := fmt.Sprintf("RETURN %d", n)
		require.Equal(t, text, drivertest.QueryOne[string](t, db, text))
		tx := drivertest.Begin(t, db)
		require.Equal(t, text, drivertest.QueryOne[string](t, tx, text))
		require.NoError(t, tx.Commit())
	}
	require.Equal(t, 1, srv.Connections())
}

func TestEdgeTxMayBeSharedByManyGoroutines(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	tx := drivertest.Begin(t, db)
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 10 {
				shareRows(t, tx, g*100+i)
			}
		})
	}
	wg.Wait()
	require.NoError(t, tx.Commit())
	require.Equal(t, 60, drivertest.CountOf(t, db, "shared"))
}

// shareRows writes and reads in a transaction that others use meanwhile. It runs
// beside the test's goroutine.
func shareRows(t *testing.T, tx *sql.Tx, mine int) {
	if err := drivertest.Exec(t.Context(), tx, `CREATE shared SET of = $1`, mine); err != nil {
		t.Error(err)
	}
	rows, err := tx.QueryContext(t.Context(), `SELECT n, mine FROM array::range(0, 40).map(|$n| { n: $n, mine: $1 })`, mine)
	if err != nil {
		t.Error(err)
		return
	}
	defer rows.Close()
	for want := 0; rows.Next(); want++ {
		var n, of int
		if err := rows.Scan(&n, &of); err != nil || n != want || of != mine {
			t.Errorf("got %d of %d, %v; expected %d of %d", n, of, err, want, mine)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}

// A long reply may be read as it comes: what is after it waits, and nested
// queries must not be mixed up with it.
func TestEdgeLongResultIsReadWithQueriesInBetween(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	const long = `SELECT n, text FROM array::range(0, 5000).map(|$n| { n: $n, text: string::repeat('x', 100) }); RETURN 'second'`
	for name, with := range map[string]func(f func(queryable)){
		"in a transaction": func(f func(queryable)) {
			tx := drivertest.Begin(t, db)
			f(tx)
			require.NoError(t, tx.Commit())
		},
		"on a lease": func(f func(queryable)) {
			conn := drivertest.Lease(t, db)
			f(conn)
			require.NoError(t, conn.Close())
		},
	} {
		drivertest.RequireUnbroken(t, db, func() {
			with(func(q queryable) {
				rows, err := q.QueryContext(t.Context(), long)
				require.NoError(t, err, name)
				defer rows.Close()
				seen := 0
				for ; rows.Next(); seen++ {
					var (
						n    int
						text string
					)
					require.NoError(t, rows.Scan(&n, &text))
					require.Equal(t, seen, n)
					require.Len(t, text, 100)
					if n%1000 == 10 {
						drivertest.RequireGood(t, q)
						require.True(t, surrealsql.IsThrown(drivertest.Scan(t.Context(), q, `THROW 'x'`)))
					}
				}
				require.NoError(t, rows.Err())
				require.Equal(t, 5000, seen)
				require.True(t, rows.NextResultSet())
				require.True(t, rows.Next())
				drivertest.RequireGood(t, q)
			})
		})
	}
}

// queryable is what *sql.Tx and *sql.Conn have in common.
type queryable interface {
	drivertest.Queryer
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func TestEdgeLongResultMayBeLeftAtItsBeginning(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	const long = `SELECT n, text FROM array::range(0, 4000).map(|$n| { n: $n, text: string::repeat('x', 1000) }); THROW 'behind'`
	for range 3 {
		rows, err := db.QueryContext(t.Context(), long)
		require.NoError(t, err)
		require.True(t, rows.Next())
		// It may cost the connection, what was to be read is long; but neither a
		// wrong answer nor a leak.
		_ = rows.Close()
		drivertest.RequireGood(t, db)
		require.Equal(t, 1, drivertest.OpenConns(db))
	}
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	rows, err := tx.QueryContext(t.Context(), `SELECT n, text FROM array::range(0, 4000).map(|$n| { n: $n, text: string::repeat('x', 1000) })`)
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	require.NoError(t, tx.Commit(), "a transaction must not be lost because rows are left")
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))

	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "mine", 7) })
	require.NoError(t, drivertest.Scan(t.Context(), conn, `SELECT VALUE { n: $n, text: string::repeat('x', 1000 + $this.n) } FROM array::range(0, 4000).map(|$n| { n: $n })`, sql.Named("n", 1)))
	require.Equal(t, 7, drivertest.QueryOne[int](t, conn, `RETURN $mine`), "nor what a lease made of its session")
}

func TestEdgeConnClosedUnderItsLeaseIsReplaced(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Close() })
	require.ErrorIs(t, drivertest.Exec(t.Context(), conn, `RETURN 1`), driver.ErrBadConn)
	_ = conn.Close()
	drivertest.RequireGood(t, db)
	require.Equal(t, 1, drivertest.OpenConns(db))
}

func TestEdgeTextThatUsesAnotherDatabaseMayUseItsParameters(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE DATABASE other; USE DB other; DEFINE PARAM $rate VALUE 7`)
	require.Equal(t, 7, drivertest.QueryOne[int](t, db, `USE DB other; RETURN $rate`))
	require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $rate`), "no value for $rate")
}

func TestEdgeArgsByTheThousandAreBound(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	text := "RETURN [" + strings.Repeat("$1, ", 999) + "$1000, " + strings.Repeat("$2, ", 1)
	args := []any{"one", "two"}
	for n := 3; n <= 1000; n++ {
		text += "$" + strconv.Itoa(n) + ", "
		args = append(args, n)
	}
	require.Equal(t, 1000, drivertest.QueryOne[int](t, db, text+"][999]", args...))
}
