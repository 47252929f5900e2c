package transactions

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Transactions that lose their connection: in their middle nothing of them
// stays, and at Commit nobody knows.

// writing is a database behind a proxy, and a transaction there that has made a:1.
func writing(t *testing.T, change ...func(*surrealsql.Config)) (*sql.DB, *surrealtest.Proxy, *sql.Tx) {
	t.Helper()
	db, proxy := drivertest.Proxied(t, change...)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	return db, proxy, tx
}

func TestTxThatLosesItsConnectionLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]surrealtest.Cut{"FIN": surrealtest.CutFIN, "RST": surrealtest.CutRST} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, proxy, tx := writing(t)
			proxy.CutAll(how)

			err := drivertest.Exec(t.Context(), tx, `CREATE a:2`)
			require.Error(t, err)
			require.True(t, surrealsql.IsConnectivity(err), "%v", err)
			err = drivertest.Exec(t.Context(), tx, `CREATE a:3`)
			require.True(t, surrealsql.IsConnectivity(err), "%v", err)
			require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "this one was never sent")
			err = tx.Commit()
			require.Error(t, err)
			require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "Commit was never sent: nothing is in force")
			require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
			drivertest.RequireGood(t, db)
		})
	}
}

func TestTxRollbackSucceedsAfterItsConnectionWasLost(t *testing.T) {
	t.Parallel()
	db, proxy, tx := writing(t)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a:2`))
	require.NoError(t, tx.Rollback(), "the server drops what a closed socket left open")
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
	drivertest.RequireGood(t, db)
}

// The cut comes before the server reads the commit, or after it has answered:
// the caller cannot tell which, and is told so.
func TestTxCommitThatLostItsAnswerHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	t.Run("and it did commit", func(t *testing.T) {
		t.Parallel()
		db, proxy, tx := writing(t)
		proxy.CutAfter(surrealtest.ToClient, 0, surrealtest.CutRST)
		err := tx.Commit()
		proxy.Heal()
		requireUnknown(t, err)
		require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
		drivertest.RequireGood(t, db)
	})
	t.Run("and it did not", func(t *testing.T) {
		t.Parallel()
		db, proxy, tx := writing(t)
		proxy.CutAfter(surrealtest.ToServer, 3, surrealtest.CutRST)
		err := tx.Commit()
		proxy.Heal()
		requireUnknown(t, err)
		require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
		drivertest.RequireGood(t, db)
	})
	t.Run("because nothing answers", func(t *testing.T) {
		t.Parallel()
		db, proxy, tx := writing(t, func(c *surrealsql.Config) { c.CloseTimeout = 50 * time.Millisecond })
		proxy.BlackHole(true)
		err := tx.Commit()
		proxy.BlackHole(false)
		requireUnknown(t, err)
		require.True(t, surrealsql.IsTimeout(err), "%v", err)
		require.ErrorContains(t, err, "close_timeout")
		drivertest.RequireGood(t, db)
	})
}

func requireUnknown(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "outcome is unknown")
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	require.False(t, surrealsql.IsRetryable(err), "%v", err)
	require.False(t, surrealsql.IsConflict(err), "%v", err)
	var lost *surrealsql.ConnError
	require.ErrorAs(t, err, &lost)
	require.True(t, lost.Sent)
}

// However a commit ends, it is sent once.
func TestTxCommitIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*scripted.Conn){
		"FIN": (*scripted.Conn).Drop, "RST": (*scripted.Conn).Reset,
		"Close frame": func(c *scripted.Conn) { c.CloseFrame(1001, "going away") },
		"half an answer": func(c *scripted.Conn) {
			c.Write([]byte{0x82, 0x20, 0xa2})
			c.Drop()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(r scripted.Request) {
					if r.Method == "commit" {
						end(c)
						c.Stall()
					}
					c.Answer(r)
				})
			})
			db := drivertest.OpenDB(t, srv.DSN())
			tx := drivertest.Begin(t, db)
			drivertest.MustExec(t, tx, `CREATE a`)
			requireUnknown(t, tx.Commit())
			drivertest.MustExec(t, db, `CREATE b`)
			require.Equal(t, 1, srv.Count("commit"))
			require.Equal(t, 1, strings.Count(strings.Join(srv.Queries(), "\n"), "CREATE a"))
			require.Equal(t, 2, srv.Connections())
		})
	}
}

// A connection that died idle is not the transaction's problem: another one
// serves it.
func TestTxBeginOnAConnectionThatDiedIdleTakesAnotherOne(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.Solo(db)
	drivertest.RequireGood(t, db)
	proxy.CutAll(surrealtest.CutRST)
	_, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	require.NoError(t, err)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	require.NoError(t, tx.Commit())
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

// Begin itself loses its connection: nothing was written, so nothing is lost, but
// it must not be told as a transaction.
func TestTxBeginThatIsLostOpensNone(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "begin" && c.Number() == 1 {
				c.Reset()
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	_, err := db.BeginTx(t.Context(), nil)
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	tx := drivertest.Begin(t, db)
	require.NoError(t, tx.Rollback())
	require.Equal(t, 0, db.Stats().InUse)
}

// The transactions of a socket that was closed are dropped by the server, so its
// records are free for others at once.
func TestTxThatIsAbandonedBlocksNobody(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.NewAccounts(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `UPDATE account:a SET balance = 0`)
	cancel() // and nobody calls Rollback
	drivertest.MustExec(t, db, `UPDATE account:a SET balance = 77`)
	require.Equal(t, 77, drivertest.Balance(t, db, "a"))
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 5*time.Second, time.Millisecond)
	drivertest.RequireGood(t, db)
}

// A transaction that a lease leaves open is over with the lease.
func TestTxThatIsLeftOpenEndsWithItsLease(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.Solo(db)
	conn := drivertest.Lease(t, db)
	var tx *sql.Tx
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `CREATE a:1`)
	require.NoError(t, tx.Rollback())

	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		_, err := c.Begin() // and nobody ends it
		if err != nil {
			return err
		}
		_, err = c.ExecContext(t.Context(), `CREATE a:2`, nil)
		return err
	})
	require.NoError(t, conn.Close())
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
	drivertest.MustExec(t, db, `CREATE a:3`)
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
	require.Equal(t, 1, drivertest.OpenConns(db))
}
