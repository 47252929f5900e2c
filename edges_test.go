package surrealsql_test

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
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What a program does that nobody thought of. Each story ends with the connection
// as good as before, or given up without a trace.

func TestTextsThatAreNoTextsCostNoConnection(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	requireUnbroken(t, db, func() {
		for _, text := range []string{
			"\ufeffRETURN 1", "RETURN 1\x00", strings.Repeat("(", 5000), "RETURN " + strings.Repeat("[", 300) + strings.Repeat("]", 300),
			"RETURN '", "RETURN `", "RETURN ⟨", "/*", "RETURN r'", "}", "]", ")", "RETURN {{{{", "$", "RETURN $", "RETURN /", "\\",
		} {
			err := exec(t.Context(), db, text)
			require.True(t, surrealsql.IsParse(err), "%q: %v", text, err)
			requireGood(t, db)
		}
		for _, text := range []string{"RETURN '\xff'", "RETURN 1 -- \xff\xfe"} {
			require.Error(t, exec(t.Context(), db, text), "%q is not UTF-8", text)
			requireGood(t, db)
		}
		require.NoError(t, exec(t.Context(), db, "RETURN '\x00'"))
	})
}

func TestArgumentsThatCannotBeSentCostNoConnection(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t)
	var deep any = 1
	for range 2000 {
		deep = []any{deep}
	}
	type ring struct{ Next *ring }
	endless := &ring{}
	endless.Next = endless
	for _, arg := range []any{
		"\xff", map[string]any{"\xff": 1}, deep, endless, uint64(1 << 63), complex(1, 2), func() {}, make(chan int), []any{make(chan int)},
		struct{ X func() }{func() {}}, sql.Out{}, surrealsql.Decimal("one"), surrealsql.UUID("x"), surrealsql.RecordID("x"),
	} {
		requireUnbroken(t, db, func() {
			before := proxy.Stats().BytesToServer
			require.Error(t, exec(t.Context(), db, `RETURN $1`, arg))
			requireNothingSent(t, proxy, before)
		})
	}
}

func TestAContextThatEndsWhileRowsAreOpenCostsNoConnection(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	requireUnbroken(t, db, func() {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, `RETURN [{ a: 1 }, { a: 2 }]; RETURN 3`)
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		for rows.Next() { // until database/sql has noticed
		}
		require.NoError(t, rows.Close())
	})
	requireUnbroken(t, db, func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, exec(ctx, db, `RETURN 1`), context.Canceled)
		_, err := db.BeginTx(ctx, nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// No live query can be asked for, but who knows what another layer does.
func TestLiveNotificationsAreNotTakenForReplies(t *testing.T) {
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
	db := solo(openDB(t, srv.DSN()))
	for n := range 30 {
		text := fmt.Sprintf("RETURN %d", n)
		require.Equal(t, text, queryOne[string](t, db, text))
		tx := begin(t, db)
		require.Equal(t, text, queryOne[string](t, tx, text))
		require.NoError(t, tx.Commit())
	}
	require.Equal(t, 1, srv.Connections())
}

func TestManyGoroutinesMayShareATransaction(t *testing.T) {
	t.Parallel()
	db := solo(newDB(t))
	tx := begin(t, db)
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
	require.Equal(t, 60, countOf(t, db, "shared"))
}

// shareRows writes and reads in a transaction that others use meanwhile. It runs
// beside the test's goroutine.
func shareRows(t *testing.T, tx *sql.Tx, mine int) {
	if err := exec(t.Context(), tx, `CREATE shared SET of = $1`, mine); err != nil {
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

// A long reply may be read as it comes: what is behind it waits, and nested
// queries must not be mixed up with it.
func TestALongResultIsReadWithQueriesInBetween(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	const long = `SELECT n, text FROM array::range(0, 5000).map(|$n| { n: $n, text: string::repeat('x', 100) }); RETURN 'second'`
	for name, with := range map[string]func(f func(queryable)){
		"in a transaction": func(f func(queryable)) {
			tx := begin(t, db)
			f(tx)
			require.NoError(t, tx.Commit())
		},
		"on a lease": func(f func(queryable)) {
			conn := lease(t, db)
			f(conn)
			require.NoError(t, conn.Close())
		},
	} {
		requireUnbroken(t, db, func() {
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
						requireGood(t, q)
						require.True(t, surrealsql.IsThrown(scan(t.Context(), q, `THROW 'x'`)))
					}
				}
				require.NoError(t, rows.Err())
				require.Equal(t, 5000, seen)
				require.True(t, rows.NextResultSet())
				require.True(t, rows.Next())
				requireGood(t, q)
			})
		})
	}
}

// queryable is what *sql.Tx and *sql.Conn have in common.
type queryable interface {
	queryer
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func TestALongResultMayBeLeftAtItsBeginning(t *testing.T) {
	t.Parallel()
	db := solo(newDB(t))
	const long = `SELECT n, text FROM array::range(0, 4000).map(|$n| { n: $n, text: string::repeat('x', 1000) }); THROW 'behind'`
	for range 3 {
		rows, err := db.QueryContext(t.Context(), long)
		require.NoError(t, err)
		require.True(t, rows.Next())
		// It may cost the connection, what was to be read is long; but neither a
		// wrong answer nor a leak.
		_ = rows.Close()
		requireGood(t, db)
		require.Equal(t, 1, openConns(db))
	}
	tx := begin(t, db)
	mustExec(t, tx, `CREATE a:1`)
	rows, err := tx.QueryContext(t.Context(), `SELECT n, text FROM array::range(0, 4000).map(|$n| { n: $n, text: string::repeat('x', 1000) })`)
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	require.NoError(t, tx.Commit(), "a transaction must not be lost because rows are left")
	require.Equal(t, 1, countOf(t, db, "a"))

	conn := lease(t, db)
	raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "mine", 7) })
	require.NoError(t, scan(t.Context(), conn, `SELECT VALUE { n: $n, text: string::repeat('x', 1000 + $this.n) } FROM array::range(0, 4000).map(|$n| { n: $n })`, sql.Named("n", 1)))
	require.Equal(t, 7, queryOne[int](t, conn, `RETURN $mine`), "nor what a lease made of its session")
}

func TestAConnectionClosedUnderItsLeaseIsReplaced(t *testing.T) {
	t.Parallel()
	db := solo(newDB(t))
	conn := lease(t, db)
	raw(t, conn, func(c *surrealsql.Conn) error { return c.Close() })
	require.ErrorIs(t, exec(t.Context(), conn, `RETURN 1`), driver.ErrBadConn)
	_ = conn.Close()
	requireGood(t, db)
	require.Equal(t, 1, openConns(db))
}

func TestATextThatUsesAnotherDatabaseMayUseItsParameters(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	mustExec(t, db, `DEFINE DATABASE other; USE DB other; DEFINE PARAM $rate VALUE 7`)
	require.Equal(t, 7, queryOne[int](t, db, `USE DB other; RETURN $rate`))
	require.ErrorContains(t, scan(t.Context(), db, `RETURN $rate`), "no value for $rate")
}

func TestThousandsOfOrdinalsAreBound(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	text := "RETURN [" + strings.Repeat("$1, ", 999) + "$1000, " + strings.Repeat("$2, ", 1)
	args := []any{"one", "two"}
	for n := 3; n <= 1000; n++ {
		text += "$" + strconv.Itoa(n) + ", "
		args = append(args, n)
	}
	require.Equal(t, 1000, queryOne[int](t, db, text+"][999]", args...))
}
