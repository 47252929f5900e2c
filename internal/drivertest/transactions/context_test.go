package transactions

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/lending"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Contexts of transactions: what ends with them, and whose error is told.

// callsInATx are all that a program can do on a connection with an open transaction.
var callsInATx = map[string]func(context.Context, *surrealsql.Conn) error{
	"Exec": func(ctx context.Context, c *surrealsql.Conn) error {
		_, err := c.ExecContext(ctx, `CREATE a`, nil)
		return err
	},
	"Query": func(ctx context.Context, c *surrealsql.Conn) error {
		_, err := c.QueryContext(ctx, `RETURN 1`, nil)
		return err
	},
	"a parameter that is looked for": func(ctx context.Context, c *surrealsql.Conn) error {
		_, err := c.QueryContext(ctx, `RETURN $p`, nil)
		return err
	},
	"Prepare": func(ctx context.Context, c *surrealsql.Conn) error {
		_, err := c.PrepareContext(ctx, `RETURN 1`)
		return err
	},
	"Ping":  func(ctx context.Context, c *surrealsql.Conn) error { return c.Ping(ctx) },
	"Let":   func(ctx context.Context, c *surrealsql.Conn) error { return c.Let(ctx, "x", 1) },
	"Unset": func(ctx context.Context, c *surrealsql.Conn) error { return c.Unset(ctx, "x") },
	"Use":   func(ctx context.Context, c *surrealsql.Conn) error { return c.Use(ctx, "n", "d") },
	"SignIn": func(ctx context.Context, c *surrealsql.Conn) error {
		return c.SignIn(ctx, surrealsql.Credentials{User: "root", Password: "root"})
	},
}

func requireContextsError(t *testing.T, err, want error) {
	t.Helper()
	require.ErrorIs(t, err, want)
	require.NotContains(t, err.Error(), "lost")
	require.False(t, surrealsql.IsConnectivity(err), "%v", err)
	require.False(t, surrealsql.IsRetryable(err), "%v", err)
	require.Equal(t, want == context.DeadlineExceeded, surrealsql.IsTimeout(err), "%v", err)
	if want == context.DeadlineExceeded {
		require.NotErrorIs(t, err, context.Canceled, "nobody has cancelled it")
	}
}

func TestTxWhoseContextEndedGivesTheContextsError(t *testing.T) {
	t.Parallel()
	for name, call := range callsInATx {
		for _, lost := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				srv := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
				c := drivertest.Connect(t, srv.DSN())
				ctx, cancel := context.WithCancel(t.Context())
				_, err := c.BeginTx(ctx, driver.TxOptions{})
				require.NoError(t, err)
				cancel()
				if lost { // as where it ends in the moment when an answer comes
					lending.Of(c).Revoke(errors.New("lost"))
				}
				requireContextsError(t, call(context.Background(), c), context.Canceled)
			})
		}
	}
}

// otherContext makes a context another than that of BeginTx.
type otherContext struct{}

func TestTxDeadlineIsNotTakenForACancel(t *testing.T) {
	t.Parallel()
	c := drivertest.Connect(t, surrealtest.DSN(t))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	tx, err := c.BeginTx(ctx, driver.TxOptions{})
	require.NoError(t, err)
	_, err = c.ExecContext(context.WithValue(t.Context(), otherContext{}, 1), `SLEEP 5s`, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded, "in the middle of a statement")
	require.NotErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	for _, call := range callsInATx {
		requireContextsError(t, call(context.Background(), c), context.DeadlineExceeded)
	}
	require.ErrorIs(t, tx.Commit(), context.DeadlineExceeded)
}

// The context ends in the moment when the answer to a statement comes: a race, which
// the next statement must not call a lost connection, whoever has won it.
func TestTxContextThatEndsWithAnAnswerIsWhatTheNextStatementSays(t *testing.T) {
	t.Parallel()
	ends := make(chan func(), 1)
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "query" {
				(<-ends)()
			}
			c.Answer(r)
		})
	})
	for range 300 {
		c := drivertest.Connect(t, srv.DSN())
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := c.BeginTx(ctx, driver.TxOptions{})
		require.NoError(t, err)
		ends <- cancel
		if _, err = c.ExecContext(t.Context(), `CREATE a`, nil); err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		_, err = c.ExecContext(t.Context(), `CREATE b`, nil)
		requireContextsError(t, err, context.Canceled)
		require.ErrorIs(t, tx.Commit(), context.Canceled)
		require.NoError(t, c.Close())
	}
}

// A statement with a context of its own, which ended with its answer or before it.
func TestTxSaysLaterWhatLostItsConnection(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == "RETURN 1" {
				c.Reset()
				return
			}
			c.Answer(r)
		})
	})
	c := drivertest.Connect(t, srv.DSN())
	_, err := c.BeginTx(t.Context(), driver.TxOptions{})
	require.NoError(t, err)
	_, first := c.QueryContext(t.Context(), `RETURN 1`, nil)
	require.ErrorIs(t, first, surrealsql.ErrOutcomeUnknown)
	var cause *surrealsql.ConnError
	require.ErrorAs(t, first, &cause)
	for name, call := range callsInATx {
		err := call(t.Context(), c)
		require.NotErrorIs(t, err, driver.ErrBadConn, name)
		require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, name)
		require.True(t, surrealsql.IsConnectivity(err), "%s: %v", name, err)
		require.ErrorContains(t, err, cause.Err.Error(), name)
	}
}

func TestTxRollbackOnAConnectionThatIsFoundCutIsNoError(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]surrealtest.Cut{"FIN": surrealtest.CutFIN, "RST": surrealtest.CutRST} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, proxy, tx := writing(t)
			proxy.CutAll(how)
			require.NoError(t, tx.Rollback(), "nobody has noticed before")
			require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
			drivertest.RequireGood(t, db)
		})
	}
}

func TestTxOnALostConnectionHasPrepareAndPingSayWhy(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	tx := drivertest.Begin(t, db)
	conn := drivertest.Lease(t, db)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, drivertest.Scan(t.Context(), tx, `RETURN 1`))
	_, err := tx.PrepareContext(t.Context(), `RETURN 1`)
	require.NotErrorIs(t, err, driver.ErrBadConn)
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	require.ErrorContains(t, err, "lost earlier in this transaction")

	err = conn.PingContext(t.Context())
	require.NotErrorIs(t, err, driver.ErrBadConn)
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
	again := conn.PingContext(t.Context())
	require.NotErrorIs(t, again, driver.ErrBadConn)
	var lost, before *surrealsql.ConnError
	require.ErrorAs(t, again, &lost)
	require.ErrorAs(t, err, &before)
	require.Equal(t, "ping", lost.Op)
	require.Equal(t, before.Err, lost.Err, "the cause of the first")
}
