package pool_test

// Where Routed sends a text, on the real engine.

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func requireNothingHeld(t testing.TB, p *pool.Pool) {
	t.Helper()
	for _, each := range append(p.Replicas(), p) {
		require.Zero(t, each.Stats().Held)
	}
}

func TestRoutedReadsGoToReplicasAndEverythingElseToTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	db := f.Routed()
	require.Same(t, db, f.Routed())
	run := func(text string) func() error {
		return func() error {
			_, err := db.ExecContext(t.Context(), text)
			return err
		}
	}
	query := func(text string) func() error {
		return func() error {
			rows, err := db.QueryContext(t.Context(), text)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Close()
		}
	}
	inTx := func(opts *sql.TxOptions) func() error {
		return func() error {
			tx, err := db.BeginTx(t.Context(), opts)
			if err != nil {
				return err
			}
			drivertest.QueryOne[int](t, tx, `RETURN 1`)
			return tx.Commit()
		}
	}
	for _, c := range []struct {
		what string
		do   func() error
		to   string
	}{
		{"a read", query(`SELECT * FROM a`), "1"},
		{"a read by Exec", run(`SELECT * FROM a`), "1"},
		{"reads", query(`LET $x = 1; SELECT * FROM a WHERE n = $x; RETURN 1`), "1"},
		{"a write", run(`CREATE a:1`), "w"},
		{"a write by Query", query(`UPSERT a:1`), "w"},
		{"reads and a write", query(`SELECT * FROM a; CREATE a`), "w"},
		{"a read that writes", query(`SELECT * FROM (CREATE a)`), "w"},
		{"what the text does not show", query(`RETURN [1].map(|$x| $x)`), "1"},
		{"a definition", run(`DEFINE FUNCTION fn::f() { RETURN 1 }`), "w"},
		{"a function of the database", query(`RETURN fn::f()`), "w"},
		{"a transaction in a text", run(`BEGIN; SELECT * FROM a; COMMIT`), "w"},
		{"a transaction", inTx(nil), "w"},
		{"a read-only transaction", inTx(&sql.TxOptions{ReadOnly: true}), "w"},
		{"a ping", func() error { return db.PingContext(t.Context()) }, "w"},
	} {
		require.NoError(t, c.do(), c.what)
		require.Equal(t, c.to, f.asked(), c.what)
		requireNothingHeld(t, f.Pool)
	}
}

func TestRoutedReadOfAnotherDatabaseGoesToTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	for want, session := range map[string]surrealsql.Session{
		"w": {Database: "tenant"},
		"1": {Variables: map[string]any{"name": "tenant"}},
	} {
		ctx := surrealsql.WithSession(t.Context(), session)
		var n int
		require.NoError(t, f.Routed().QueryRowContext(ctx, `RETURN 1`).Scan(&n))
		require.Equal(t, want, f.asked())
	}
}

func TestRoutedStatementsAreRoutedWhenTheyRun(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 2, pool.Settings{})
	f.warm(t)
	read, err := f.Routed().PrepareContext(t.Context(), `SELECT VALUE n FROM a WHERE n = $1`)
	require.NoError(t, err)
	write, err := f.Routed().PrepareContext(t.Context(), `CREATE a SET n = $1`)
	require.NoError(t, err)
	require.Empty(t, f.asked())
	_, err = write.ExecContext(t.Context(), 7)
	require.NoError(t, err)
	require.Equal(t, "w", f.asked())
	order := ""
	for range 2 {
		var n int
		require.NoError(t, read.QueryRowContext(t.Context(), 7).Scan(&n))
		require.Equal(t, 7, n)
		order += f.asked()
	}
	require.ElementsMatch(t, []byte("12"), []byte(order))
	require.NoError(t, read.Close())
	require.NoError(t, write.Close())
	requireNothingHeld(t, f.Pool)
}

func TestRoutedConnReadsFromOneReplicaUntilItNeedsTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 2, pool.Settings{})
	f.warm(t)
	conn, err := f.Routed().Conn(t.Context())
	require.NoError(t, err)
	drivertest.QueryOne[int](t, conn, `RETURN 1`)
	first := f.asked()
	drivertest.QueryOne[int](t, conn, `RETURN 1`)
	require.Equal(t, first, f.asked())
	rows, err := conn.QueryContext(t.Context(), `SELECT VALUE $this FROM [1, 2, 3]`)
	require.NoError(t, err)
	require.True(t, rows.Next())
	f.asked()
	drivertest.MustExec(t, conn, `CREATE a:1`) // while rows of the replica are open
	require.Equal(t, "w", f.asked())
	require.True(t, rows.Next())
	var n int
	require.NoError(t, rows.Scan(&n))
	require.Equal(t, 2, n)
	require.NoError(t, rows.Close())
	require.Equal(t, 1, drivertest.QueryOne[int](t, conn, `RETURN count(SELECT * FROM a)`))
	require.Equal(t, "w", f.asked(), "it reads what it wrote")
	require.NoError(t, conn.Close())
	requireNothingHeld(t, f.Pool)
	drivertest.QueryOne[int](t, f.Routed(), `RETURN 1`)
	require.NotEqual(t, "w", f.asked(), "with the lease that ends")
}

func TestRoutedConnChangesTheSessionOnTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	conn, err := f.Routed().Conn(t.Context())
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(c any) error {
		w, err := c.(*pool.RoutedConn).Writer(t.Context())
		if err != nil {
			return err
		}
		return w.Let(t.Context(), "mine", 42)
	}))
	require.Equal(t, 42, drivertest.QueryOne[int](t, conn, `RETURN $mine`))
	require.NoError(t, conn.Close())
	err = f.DB().QueryRowContext(t.Context(), `RETURN $mine`).Scan(new(int))
	require.ErrorContains(t, err, "no value for $mine", "it is over with the lease")
}

// As sql.DB closes its own connection then.
func TestRoutedConnThatIsGivenUpClosesWhatItLeased(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	for _, given := range []error{nil, driver.ErrBadConn} {
		conn := drivertest.Lease(t, f.Routed())
		drivertest.QueryOne[int](t, conn, `RETURN 1`)
		require.ErrorIs(t, conn.Raw(func(c any) error {
			_, err := c.(*pool.RoutedConn).Writer(t.Context())
			require.NoError(t, err)
			return given
		}), given)
		_ = conn.Close()
		requireNothingHeld(t, f.Pool)
		for _, each := range append(f.Replicas(), f.Pool) {
			if given == nil {
				require.Zero(t, each.Stats().Closed)
			} else {
				require.EqualValues(t, 1, each.Stats().ClosedBy[pool.ReasonBroken])
			}
		}
	}
}

func TestRoutedTxFailsAnInsertAsThatOfTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	drivertest.MustExec(t, f.DB(), `CREATE a:5`)
	var rows []map[string]any
	for i := range 9 {
		rows = append(rows, map[string]any{"id": i})
	}
	insert := func(db *sql.DB) string {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = surrealsql.Bulk{BatchRecords: 2}.Insert(t.Context(), tx, "a", rows)
		require.ErrorAs(t, err, new(*surrealsql.InsertError))
		require.NoError(t, tx.Rollback())
		return err.Error()
	}
	want := insert(f.DB())
	require.NotContains(t, want, "in force")
	require.Equal(t, want, insert(f.Routed()))
	require.Equal(t, 1, drivertest.CountOf(t, f.DB(), "a"))
}

func TestRoutedReadIsServedByTheNextWhereAReplicaCannotBeReached(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 2, pool.Settings{})
	f.warm(t)
	require.NoError(t, f.replicas[0].Refuse(true))
	f.replicas[0].CutAll(surrealtest.CutRST)
	require.Eventually(t, func() bool { return f.replicas[0].Stats().Open == 0 }, 5*time.Second, time.Millisecond)
	for range 4 {
		require.Equal(t, 1, drivertest.QueryOne[int](t, f.Routed(), `RETURN 1`))
		require.Equal(t, "2", f.asked())
	}
	require.NoError(t, f.replicas[1].Refuse(true))
	f.replicas[1].CutAll(surrealtest.CutRST)
	require.Eventually(t, func() bool { return f.replicas[1].Stats().Open == 0 }, 5*time.Second, time.Millisecond)
	for range 4 {
		require.Equal(t, 1, drivertest.QueryOne[int](t, f.Routed(), `RETURN 1`))
		require.Equal(t, "w", f.asked())
	}
	requireNothingHeld(t, f.Pool)
}

// A replica that is being shut down has run nothing of what it turns away, and its
// connection leaves the pool.
func TestRoutedReadIsServedElsewhereWhereAReplicaIsBeingShutDown(t *testing.T) {
	t.Parallel()
	serve := func(c *scripted.Conn) { c.Serve(func(r scripted.Request) { c.QueryResult(r.ID, 1) }) }
	writer := scripted.New(t, serve)
	ending := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			c.ReplyError(r.ID, -32000, "Internal", "The server is gracefully shutting down")
		})
	})
	other := scripted.New(t, serve)
	p, err := pool.Open(t.Context(), writer.DSN(), func(s *pool.Settings) { s.Replicas = []string{ending.DSN(), other.DSN()} })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	for range 10 {
		require.Equal(t, 1, drivertest.QueryOne[int](t, p.Routed(), `SELECT VALUE n FROM a`))
	}
	require.Equal(t, ending.Count("query"), ending.Connections(), "no connection is used again")
	require.Zero(t, writer.Count("query"))
	requireNothingHeld(t, p)
}

func TestRoutedRowsAreTheDriversOwn(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	rows, err := f.Routed().QueryContext(t.Context(), `SELECT a, b FROM [{ a: 1, b: 'x' }]; RETURN 2`)
	require.NoError(t, err)
	types, err := rows.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "int", types[0].DatabaseTypeName())
	require.True(t, rows.Next())
	var a int
	var b string
	require.NoError(t, rows.Scan(&a, surrealsql.Into(&b)))
	require.Equal(t, "x", b)
	require.True(t, rows.NextResultSet())
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	requireNothingHeld(t, f.Pool)
}

func TestRoutedConnImplementsWhatTheDriversConnDoes(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 0, pool.Settings{})
	conn, err := f.Routed().Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	require.NoError(t, conn.Raw(func(c any) error {
		for _, want := range []any{
			(*driver.Pinger)(nil), (*driver.ExecerContext)(nil), (*driver.QueryerContext)(nil), (*driver.ConnPrepareContext)(nil),
			(*driver.ConnBeginTx)(nil), (*driver.NamedValueChecker)(nil), (*driver.SessionResetter)(nil), (*driver.Validator)(nil),
		} {
			require.Implements(t, want, c)
		}
		rc := c.(*pool.RoutedConn)
		stmt, err := rc.Prepare(`RETURN 1`)
		require.NoError(t, err)
		_, err = stmt.Exec(nil) //lint:ignore SA1019 it must say which to use
		require.ErrorContains(t, err, "context")
		tx, err := rc.Begin()
		require.NoError(t, err)
		return tx.Rollback()
	}))
}

func TestRoutedCallersLeaveNothingHeld(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 2, pool.Settings{Max: 4})
	drivertest.MustExec(t, f.DB(), `DEFINE TABLE b; DEFINE TABLE c; CREATE a:1 SET n = 0`)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 10 {
				switch (i + j) % 4 {
				case 0:
					drivertest.QueryOne[int](t, f.Routed(), `SELECT VALUE n FROM ONLY a:1`)
				case 1:
					drivertest.MustExec(t, f.Routed(), `CREATE b`)
				case 2:
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(j)*time.Millisecond)
					_, _ = f.Routed().ExecContext(ctx, `SELECT * FROM b`)
					cancel()
				default:
					err := surrealsql.Retry{Attempts: -1}.RunTx(t.Context(), f.Routed(), nil, func(ctx context.Context, tx *sql.Tx) error {
						if _, err := tx.ExecContext(ctx, `UPDATE a:1 SET n += 1`); err != nil {
							return err
						}
						_, err := tx.ExecContext(ctx, `CREATE type::record('c', [$1, $2])`, i, j)
						return err
					})
					require.NoError(t, err)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, 50, drivertest.QueryOne[int](t, f.DB(), `RETURN count(SELECT * FROM c)`))
	requireNothingHeld(t, f.Pool)
}
