package connections

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A session that expires is renewed where nothing is lost by it, and its end is an error
// elsewhere.

// shortLived opens an empty database as root, and as a user whose session lasts
// a second, on one connection. signIns counts how often that one is asked for
// its password.
func shortLived(t *testing.T) (db, short *sql.DB, signIns *atomic.Int64) {
	t.Helper()
	dsn := surrealtest.DSN(t)
	db = drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE a`)
	drivertest.MustExec(t, db, `DEFINE USER short ON DATABASE PASSWORD 'p' ROLES OWNER DURATION FOR SESSION 1s`)
	signIns = new(atomic.Int64)
	return db, drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth = surrealsql.AuthDatabase
		c.CredentialSource = func(context.Context) (string, string, error) {
			signIns.Add(1)
			return "short", "p", nil
		}
	})), signIns
}

// expire opens a transaction and asks in it until the session has expired, which
// a transaction does not hide, and returns it.
func expire(t *testing.T, db interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for {
		if err := drivertest.Scan(t.Context(), tx, `RETURN sleep(20ms)`); err != nil {
			requireExpiredInTx(t, err)
			return tx
		}
	}
}

// requireExpiredInTx asserts that the error says what has happened, and the way out.
func requireExpiredInTx(t *testing.T, err error) {
	t.Helper()
	drivertest.RequireClasses(t, err, "auth", "expired", "retryable")
	require.ErrorContains(t, err, "roll the transaction back and run it again (RunTx does)")
}

func TestSessionThatExpiredIsRenewedWithoutAWordOutsideATx(t *testing.T) {
	t.Parallel()
	db, short, signIns := shortLived(t)
	drivertest.RequireUnbroken(t, short, func() {
		require.NoError(t, expire(t, short).Rollback())
		require.EqualValues(t, 1, signIns.Load())
		drivertest.MustExec(t, short, `CREATE a:1`)
		require.EqualValues(t, 2, signIns.Load())
		require.Equal(t, 1, drivertest.CountOf(t, short, "a"), "it ran once")
	})
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestSessionThatExpiresInATxIsNotHidden(t *testing.T) {
	t.Parallel()
	db, short, _ := shortLived(t)
	drivertest.RequireUnbroken(t, short, func() {
		tx := expire(t, short)
		requireExpiredInTx(t, drivertest.Exec(t.Context(), tx, `CREATE a:1`))
		require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
		tx = drivertest.Begin(t, short)
		drivertest.MustExec(t, tx, `CREATE a:2`)
		require.NoError(t, tx.Commit())
	})
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"))
}

func TestSessionThatExpiresInATxHasItRunAgainByRunTx(t *testing.T) {
	t.Parallel()
	db, short, _ := shortLived(t)
	runs := 0
	err := surrealsql.Retry{}.RunTx(t.Context(), short, nil, func(ctx context.Context, tx *sql.Tx) error {
		runs++
		for n := 0; ; n++ {
			if _, err := tx.ExecContext(ctx, `CREATE a SET run = $1`, runs); err != nil || runs > 1 {
				return err
			}
			if err := drivertest.Scan(ctx, tx, `RETURN sleep(20ms)`); err != nil {
				return err
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.Equal(t, 1, drivertest.CountOf(t, db, "a"), "nothing of the first run is in force")
	require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN count(SELECT * FROM a WHERE run = 2)`))
}

// Since 4.0 a session ends with the JWT that it signed in with.
func TestSessionOfAJWTThatHasExpiredIsToldBeforeATxBegins(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	conn := drivertest.Lease(t, drivertest.OpenDB(t, dsn))
	token := drivertest.APIToken(t, admin, 2*time.Second)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		return c.SignIn(t.Context(), surrealsql.Credentials{Token: token})
	})
	for until := time.Now().Add(6 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		tx, err := conn.BeginTx(t.Context(), nil)
		if err != nil {
			require.False(t, strings.HasPrefix(serverVersion(t, admin), "3."), "%v", err)
			drivertest.RequireClasses(t, err, "auth", "expired")
			require.ErrorContains(t, err, "tried was a token")
			return
		}
		require.NoError(t, tx.Rollback())
	}
	require.True(t, strings.HasPrefix(serverVersion(t, admin), "3."), "a transaction has begun in a session that is over")
}

// Where there is another token, neither a lease nor a transaction meets the end of the old one.
func TestSessionOfAJWTIsRenewedByItsSourceBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `DEFINE TABLE a`)
	var asked atomic.Int64
	const life = 6 * time.Second
	var mu sync.Mutex
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Namespace, c.Database = cfg.Namespace, cfg.Database
		c.Auth, c.User, c.Password = surrealsql.AuthToken, "", ""
		c.TokenSource = func(context.Context) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			asked.Add(1)
			return drivertest.APIToken(t, admin, life), nil
		}
	}))
	for began := time.Now(); time.Since(began) < life*3/2; {
		tx := drivertest.Begin(t, db)
		for range 3 { // long enough to meet that end, if it is not forestalled
			drivertest.MustExec(t, tx, `CREATE a RETURN NONE`)
			time.Sleep(200 * time.Millisecond)
		}
		require.NoError(t, tx.Commit())
	}
	if strings.HasPrefix(serverVersion(t, admin), "3.") {
		require.EqualValues(t, 1, asked.Load())
	} else {
		require.Greater(t, asked.Load(), int64(1))
		require.Less(t, asked.Load(), int64(8), "not at each lease")
	}
}

// The server lets a transaction begin in a session that has expired.
func TestSessionThatExpiredIsRenewedForATxThatBegins(t *testing.T) {
	t.Parallel()
	db, short, signIns := shortLived(t)
	drivertest.RequireUnbroken(t, short, func() {
		require.NoError(t, expire(t, short).Rollback())
		require.EqualValues(t, 1, signIns.Load())
		tx := drivertest.Begin(t, short)
		drivertest.MustExec(t, tx, `CREATE a:1`)
		require.EqualValues(t, 2, signIns.Load())
		drivertest.MustExec(t, tx, `CREATE a:2`)
		require.Equal(t, 0, drivertest.CountOf(t, db, "a"), "it runs in a transaction")
		require.NoError(t, tx.Commit())
		require.Equal(t, 2, drivertest.CountOf(t, db, "a"))
	})
}

func TestSessionThatIsRenewedKeepsWhatItsLeaseMadeOfIt(t *testing.T) {
	t.Parallel()
	_, short, _ := shortLived(t)
	conn := drivertest.Lease(t, short)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "mine", 7) })
	require.NoError(t, expire(t, conn).Rollback())
	require.Equal(t, 7, drivertest.QueryOne[int](t, conn, `RETURN $mine`))
	require.NoError(t, conn.Close())
	require.ErrorContains(t, drivertest.Scan(t.Context(), short, `RETURN $mine`), "no value for $mine", "and the next lease sees nothing of it")
}

// expiring is a server whose first connection finds its session expired at the
// first query, until it signs in again. answer, if given, goes first and reports
// whether it has answered.
func expiring(t *testing.T, answer func(c *scripted.Conn, r scripted.Request) bool) *scripted.Server {
	return scripted.New(t, func(c *scripted.Conn) {
		c.Greet()
		expired := c.Number() == 1
		for {
			r := c.Request()
			switch {
			case answer != nil && answer(c, r):
			case r.Method == "query" && expired:
				c.ReplyError(r.ID, -32000, "NotAllowed", "The session has expired")
			default:
				expired = expired && r.Method != "signin"
				c.Answer(r)
			}
		}
	})
}

func TestSessionThatExpiredHasItsStillbornTxCancelledBeforeItIsBegunAgain(t *testing.T) {
	t.Parallel()
	srv := expiring(t, nil)
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `CREATE a RETURN NONE`)
	drivertest.MustExec(t, tx, `CREATE b RETURN NONE`)
	require.NoError(t, tx.Commit())
	var methods []string
	var txns [][]byte
	for _, r := range srv.Requests() {
		if methods = append(methods, r.Method); r.Method == "query" {
			txns = append(txns, r.Txn)
		}
	}
	require.Equal(t, []string{"begin", "query", "cancel", "signin", "use", "begin", "query", "query", "commit"}, methods[3:], "after the greeting")
	require.NotEqual(t, txns[0], txns[1])
	require.Equal(t, txns[1], txns[2])
}

func TestSessionThatIsRenewedRepeatsOnlyWhatHasNotRun(t *testing.T) {
	t.Parallel()
	srv := expiring(t, nil)
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	drivertest.MustExec(t, db, `CREATE a RETURN NONE`)
	drivertest.MustExec(t, db, `CREATE b RETURN NONE`)
	require.Equal(t, []string{"CREATE a RETURN NONE", "CREATE a RETURN NONE", "CREATE b RETURN NONE"}, srv.Queries())
	require.Equal(t, 2, srv.Count("signin"))
	require.Equal(t, 1, srv.Connections())
}

func TestSessionThatCannotBeRenewedIsAuth(t *testing.T) {
	t.Parallel()
	srv := expiring(t, func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" && c.Number() == 1 {
			c.ReplyError(r.ID, -32000, "NotAllowed", "There was a problem with authentication")
			return true
		}
		return false
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	drivertest.RequireClasses(t, drivertest.Exec(t.Context(), db, `CREATE a`), "auth")
	require.Len(t, srv.Queries(), 1, "it was not sent again")
	require.Equal(t, 2, srv.Count("signin"), "a refused password is not tried twice")
}

// Of a call whose session has expired nothing has run, whatever becomes of the sign-in.
func TestSessionWhoseRenewalIsLostHasItsCallMadeElsewhere(t *testing.T) {
	t.Parallel()
	lossy := func(t *testing.T) (*scripted.Server, *sql.DB) {
		srv := expiring(t, func(c *scripted.Conn, r scripted.Request) bool {
			if c.Number() == 1 && r.Method == "signin" {
				c.Reset()
			}
			return false
		})
		return srv, drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	}
	srv, db := lossy(t)
	require.NoError(t, drivertest.Exec(t.Context(), db, `CREATE a`))
	require.Equal(t, 2, srv.Connections())

	srv, db = lossy(t)
	tx := drivertest.Begin(t, db)
	err := drivertest.Exec(t.Context(), tx, `CREATE a`)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.True(t, surrealsql.IsRetryable(err), "%v", err)
	require.Equal(t, 1, srv.Connections())
	_ = tx.Rollback()
}

// A server that says "expired" for ever gives an error, not a loop.
func TestSessionThatStaysExpiredIsGivenUp(t *testing.T) {
	t.Parallel()
	srv := expiring(t, func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "query" && c.Number() == 1 {
			c.ReplyError(r.ID, -32000, "NotAllowed", "The session has expired")
			return true
		}
		return false
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	drivertest.RequireClasses(t, drivertest.Exec(t.Context(), db, `CREATE a`), "auth", "expired")
	require.Len(t, srv.Queries(), 2)
	require.NoError(t, drivertest.Exec(t.Context(), db, `CREATE a`), "another connection serves")
	require.Equal(t, 2, srv.Connections())
}
