package surrealsql_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// shortLived opens an empty database as root, and as a user whose session lasts
// a second, on one connection. signIns counts how often that one is asked for
// its password.
func shortLived(t *testing.T) (db, short *sql.DB, signIns *atomic.Int64) {
	t.Helper()
	dsn := surrealtest.DSN(t)
	db = openDB(t, dsn)
	mustExec(t, db, `DEFINE TABLE a`)
	mustExec(t, db, `DEFINE USER short ON DATABASE PASSWORD 'p' ROLES OWNER DURATION FOR SESSION 1s`)
	signIns = new(atomic.Int64)
	return db, solo(openDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth = surrealsql.AuthDatabase
		c.Credentials = func(context.Context) (string, string, error) {
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
		if err := scan(t.Context(), tx, `RETURN sleep(20ms)`); err != nil {
			requireAnswers(t, err, "auth", "expired")
			return tx
		}
	}
}

func TestASessionThatExpiredIsRenewedWithoutAWordOutsideATransaction(t *testing.T) {
	t.Parallel()
	db, short, signIns := shortLived(t)
	requireUnbroken(t, short, func() {
		require.NoError(t, expire(t, short).Rollback())
		require.EqualValues(t, 1, signIns.Load())
		mustExec(t, short, `CREATE a:1`)
		require.EqualValues(t, 2, signIns.Load())
		require.Equal(t, 1, countOf(t, short, "a"), "it ran once")
	})
	require.Equal(t, 1, countOf(t, db, "a"))
}

func TestASessionThatExpiresInATransactionIsNotHidden(t *testing.T) {
	t.Parallel()
	db, short, _ := shortLived(t)
	requireUnbroken(t, short, func() {
		tx := expire(t, short)
		requireAnswers(t, exec(t.Context(), tx, `CREATE a:1`), "auth", "expired")
		require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
		tx = begin(t, short)
		mustExec(t, tx, `CREATE a:2`)
		require.NoError(t, tx.Commit())
	})
	require.Equal(t, 1, countOf(t, db, "a"))
}

// The server lets a transaction begin in a session that has expired.
func TestATransactionBegunAfterTheSessionExpiredRunsInARenewedOne(t *testing.T) {
	t.Parallel()
	db, short, signIns := shortLived(t)
	requireUnbroken(t, short, func() {
		require.NoError(t, expire(t, short).Rollback())
		require.EqualValues(t, 1, signIns.Load())
		tx := begin(t, short)
		mustExec(t, tx, `CREATE a:1`)
		require.EqualValues(t, 2, signIns.Load())
		mustExec(t, tx, `CREATE a:2`)
		require.Equal(t, 0, countOf(t, db, "a"), "it runs in a transaction")
		require.NoError(t, tx.Commit())
		require.Equal(t, 2, countOf(t, db, "a"))
	})
}

func TestARenewedSessionKeepsWhatItsLeaseMadeOfIt(t *testing.T) {
	t.Parallel()
	_, short, _ := shortLived(t)
	conn := lease(t, short)
	raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "mine", 7) })
	require.NoError(t, expire(t, conn).Rollback())
	require.Equal(t, 7, queryOne[int](t, conn, `RETURN $mine`))
	require.NoError(t, conn.Close())
	require.ErrorContains(t, scan(t.Context(), short, `RETURN $mine`), "no value for $mine", "and the next lease sees nothing of it")
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

func TestAStillbornTransactionIsCancelledBeforeItIsBegunAgain(t *testing.T) {
	t.Parallel()
	srv := expiring(t, nil)
	db := solo(openDB(t, srv.DSN()))
	tx := begin(t, db)
	mustExec(t, tx, `CREATE a RETURN NONE`)
	mustExec(t, tx, `CREATE b RETURN NONE`)
	require.NoError(t, tx.Commit())
	var methods []string
	var txns [][]byte
	for _, r := range srv.Requests() {
		if methods = append(methods, r.Method); r.Method == "query" {
			txns = append(txns, r.Txn)
		}
	}
	require.Equal(t, []string{"begin", "query", "cancel", "signin", "use", "begin", "query", "query", "commit"}, methods[3:], "behind the greeting")
	require.NotEqual(t, txns[0], txns[1])
	require.Equal(t, txns[1], txns[2])
}

func TestRenewingASessionRepeatsOnlyWhatHasNotRun(t *testing.T) {
	t.Parallel()
	srv := expiring(t, nil)
	db := solo(openDB(t, srv.DSN()))
	mustExec(t, db, `CREATE a RETURN NONE`)
	mustExec(t, db, `CREATE b RETURN NONE`)
	require.Equal(t, []string{"CREATE a RETURN NONE", "CREATE a RETURN NONE", "CREATE b RETURN NONE"}, srv.Queries())
	require.Equal(t, 2, srv.Count("signin"))
	require.Equal(t, 1, srv.Connections())
}

func TestASessionThatCannotBeRenewedIsAuth(t *testing.T) {
	t.Parallel()
	srv := expiring(t, func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" && c.Number() == 1 {
			c.ReplyError(r.ID, -32000, "NotAllowed", "There was a problem with authentication")
			return true
		}
		return false
	})
	db := solo(openDB(t, srv.DSN()))
	requireAnswers(t, exec(t.Context(), db, `CREATE a`), "auth")
	require.Len(t, srv.Queries(), 1, "it was not sent again")
	require.Equal(t, 2, srv.Count("signin"), "a refused password is not tried twice")
}

// A server that says "expired" for ever gives an error, not a loop.
func TestASessionThatStaysExpiredIsGivenUp(t *testing.T) {
	t.Parallel()
	srv := expiring(t, func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "query" && c.Number() == 1 {
			c.ReplyError(r.ID, -32000, "NotAllowed", "The session has expired")
			return true
		}
		return false
	})
	db := solo(openDB(t, srv.DSN()))
	requireAnswers(t, exec(t.Context(), db, `CREATE a`), "auth", "expired")
	require.Len(t, srv.Queries(), 2)
	require.NoError(t, exec(t.Context(), db, `CREATE a`), "another connection serves")
	require.Equal(t, 2, srv.Connections())
}
