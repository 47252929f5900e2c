package connections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What a lease makes of its session, and that the next one finds nothing of it.

// where is the namespace and database that a session is on.
func where(t testing.TB, db drivertest.Queryer) string {
	t.Helper()
	return drivertest.QueryOne[string](t, db, `RETURN <string>session::ns() + '/' + <string>session::db()`)
}

// usual is a pool with one connection and a variable of the DSN's.
func usual(t testing.TB, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return drivertest.Solo(drivertest.NewDB(t, append([]func(*surrealsql.Config){asTenant}, change...)...))
}

// usualPlain is usual for what only sql.DB's own pool does.
func usualPlain(t testing.TB, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	return drivertest.Solo(drivertest.PlainDB(t, surrealtest.DSN(t), append([]func(*surrealsql.Config){asTenant}, change...)...))
}

func asTenant(c *surrealsql.Config) { c.Variables = map[string]any{"tenant": "acme"} }

func TestSessionCanBeChangedByItsLease(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	home := where(t, conn)
	ctx := t.Context()
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Use(ctx, "other_ns", "other_db"))
		return nil
	})
	require.Equal(t, "other_ns/other_db", where(t, conn))
	require.Equal(t, home, where(t, db), "others are where they were")
	t.Cleanup(func() { _, _ = db.Exec(`REMOVE NAMESPACE other_ns`) })

	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Let(ctx, "who", map[string]any{"name": "Tobie", "tags": []string{"a"}}))
		return nil
	})
	require.Equal(t, "Tobie", drivertest.QueryOne[string](t, conn, `RETURN $who.name`))
	require.Equal(t, "x", drivertest.QueryOne[string](t, conn, `RETURN $who`, sql.Named("who", "x")), "an argument wins")
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Unset(ctx, "who"))
		return nil
	})
	require.ErrorContains(t, drivertest.Scan(ctx, conn, `RETURN $who`), "no value for $who")
}

func TestSessionHasNothingThatAnEarlierLeaseChanged(t *testing.T) {
	t.Parallel()
	tidy := drivertest.NewDB(t)
	t.Cleanup(func() { // what the cases share outlives them all
		drivertest.MustExecAtEnd(t, tidy, `REMOVE NAMESPACE IF EXISTS gone_1; REMOVE NAMESPACE IF EXISTS gone_2; REMOVE NAMESPACE IF EXISTS gone_3; REMOVE USER IF EXISTS other ON ROOT`)
	})
	session := func(change func(ctx context.Context, c *surrealsql.Conn) error) func(*testing.T, *sql.Conn) {
		return func(t *testing.T, conn *sql.Conn) {
			drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return change(t.Context(), c) })
		}
	}
	// Each has a namespace of its own: to make one twice at a time is a conflict.
	for name, change := range map[string]func(*testing.T, *sql.Conn){
		"Use":                       session(func(ctx context.Context, c *surrealsql.Conn) error { return c.Use(ctx, "gone_1", "gone_db") }),
		"Use of a namespace alone":  session(func(ctx context.Context, c *surrealsql.Conn) error { return c.Use(ctx, "gone_2", "") }),
		"Let":                       session(func(ctx context.Context, c *surrealsql.Conn) error { return c.Let(ctx, "mine", 1) }),
		"Let over one of the DSN's": session(func(ctx context.Context, c *surrealsql.Conn) error { return c.Let(ctx, "tenant", "evil") }),
		"Unset one of the DSN's":    session(func(ctx context.Context, c *surrealsql.Conn) error { return c.Unset(ctx, "tenant") }),
		"a SignIn": func(t *testing.T, conn *sql.Conn) {
			drivertest.MustExec(t, conn, `DEFINE USER OVERWRITE other ON ROOT PASSWORD 'p' ROLES VIEWER`)
			drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
				return c.SignIn(t.Context(), surrealsql.Credentials{User: "other", Password: "p"})
			})
			require.True(t, surrealsql.IsAuth(drivertest.Exec(t.Context(), conn, `DEFINE TABLE x`)), "a viewer may not")
		},
		"a SignIn that fails": session(func(ctx context.Context, c *surrealsql.Conn) error {
			if c.SignIn(ctx, surrealsql.Credentials{User: "root", Password: "wrong"}) == nil {
				return errors.New("signed in with a wrong password")
			}
			return nil
		}),
		"an open transaction": session(func(ctx context.Context, c *surrealsql.Conn) error {
			if _, err := c.BeginTx(ctx, driver.TxOptions{}); err != nil {
				return err
			}
			_, err := c.ExecContext(ctx, `CREATE watched:1`, nil)
			return err
		}),
		"rows that are open": session(func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.QueryContext(ctx, `RETURN [{ a: 1 }, { a: 2 }]`, nil)
			return err
		}),
		"everything": func(t *testing.T, conn *sql.Conn) {
			drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
				return errors.Join(c.Let(t.Context(), "mine", 1), c.Use(t.Context(), "gone_3", "gone_db"), c.Unset(t.Context(), "tenant"))
			})
			drivertest.MustExec(t, conn, `LET $mine = 2; USE DB third; DEFINE TABLE x`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := usual(t)
			if name == "an open transaction" || name == "rows that are open" {
				db = usualPlain(t) // a pool closes such a connection
			}
			drivertest.MustExec(t, db, `DEFINE TABLE watched`)
			home := where(t, db)
			drivertest.RequireUnbroken(t, db, func() {
				conn := drivertest.Lease(t, db)
				change(t, conn)
				require.NoError(t, conn.Close())
				require.Equal(t, home, where(t, db))
				require.Equal(t, "acme", drivertest.QueryOne[string](t, db, `RETURN $tenant`))
				require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $mine`), "no value for $mine")
				require.Equal(t, 0, drivertest.CountOf(t, db, "watched"))
				drivertest.MustExec(t, db, `DEFINE TABLE written`) // as root again
			})
		})
	}
}

func TestSessionChangesThatCannotBeAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t)
	drivertest.RequireUnbroken(t, db, func() {
		home := where(t, db)
		before := proxy.Stats().BytesToServer
		conn := drivertest.Lease(t, db)
		ctx := t.Context()
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			require.ErrorContains(t, c.Use(ctx, "", "db"), "no namespace") // it would kill a 3.0 server
			for _, name := range []string{"auth", "token", "session", "access", "this", "value", "", "a b", "$x", "1a", "a-b"} {
				require.Error(t, c.Let(ctx, name, 1), name)
				require.Error(t, c.Unset(ctx, name), name)
			}
			require.Error(t, c.Let(ctx, "x", make(chan int)))
			require.Error(t, c.SignIn(ctx, surrealsql.Credentials{}))
			require.Error(t, c.SignIn(ctx, surrealsql.Credentials{User: "u", Database: "d"}))
			require.Error(t, c.SignIn(ctx, surrealsql.Credentials{Access: "a", Namespace: "n"}))
			return nil
		})
		drivertest.RequireNothingSent(t, proxy, before)
		require.Equal(t, home, where(t, conn))
		require.NoError(t, conn.Close())
	})
}

// A session that is made beside the lease's own, or anew, is where that is.
func TestSessionStaysInItsDatabaseWhereAUserOfItsNamespaceSignsIn(t *testing.T) {
	t.Parallel()
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	home := where(t, db)
	namespace, _, _ := strings.Cut(home, "/")
	conn := drivertest.Lease(t, drivertest.OpenDB(t, dsn))
	signIn := func(cred surrealsql.Credentials) (token string) {
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			require.NoError(t, c.SignIn(t.Context(), cred))
			token = c.Tokens().Access
			return nil
		})
		require.Equal(t, home, where(t, conn))
		beside := surrealsql.WithSession(t.Context(), surrealsql.Session{Variables: map[string]any{"v": 1}})
		var there string
		require.NoError(t, conn.QueryRowContext(beside, `RETURN session::ns() + "/" + session::db()`).Scan(&there))
		require.Equal(t, home, there)
		return token
	}
	token := signIn(surrealsql.Credentials{Namespace: namespace, User: "n", Password: "ns-pass"})
	signIn(surrealsql.Credentials{Token: token})
}

func TestSessionIsAsItWasAfterASignInThatFailed(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	conn := drivertest.Lease(t, db)
	home := where(t, conn)
	for _, cred := range []surrealsql.Credentials{
		{User: "root", Password: "wrong"}, {User: "nobody", Password: "x", Namespace: "no_such_ns"}, {Token: "junk"},
		{Access: "none", Namespace: "no_such_ns", Database: "d"},
	} {
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			err := c.SignIn(t.Context(), cred)
			require.Error(t, err, cred)
			require.True(t, surrealsql.IsAuth(err) || surrealsql.IsNotFound(err), "%v: %v", cred, err)
			return nil
		})
		require.Equal(t, home, where(t, conn))
		drivertest.MustExec(t, conn, `CREATE x`)
	}
	require.NoError(t, conn.Close())
	drivertest.RequireGood(t, db)
}

// Counted at a proxy in front of a server that sends no pings: their answers would
// be bytes too.
func TestSessionThatIsCleanIsLeasedWithoutAByteOnTheWire(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	proxy := surrealtest.NewProxy(t, srv.Addr())
	db := drivertest.Solo(drivertest.OpenDB(t, proxy.DSN(srv.DSN())))
	ctx := t.Context()
	require.NoError(t, db.PingContext(ctx))
	before := proxy.Stats()
	for range 10 {
		conn, err := db.Conn(ctx)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		stmt, err := db.PrepareContext(ctx, "SELECT $1")
		require.NoError(t, err)
		require.NoError(t, stmt.Close())
	}
	require.Equal(t, before, proxy.Stats())

	// What a query text sets does not outlive it, so it dirties nothing; neither
	// does a transaction that was ended, nor a failed statement.
	drivertest.MustExec(t, db, `LET $x = 1; USE DB other`)
	tx := drivertest.Begin(t, db)
	require.NoError(t, tx.Commit())
	tx = drivertest.Begin(t, db)
	require.NoError(t, tx.Rollback())
	before = proxy.Stats()
	for range 10 {
		conn, err := db.Conn(ctx)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	require.Equal(t, before, proxy.Stats())
	require.Equal(t, 0, srv.Count("reset"))
	require.Equal(t, 1, srv.Connections())
}

func TestSessionThatIsDirtyCostsOneReset(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		return errors.Join(c.Let(t.Context(), "a", 1), c.Let(t.Context(), "b", 2), c.Use(t.Context(), "ns", "other"))
	})
	sent := len(srv.Requests())
	require.Equal(t, 0, srv.Count("reset"), "not before somebody wants the connection")
	for range 5 {
		drivertest.Leased(t, db, func(*surrealsql.Conn) error { return nil })
	}
	require.Equal(t, 1, srv.Count("reset"))
	require.Equal(t, "reset", srv.Requests()[sent].Method)
	require.LessOrEqual(t, len(srv.Requests())-sent, 3, "reset, sign-in, use")
	require.Equal(t, 1, srv.Connections())
}

func TestSessionThatCannotBeResetIsReplaced(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(nil)
	})
	failing := scripted.New(t, func(c *scripted.Conn) {
		for {
			r := c.Request()
			if r.Method == "reset" {
				c.ReplyError(r.ID, -32000, "Internal", "no")
				continue
			}
			c.Answer(r)
		}
	})
	for _, s := range []*scripted.Server{srv, failing} {
		db := drivertest.Solo(drivertest.OpenDB(t, s.DSN()))
		drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "a", 1) })
		require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE a"), "the caller notices nothing")
	}
	require.Equal(t, 1, srv.Connections())
	require.Equal(t, 2, failing.Connections())
}

func TestSessionResetModesSayWhenItIsReset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode         surrealsql.ResetMode
		clean, dirty int // resets before a lease, after one that changed nothing or something
	}{
		{surrealsql.ResetAuto, 0, 1}, {surrealsql.ResetAlways, 1, 1}, {surrealsql.ResetNever, 0, 0},
	} {
		srv := scripted.New(t, nil)
		db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN("reset="+string(c.mode))))
		nothing := func(*surrealsql.Conn) error { return nil }
		drivertest.Leased(t, db, nothing)
		drivertest.Leased(t, db, func(conn *surrealsql.Conn) error {
			require.Equal(t, c.clean, srv.Count("reset"), c.mode)
			return conn.Let(t.Context(), "x", 1)
		})
		drivertest.Leased(t, db, nothing)
		require.Equal(t, c.clean+c.dirty, srv.Count("reset"), c.mode)
		require.Equal(t, 1, srv.Connections())
	}
}

func TestSessionWithoutResetIsOneForAllUsersOfThePool(t *testing.T) {
	t.Parallel()
	// A pool closes a connection whose lease left a transaction open: this is about sql.DB's own.
	db := usualPlain(t, func(c *surrealsql.Config) { c.Reset = surrealsql.ResetNever })
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "mine", 7) })
	require.Equal(t, 7, drivertest.QueryOne[int](t, db, `RETURN $mine`))
	// An open transaction is rolled back all the same.
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		if _, err := c.BeginTx(t.Context(), driver.TxOptions{}); err != nil {
			return err
		}
		_, err := c.ExecContext(t.Context(), `CREATE a:1`, nil)
		return err
	})
	require.Equal(t, 0, drivertest.CountOf(t, db, "a"))
	require.Equal(t, 7, drivertest.QueryOne[int](t, db, `RETURN $mine`))
}
