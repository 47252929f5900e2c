package transactions

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// However a transaction ends in the driver, the server has none open afterwards: it
// has ended it, or the socket is closed, which ends it too.

// ledger is a server that keeps account of the transactions that are open on its
// live connections.
type ledger struct {
	*scripted.Server
	mu     sync.Mutex
	open   map[int]int                     // by connection
	refuse func(r scripted.Request) string // the message that a request is refused with, or ""
}

func newLedger(t *testing.T, refuse func(scripted.Request) string) *ledger {
	t.Helper()
	l := &ledger{open: make(map[int]int), refuse: refuse}
	l.Server = scripted.New(t, func(c *scripted.Conn) {
		c.ServeUntilClose(func(r scripted.Request) { l.handle(c, r) })
		l.note(c.Number(), -1<<20)
	})
	return l
}

func (l *ledger) handle(c *scripted.Conn, r scripted.Request) {
	if message := l.refuse(r); message != "" {
		c.ReplyError(r.ID, -32000, "", message)
		return
	}
	switch r.Method {
	case "begin":
		l.note(c.Number(), 1)
	case "commit", "cancel":
		l.note(c.Number(), -1)
	}
	c.Answer(r)
}

func (l *ledger) note(conn, change int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[conn] = max(l.open[conn]+change, 0)
}

// transactions is how many are open.
func (l *ledger) transactions() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, open := range l.open {
		n += open
	}
	return n
}

func refusing(methods ...string) func(string) func(scripted.Request) string {
	return func(message string) func(scripted.Request) string {
		return func(r scripted.Request) string {
			for _, m := range methods {
				if r.Method == m {
					return message
				}
			}
			return ""
		}
	}
}

// waysToEnd are those of a program that calls the driver, directly or through
// database/sql.
var waysToEnd = map[string]func(c *surrealsql.Conn, tx driver.Tx, end func()) error{
	"Commit":   func(_ *surrealsql.Conn, tx driver.Tx, _ func()) error { return tx.Commit() },
	"Rollback": func(_ *surrealsql.Conn, tx driver.Tx, _ func()) error { return tx.Rollback() },
	"Commit after the context": func(_ *surrealsql.Conn, tx driver.Tx, end func()) error {
		end()
		return tx.Commit()
	},
	"Rollback after the context": func(_ *surrealsql.Conn, tx driver.Tx, end func()) error {
		end()
		return tx.Rollback()
	},
	"ResetSession": func(c *surrealsql.Conn, _ driver.Tx, _ func()) error { return c.ResetSession(context.Background()) },
	"ResetSession after the context": func(c *surrealsql.Conn, _ driver.Tx, end func()) error {
		end()
		return c.ResetSession(context.Background())
	},
	"ResetSession of a changed session": func(c *surrealsql.Conn, _ driver.Tx, _ func()) error {
		return errors.Join(c.Let(context.Background(), "x", 1), c.ResetSession(context.Background()))
	},
	"Close": func(c *surrealsql.Conn, _ driver.Tx, _ func()) error { return c.Close() },
}

func TestTxNeverStaysOpenOnTheServerHoweverItEnds(t *testing.T) {
	t.Parallel()
	for what, refuse := range map[string]func(scripted.Request) string{
		"nothing is refused":          refusing()(""),
		"commit is denied":            refusing("commit")("Method not allowed"),
		"cancel is denied":            refusing("cancel")("Method not allowed"),
		"both are denied":             refusing("commit", "cancel")("Method not allowed"),
		"the server shuts down":       refusing("commit", "cancel")("The server is gracefully shutting down"),
		"the server is out of memory": refusing("commit", "cancel", "ping")("The server is unable to handle the request"),
	} {
		for how, end := range waysToEnd {
			for _, readOnly := range []bool{false, true} {
				t.Run(what+"/"+how, func(t *testing.T) {
					t.Parallel()
					srv := newLedger(t, refuse)
					c := drivertest.Connect(t, srv.DSN())
					ctx, stop := context.WithCancel(t.Context())
					defer stop()
					tx, err := c.BeginTx(ctx, driver.TxOptions{ReadOnly: readOnly})
					require.NoError(t, err)
					require.Equal(t, 1, srv.transactions())
					_ = end(c, tx, stop)
					srv.Await("no open transaction", func() bool { return srv.transactions() == 0 })
					_ = tx.Rollback()
					require.ErrorIs(t, tx.Commit(), sql.ErrTxDone, "it is over in the driver, too")
				})
			}
		}
	}
}

func TestTxThatIsDoomedAndRefusedItsEndLosesItsConnection(t *testing.T) {
	t.Parallel()
	srv := newLedger(t, func(r scripted.Request) string {
		switch {
		case strings.HasPrefix(r.Text, "CREATE a"):
			return "it failed"
		case r.Method == "cancel":
			return "Method not allowed"
		}
		return ""
	})
	c := drivertest.Connect(t, srv.DSN())
	tx, err := c.BeginTx(t.Context(), driver.TxOptions{})
	require.NoError(t, err)
	_, err = c.ExecContext(t.Context(), "CREATE a", nil)
	require.Error(t, err)
	err = tx.Commit()
	require.ErrorIs(t, err, surrealsql.ErrTxDoomed)
	require.ErrorContains(t, err, "Method not allowed")
	require.False(t, c.IsValid())
	srv.Await("no open transaction", func() bool { return srv.transactions() == 0 })
}

func TestTxCommitThatIsRefusedLeavesTheConnectionUsable(t *testing.T) {
	t.Parallel()
	srv := newLedger(t, refusing("commit")("Method not allowed"))
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	for range 3 {
		tx := drivertest.Begin(t, db)
		require.ErrorContains(t, tx.Commit(), "Method not allowed")
	}
	require.Equal(t, 0, srv.transactions())
	require.Equal(t, 1, srv.Connections())
}

func TestTxCommitAfterItsContextEndedRollsBackAndGivesTheContextsError(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		ctx  func(context.Context) (context.Context, func())
		want []error
	}{
		"cancelled": {func(ctx context.Context) (context.Context, func()) {
			ctx, stop := context.WithCancel(ctx)
			return ctx, stop
		}, []error{context.Canceled}},
		"cancelled with a cause": {func(ctx context.Context) (context.Context, func()) {
			ctx, stop := context.WithCancelCause(ctx)
			return ctx, func() { stop(boom) }
		}, []error{context.Canceled, boom}},
		"out of time": {func(ctx context.Context) (context.Context, func()) {
			ctx, stop := context.WithTimeout(ctx, 100*time.Millisecond)
			t.Cleanup(stop)
			return ctx, func() { <-ctx.Done() }
		}, []error{context.DeadlineExceeded}},
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				conn := drivertest.Connect(t, surrealtest.DSN(t))
				ctx, end := c.ctx(t.Context())
				tx, err := conn.BeginTx(ctx, driver.TxOptions{ReadOnly: readOnly})
				require.NoError(t, err)
				if !readOnly {
					_, err = conn.ExecContext(t.Context(), `CREATE a:1`, nil)
					require.NoError(t, err)
				}
				end()
				err = tx.Commit()
				for _, want := range c.want {
					require.ErrorIs(t, err, want)
				}
				require.ErrorContains(t, err, "rolled back")
				require.False(t, surrealsql.IsConnectivity(err), "%v", err)
				require.False(t, surrealsql.IsRetryable(err), "%v", err)
				require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
				require.True(t, conn.IsValid(), "the connection is as good as before")
				require.NoError(t, conn.ResetSession(t.Context()))
				_, err = conn.ExecContext(t.Context(), `SELECT * FROM a:1`, nil)
				require.True(t, err == nil || surrealsql.IsNotFound(err), "%v", err)
				_, err = conn.ExecContext(t.Context(), `CREATE a:1`, nil)
				require.NoError(t, err, "nothing of the transaction is in force, and no transaction open")
			})
		}
	}
}

// The deadlines of these transactions are spread over the time that they take, so
// that some end at each step. The embedded engine counts what is open.
func TestTxTimedAtItsDeadlineStaysOpenNowhere(t *testing.T) {
	t.Parallel()
	srv := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineNPM})
	db := drivertest.OpenDB(t, srv.DSN()+"/ns/db")
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	var took time.Duration
	run := func(ctx context.Context) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := drivertest.Exec(context.Background(), tx, `CREATE a`); err != nil {
			_ = tx.Rollback()
			return err
		}
		return tx.Commit()
	}
	for range 20 {
		started := time.Now()
		require.NoError(t, run(t.Context()))
		took = max(took, time.Since(started))
	}
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), took*time.Duration(4*i+worker)/300)
				_ = run(ctx)
				cancel()
			}
		})
	}
	wg.Wait()
	require.Eventually(t, func() bool {
		stats, err := srv.Stats()
		return err == nil && stats.Transactions == 0
	}, 10*time.Second, 10*time.Millisecond)
}

// A session that expires before the first statement of a transaction is renewed, and
// the transaction with it. Where that fails, what comes next must not run outside of
// a transaction.
func TestTxStatementNeverRunsOutsideOfIt(t *testing.T) {
	t.Parallel()
	begins := 0
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case r.Method == "begin":
				if begins++; begins > 1 {
					c.ReplyError(r.ID, -32000, "", "no more transactions")
					return
				}
			case r.Method == "query" && r.Txn != nil:
				c.ReplyError(r.ID, -32000, "", "The session has expired")
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	tx := drivertest.Begin(t, db)
	require.ErrorContains(t, drivertest.Exec(t.Context(), tx, `CREATE a`), "no more transactions")
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE b`))
	require.Error(t, tx.Commit())
	require.NotContains(t, srv.Queries(), "CREATE b RETURN NULL")
}
