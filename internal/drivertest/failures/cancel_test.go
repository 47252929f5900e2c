package failures

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

// Deadlines and cancelling: the caller returns in time, and the socket is closed at once.

// slow is a server that does not answer in time. It behaves so once the session
// is open.
type slow struct {
	name   string
	behave func(c *scripted.Conn, left <-chan struct{}) // left: the client has returned
	text   string
	args   []any
	tls    bool
	blind  bool // it does not read, so it sees nothing of the client's leaving
}

// deadline is far enough away for the write to have begun.
func (s slow) deadline() time.Duration {
	if s.blind {
		return 500 * time.Millisecond // the long argument is encoded first
	}
	return 100 * time.Millisecond
}

func slowServers() []slow {
	// More than the sockets buffer, so that the write blocks.
	const much = 2 << 20
	neverAnswers := func(c *scripted.Conn, _ <-chan struct{}) { c.Request(); c.AwaitClose() }
	stopsReading := func(c *scripted.Conn, left <-chan struct{}) { c.Arrived(); c.Wait(left); c.AwaitClose() }
	drips := func(c *scripted.Conn, _ <-chan struct{}) {
		r := c.Request()
		reply := scripted.Result(r.ID, scripted.Entries(scripted.OK(strings.Repeat("x", 60_000))))
		c.Drip(scripted.Binary(reply), time.Millisecond)
	}
	return []slow{
		{name: "never answers", behave: neverAnswers, text: "CREATE x"},
		{name: "never answers, with TLS", behave: neverAnswers, text: "CREATE x", tls: true},
		{name: "stops reading", behave: stopsReading, text: "CREATE x SET v = $1", args: []any{strings.Repeat("x", much)}, blind: true},
		// Closing a TLS connection in good order would wait for a peer that does not read.
		{name: "stops reading, with TLS", behave: stopsReading, text: "CREATE x SET v = $1", args: []any{strings.Repeat("x", much)}, blind: true, tls: true},
		{name: "answers one byte at a time", behave: drips, text: "SELECT * FROM x"},
	}
}

func TestCancelReturnsAtTheDeadlineAndClosesTheSocketAtOnce(t *testing.T) {
	t.Parallel()
	for _, s := range slowServers() {
		t.Run("the server "+s.name, func(t *testing.T) {
			t.Parallel()
			left := make(chan struct{}, 1)
			gone := make(chan time.Time, 1)
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Greet()
				defer func() { gone <- time.Now() }()
				s.behave(c, left)
			})
			var used drivertest.Sockets
			db := drivertest.OpenDB(t, srv.DSN(), used.Use, secured(t, srv, s.tls))
			drivertest.RequireOnTime(t, func() time.Duration {
				conn := drivertest.Lease(t, db)
				ctx, cancel := context.WithTimeout(t.Context(), s.deadline())
				defer cancel()
				_, err := conn.ExecContext(ctx, s.text, s.args...)
				after := drivertest.SinceDeadline(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
				require.True(t, surrealsql.IsTimeout(err))
				open, _ := used.Count()
				require.Zero(t, open, "the socket is closed before the caller returns")
				left <- struct{}{}
				seen := drivertest.Receive(t, gone, "the server to see that the client left")
				if s.blind {
					return after
				}
				<-left
				deadline, _ := ctx.Deadline()
				return max(after, seen.Sub(deadline))
			})
		})
	}
}

// secured makes server and client speak TLS, if yes.
func secured(t testing.TB, srv *scripted.Server, yes bool) func(*surrealsql.Config) {
	if !yes {
		return func(*surrealsql.Config) {}
	}
	ca := scripted.NewAuthority(t)
	srv.UseTLS(ca.ServerConfig())
	return func(cfg *surrealsql.Config) { cfg.TLS, cfg.TLSConfig = true, ca.ClientConfig() }
}

func TestCancelReturnsAtTheDeadlineWhileTheRealEngineSleeps(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(cfg *surrealsql.Config) { cfg.Stream = surrealsql.StreamNever })
	drivertest.RequireOnTime(t, func() time.Duration {
		conn := drivertest.Lease(t, db)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := conn.ExecContext(ctx, "SLEEP 1s")
		after := drivertest.SinceDeadline(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
		require.NoError(t, err, "the socket was not closed")
		return max(after, drivertest.SinceDeadline(ctx))
	})
	drivertest.RequireGood(t, db)
}

// Every call that waits for the server ends with its context. The context is
// cancelled when the server has read the request, so it is always under way.
func TestCancelEndsEveryCall(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		request string // the last one that the server reads
		call    func(ctx context.Context, conn *sql.Conn) error
	}{
		"Exec":     {"query", func(ctx context.Context, conn *sql.Conn) error { return drivertest.Exec(ctx, conn, "CREATE x") }},
		"QueryRow": {"query", func(ctx context.Context, conn *sql.Conn) error { return drivertest.Scan(ctx, conn, "SELECT * FROM x") }},
		"Ping":     {"ping", func(ctx context.Context, conn *sql.Conn) error { return conn.PingContext(ctx) }},
		"BeginTx":  {"begin", func(ctx context.Context, conn *sql.Conn) error { _, err := conn.BeginTx(ctx, nil); return err }},
		"a prepared statement": {"query", func(ctx context.Context, conn *sql.Conn) error {
			stmt, err := conn.PrepareContext(ctx, "CREATE x")
			if err != nil {
				return err
			}
			defer stmt.Close()
			_, err = stmt.ExecContext(ctx)
			return err
		}},
		"Use": {"use", func(ctx context.Context, conn *sql.Conn) error {
			return conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Use(ctx, "other", "db") })
		}},
		"Exec in a transaction": {"query", func(ctx context.Context, conn *sql.Conn) error {
			tx, err := conn.BeginTx(context.Background(), nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			return drivertest.Exec(ctx, tx, "CREATE x")
		}},
		"Commit": {"commit", func(ctx context.Context, conn *sql.Conn) error {
			tx, err := conn.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			return tx.Commit()
		}},
	}
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := make(chan struct{}, 1)
			srv := scripted.New(t, func(sc *scripted.Conn) {
				sc.Greet()
				r := sc.Request()
				for ; r.Method != c.request; r = sc.Request() {
					sc.Answer(r)
				}
				read <- struct{}{}
				sc.AwaitClose()
			})
			db := drivertest.OpenDB(t, srv.DSN())
			drivertest.RequireOnTime(t, func() time.Duration {
				conn := drivertest.Lease(t, db)
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- c.call(ctx, conn) }()
				drivertest.Receive(t, read, "the request to be read")
				cancelled := time.Now()
				cancel()
				require.ErrorIs(t, drivertest.Receive(t, ended, "the call to end"), context.Canceled)
				after := time.Since(cancelled)
				srv.AwaitOpen(0)
				return after
			})
		})
	}
}

func TestCancelBeforeACallSendsNothingAndCostsNoConnection(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	conn := drivertest.Lease(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		_, err := c.ExecContext(ctx, "CREATE x", nil)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		return nil
	})
	require.NoError(t, drivertest.Exec(t.Context(), conn, "CREATE y"))
	require.Len(t, srv.Queries(), 1)
	require.Equal(t, 1, srv.Connections())
}

func TestCancelLeavesAConnectionThatIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SLEEP 1h" {
				c.Answer(r)
			}
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, drivertest.Exec(ctx, db, "SLEEP 1h"), context.DeadlineExceeded)
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	require.Equal(t, 2, srv.Connections())
	srv.AwaitOpen(1)
}

func TestCancelByQueryTimeoutBoundsACallThatHasNoDeadline(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SLEEP 1h" {
				c.Answer(r)
			}
		})
	})
	db := drivertest.OpenDB(t, srv.DSN("query_timeout=40ms"))
	err := drivertest.Exec(t.Context(), db, "SLEEP 1h")
	require.True(t, surrealsql.IsTimeout(err), err)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "query_timeout is over")
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
}

// Only a server stops a query whose socket is closed; the embedded engine lets it
// run to its end. What holds for both is tested above: the socket is closed at once.
func TestCancelledQueryDoesNothingMoreOnAServer(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, "DEFINE TABLE late")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, drivertest.Exec(ctx, db, "SLEEP 400ms; CREATE late:1"), context.DeadlineExceeded)
	drivertest.MustExec(t, db, "SLEEP 500ms") // on the server's clock the other's sleep is over
	created := drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM late)")
	if surrealtest.Version(t) != "3.0.2" { // which the embedded engine is
		require.Zero(t, created)
	}
}
