package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Connections that are dropped under a call: nothing is sent twice, and no error is lost.

// doomed is a call whose connection is dropped under it.
type doomed struct {
	name    string
	request string // its last request's method, which meets the drop
	inTx    bool   // after `begin`
	// call calls arm when its last request comes next.
	call func(ctx context.Context, db *sql.DB, arm func()) error
}

func doomedCalls() []doomed {
	inTx := func(call func(ctx context.Context, tx *sql.Tx) error) func(context.Context, *sql.DB, func()) error {
		return func(ctx context.Context, db *sql.DB, arm func()) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			arm()
			return call(ctx, tx)
		}
	}
	return []doomed{
		{"Exec", "query", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			return drivertest.Exec(ctx, db, "CREATE x")
		}},
		{"Query", "query", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			rows, err := db.QueryContext(ctx, "CREATE x")
			if err == nil {
				defer rows.Close()
				for rows.Next() {
				}
				err = rows.Err()
			}
			return err
		}},
		{"QueryRow", "query", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			return drivertest.Scan(ctx, db, "CREATE x")
		}},
		{"Exec of a prepared statement", "query", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			stmt, err := db.PrepareContext(ctx, "CREATE x")
			if err != nil {
				return err
			}
			defer stmt.Close()
			_, err = stmt.ExecContext(ctx)
			return err
		}},
		{"Exec on a leased connection", "query", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			return drivertest.Exec(ctx, conn, "CREATE x")
		}},
		{"Exec in a transaction", "query", true, inTx(func(ctx context.Context, tx *sql.Tx) error { return drivertest.Exec(ctx, tx, "CREATE x") })},
		{"QueryRow in a transaction", "query", true, inTx(func(ctx context.Context, tx *sql.Tx) error { return drivertest.Scan(ctx, tx, "CREATE x") })},
		{"Commit", "commit", true, inTx(func(_ context.Context, tx *sql.Tx) error { return tx.Commit() })},
		{"Begin", "begin", false, func(ctx context.Context, db *sql.DB, arm func()) error {
			arm()
			tx, err := db.BeginTx(ctx, nil)
			if err == nil {
				err = tx.Rollback()
			}
			return err
		}},
	}
}

// drop is a way to lose a request. It begins where the request is about to
// arrive.
type drop struct {
	name string
	read int // how many requests the server has read by then
	do   func(c *scripted.Conn)
}

func drops() []drop {
	halfway := func(c *scripted.Conn, of func(whole []byte) int) {
		whole := scripted.Binary(scripted.Result(c.Request().ID, scripted.Entries(scripted.OK([]any{"a row"}))))
		c.Write(whole[:of(whole)])
	}
	middle := func(whole []byte) int { return len(whole) / 2 }
	return []drop{
		{"before reading, by FIN", 0, func(c *scripted.Conn) { c.Arrived(); c.Drop() }},
		{"before reading, by RST", 0, func(c *scripted.Conn) { c.Arrived(); c.Reset() }},
		{"before reading, by a Close frame", 0, func(c *scripted.Conn) { c.Arrived(); c.CloseFrame(1012, "restart"); c.Drop() }},
		{"after reading, by FIN", 1, func(c *scripted.Conn) { c.Request(); c.Drop() }},
		{"after reading, by RST", 1, func(c *scripted.Conn) { c.Request(); c.Reset() }},
		{"in the middle of its reply, by FIN", 1, func(c *scripted.Conn) { halfway(c, middle); c.Drop() }},
		{"in the middle of its reply, by RST", 1, func(c *scripted.Conn) { halfway(c, middle); c.Reset() }},
		{"inside the head of its reply", 1, func(c *scripted.Conn) { halfway(c, func([]byte) int { return 1 }); c.Drop() }},
		{"one byte before the end of its reply", 1, func(c *scripted.Conn) {
			halfway(c, func(whole []byte) int { return len(whole) - 1 })
			c.Drop()
		}},
		{"by a close handshake", 1, func(c *scripted.Conn) { c.Request(); c.CloseFrame(1000, ""); c.AwaitClose() }},
		{"during the close handshake", 1, func(c *scripted.Conn) { c.Request(); c.CloseFrame(1001, "going away"); c.Reset() }},
		{"in the middle of the Close frame", 1, func(c *scripted.Conn) {
			c.Request()
			c.Write(scripted.CloseFrame(1001, "going away")[:3])
			c.Drop()
		}},
	}
}

func TestBadConnIsNoReasonToSendAWriteTwiceOrToLoseAnError(t *testing.T) {
	t.Parallel()
	for _, call := range doomedCalls() {
		for _, drop := range drops() {
			t.Run(call.name+", dropped "+drop.name, func(t *testing.T) {
				t.Parallel()
				srv := dropping(t, call.before(), drop.do)
				db := drivertest.OpenDB(t, srv.DSN())

				err := call.call(t.Context(), db, func() {})
				require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
				require.NotErrorIs(t, err, driver.ErrBadConn, "database/sql would send it again")
				require.True(t, surrealsql.IsConnectivity(err), err)
				require.False(t, surrealsql.IsRetryable(err), err)
				require.Equal(t, drop.read, srv.Count(call.request))
				require.Equal(t, 1, srv.Connections())

				require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"), "the next caller is served")
				require.Equal(t, 2, srv.Connections(), "the dead connection is never handed out again")
				srv.AwaitOpen(1)
			})
		}
	}
}

// dropping is a server whose first connection meets its end at the first request
// after those that it answers.
func dropping(t testing.TB, answered int, do func(*scripted.Conn)) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		if c.Number() > 1 {
			c.Serve(nil)
		}
		c.Greet()
		for range answered {
			c.Answer(c.Request())
		}
		do(c)
	})
}

// before is how many requests come ahead of the call's last one.
func (d doomed) before() int {
	if d.inTx {
		return 1
	}
	return 0
}

// database/sql repeats no ping, so its error must tell more than ErrBadConn does.
func TestBadConnThatAPingFindsTellsWhyAndIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, drop := range drops() {
		t.Run("dropped "+drop.name, func(t *testing.T) {
			t.Parallel()
			srv := dropping(t, 0, drop.do)
			db := drivertest.OpenDB(t, srv.DSN())
			var lost *surrealsql.ConnError
			require.ErrorAs(t, db.PingContext(t.Context()), &lost)
			require.Equal(t, srv.Addr(), lost.Addr)
			require.Error(t, lost.Err)
			require.NoError(t, db.PingContext(t.Context()))
			require.Equal(t, 2, srv.Connections())
		})
	}
}

func TestBadConnThatDiedIdleIsReplacedWithoutAnError(t *testing.T) {
	t.Parallel()
	deaths := map[string]func(*scripted.Conn){
		"by FIN":                         func(c *scripted.Conn) { c.Drop() },
		"by RST":                         func(c *scripted.Conn) { c.Reset() },
		"by a Close frame":               func(c *scripted.Conn) { c.CloseFrame(1001, "") },
		"by a Close frame and FIN":       func(c *scripted.Conn) { c.CloseFrame(1000, ""); c.Drop() },
		"by a reply that nobody wants":   func(c *scripted.Conn) { c.Reply(99, scripted.None) },
		"by an error that nobody caused": func(c *scripted.Conn) { c.Message(scripted.NamelessError(-32700, "Parse error")) },
		"by junk":                        func(c *scripted.Conn) { c.Write([]byte("HTTP/1.1 408 Request Timeout\r\n\r\n")) },
	}
	for name, die := range deaths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idle, dead := make(chan struct{}), make(chan struct{})
			srv := scripted.New(t, func(c *scripted.Conn) {
				if c.Number() > 1 {
					c.Serve(nil)
				}
				c.Greet()
				c.Answer(c.Request())
				c.Wait(idle)
				die(c)
				close(dead)
				c.AwaitClose()
			})
			db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN("health_check_interval=0")))
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			close(idle)
			<-dead
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE y"))
			require.Equal(t, 2, srv.Connections())
			require.Equal(t, 2, srv.Count("query"), "each was sent once")
			srv.AwaitOpen(1)
		})
	}
}

func TestBadConnOfATxIsToldAndNothingIsCommitted(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		if c.Number() > 1 {
			c.Serve(nil)
		}
		c.Greet()
		c.Answer(c.Request()) // begin
		c.Request()
		c.Reset()
	})
	db := drivertest.OpenDB(t, srv.DSN())
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.ErrorIs(t, drivertest.Exec(t.Context(), tx, "CREATE x"), surrealsql.ErrOutcomeUnknown)

	err = drivertest.Exec(t.Context(), tx, "CREATE y")
	require.Error(t, err)
	require.NotErrorIs(t, err, driver.ErrBadConn)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "it was not sent")

	err = tx.Commit()
	require.Error(t, err)
	require.NotErrorIs(t, err, driver.ErrBadConn)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "nothing of it is in force, and that is known")
	require.True(t, surrealsql.IsRetryable(err), "as a whole: %v", err)
	require.ErrorContains(t, err, "the connection was lost")
	require.Zero(t, srv.Count("commit"))
	require.Len(t, srv.Queries(), 1)
	require.Equal(t, 1, srv.Connections())
}

func TestBadConnIsNoEndOfAResult(t *testing.T) {
	t.Parallel()
	var rows []any
	for i := range 200 {
		rows = append(rows, map[string]any{"n": i})
	}
	whole := scripted.Binary(scripted.Result(4, scripted.Entries(scripted.OK(rows)))) // after signin, use, version
	for _, cut := range []int{1, 4, 5, len(whole) / 4, len(whole) / 2, len(whole) - 20, len(whole) - 1} {
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Greet()
			if r := c.Request(); r.ID != 4 {
				t.Errorf("the query is request %d", r.ID)
			}
			c.Write(whole[:cut])
			c.Drop()
		})
		got, err := readAll(t, drivertest.OpenDB(t, srv.DSN()), "SELECT n FROM x")
		require.Error(t, err, "cut at byte %d of %d, %d rows were read", cut, len(whole), len(got))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

// readAll reads the one column of a result until its end or an error.
func readAll(t testing.TB, db *sql.DB, text string) (got []any, err error) {
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return got, err
		}
		got = append(got, v)
	}
	return got, rows.Err()
}

func TestBadConnThatRowsNextFindsIsAnErrorOfTheRows(t *testing.T) {
	t.Parallel()
	unknownTag := scripted.Raw{0xD9, 0xFF, 0xFF, 0xF6}
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SELECT n FROM x" {
				c.Answer(r)
				return
			}
			c.QueryResult(r.ID, map[string]any{"n": 1}, map[string]any{"n": unknownTag}, map[string]any{"n": 3})
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	got, err := readAll(t, db, "SELECT n FROM x")
	require.ErrorContains(t, err, "cannot be decoded")
	require.Equal(t, []any{int64(1)}, got)
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE y"))
}

func TestBadConnStaysBad(t *testing.T) {
	t.Parallel()
	srv := dropping(t, 0, func(c *scripted.Conn) { c.Request(); c.Reset() })
	db := drivertest.OpenDB(t, srv.DSN())
	conn := drivertest.Lease(t, db)
	require.ErrorIs(t, drivertest.Exec(t.Context(), conn, "CREATE x"), surrealsql.ErrOutcomeUnknown)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		for range 2 {
			require.False(t, c.IsValid())
			require.ErrorIs(t, c.ResetSession(t.Context()), driver.ErrBadConn)
			_, err := c.ExecContext(t.Context(), "CREATE x", nil)
			require.ErrorIs(t, err, driver.ErrBadConn)
			_, err = c.BeginTx(t.Context(), driver.TxOptions{})
			require.ErrorIs(t, err, driver.ErrBadConn)
		}
		return nil
	})
	require.NoError(t, conn.Close())
	require.Zero(t, drivertest.OpenConns(db))
	require.Len(t, srv.Queries(), 1)
}

func TestBadConnThatDropsTheCloseHandshakeLetsThePoolClose(t *testing.T) {
	t.Parallel()
	for name, behave := range map[string]func(*scripted.Conn){
		"answers":         func(c *scripted.Conn) { c.AwaitClose() },
		"does not answer": func(c *scripted.Conn) { c.Arrived(); c.Drop() },
		"resets":          func(c *scripted.Conn) { c.Arrived(); c.Reset() },
	} {
		t.Run("a server that "+name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Greet()
				c.Answer(c.Request())
				behave(c)
			})
			db := drivertest.OpenDB(t, srv.DSN())
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			require.NoError(t, db.Close())
			srv.AwaitOpen(0)
		})
	}
}
