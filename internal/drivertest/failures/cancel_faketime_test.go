package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Deadlines where time is fake: they are kept exactly.

// Time in a bubble stands still while anything can happen, so what is measured
// is what the driver itself waits for: nothing, beyond the deadline.
func TestCancelInFakeTimeReturnsExactlyAtTheDeadline(t *testing.T) {
	t.Parallel()
	const deadline = 3 * time.Second
	servers := map[string]func(*scripted.Conn){
		"sleeps":        func(c *scripted.Conn) { r := c.Request(); time.Sleep(deadline + time.Second); c.Answer(r) },
		"never answers": func(c *scripted.Conn) { c.Request(); c.AwaitClose() },
		"stops reading": func(c *scripted.Conn) { c.Stall() },
		"answers one byte at a time": func(c *scripted.Conn) {
			r := c.Request()
			c.Drip(scripted.Binary(scripted.Result(r.ID, scripted.Value(strings.Repeat("x", 60_000)))), time.Second)
		},
		"pings without end": func(c *scripted.Conn) {
			c.Request()
			for {
				c.Ping("are you there?")
				c.AwaitPong()
				time.Sleep(time.Second)
			}
		},
		"sends notifications without end": func(c *scripted.Conn) {
			c.Request()
			for {
				c.Message(scripted.Notification("who cares"))
				time.Sleep(time.Second)
			}
		},
	}
	for name, behave := range servers {
		t.Run("the server "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := scripted.Pipes(t, func(c *scripted.Conn) { c.Greet(); behave(c) })
				db := drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv))
				conn := drivertest.Lease(t, db)
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				started := time.Now()
				require.ErrorIs(t, drivertest.Exec(ctx, conn, "CREATE x"), context.DeadlineExceeded)
				require.Equal(t, deadline, time.Since(started))
				require.Equal(t, 1, srv.Connections())
				require.NoError(t, conn.Close())
				require.Zero(t, drivertest.OpenConns(db))
			})
		})
	}
}

func TestCancelOfTxsAndConnectionsEndsAtCloseTimeoutWhateverTheServerDoes(t *testing.T) {
	t.Parallel()
	const limit = 7 * time.Second
	servers := map[string]func(*scripted.Conn){
		"never answers": func(c *scripted.Conn) { c.AwaitClose() },
		"stops reading": func(c *scripted.Conn) { c.Stall() },
	}
	ends := map[string]func(*sql.DB, *sql.Conn, *sql.Tx) error{
		"Commit":   func(_ *sql.DB, _ *sql.Conn, tx *sql.Tx) error { return tx.Commit() },
		"Rollback": func(_ *sql.DB, _ *sql.Conn, tx *sql.Tx) error { return tx.Rollback() },
	}
	for name, behave := range servers {
		for method, end := range ends {
			t.Run(method+" where the server "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := scripted.Pipes(t, func(c *scripted.Conn) {
						c.Greet()
						c.Answer(c.Request()) // begin
						behave(c)
					})
					db := drivertest.OpenDB(t, srv.DSN("close_timeout=7s"), drivertest.DialTo(srv))
					conn := drivertest.Lease(t, db)
					tx, err := conn.BeginTx(context.Background(), nil)
					require.NoError(t, err)
					started := time.Now()
					err = end(db, conn, tx)
					require.Equal(t, limit, time.Since(started))
					require.True(t, surrealsql.IsTimeout(err), err)
					require.ErrorContains(t, err, "close_timeout is over")
				})
			})
		}
	}
	t.Run("Close where the server stops reading", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			srv := scripted.Pipes(t, func(c *scripted.Conn) { c.Greet(); c.Stall() })
			db := drivertest.OpenDB(t, srv.DSN("close_timeout=7s"), drivertest.DialTo(srv))
			require.NoError(t, drivertest.Lease(t, db).Close())
			started := time.Now()
			require.True(t, surrealsql.IsTimeout(db.Close()))
			require.Equal(t, limit, time.Since(started))
		})
	})
}

// A query inside a transaction that was begun with a context ends with that
// context too, although it was called with another: else the rollback that
// database/sql makes then would wait for it.
func TestCancelOfATxEndsItsQuery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, func(c *scripted.Conn) {
			c.Greet()
			c.Answer(c.Request()) // begin
			c.Request()
			c.AwaitClose()
		})
		db := drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		started := time.Now()
		require.ErrorIs(t, drivertest.Exec(context.Background(), tx, "CREATE x"), context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(started))
		require.Error(t, tx.Commit())
	})
}

func TestCancelOfATxSendsNothingMoreInIt(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	conn := drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN()))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.BeginTx(ctx, driver.TxOptions{})
		require.NoError(t, err)
		cancel()
		_, err = c.ExecContext(t.Context(), "CREATE x", nil)
		require.ErrorIs(t, err, context.Canceled)
		return nil
	})
	require.Empty(t, srv.Queries())
}
