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
)

// Transactions of record users, whom not every server knows in them.

// asTobie makes the connections of a database with users those of its record user.
func asTobie(c *surrealsql.Config) {
	c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "Tobie", "rec-pass"
}

// knowsRecordUsers reports whether the server tells a transaction who is signed in.
// Measured: 3.0.2 does not, 3.3.5 and 4.0.0-beta.1 do.
func knowsRecordUsers(t *testing.T, db *sql.DB) bool {
	t.Helper()
	var version string
	drivertest.Raw(t, drivertest.Lease(t, db), func(c *surrealsql.Conn) error { version = c.ServerVersion(); return nil })
	return !strings.HasPrefix(version, "3.0.")
}

// signIns are the ways to become the record user of a database with users.
func signIns(t *testing.T, dsn string) map[string]func(*testing.T) *sql.Conn {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	account := surrealsql.Credentials{
		Namespace: cfg.Namespace, Database: cfg.Database, Access: "account", User: "Tobie", Password: "rec-pass",
	}
	return map[string]func(*testing.T) *sql.Conn{
		"the DSN's user": func(t *testing.T) *sql.Conn { return drivertest.Lease(t, drivertest.OpenDB(t, dsn, asTobie)) },
		"a SignIn": func(t *testing.T) *sql.Conn {
			conn := drivertest.Lease(t, drivertest.OpenDB(t, dsn))
			drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.SignIn(t.Context(), account) })
			return conn
		},
		"AfterConnect": func(t *testing.T) *sql.Conn {
			return drivertest.Lease(t, drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
				c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error { return c.SignIn(ctx, account) }
			}))
		},
	}
}

// Either a transaction knows the record user, and permissions let through what they
// should, or there is none: never one that reads nothing and writes nothing.
func TestTxOfARecordUserKnowsItOrIsRefused(t *testing.T) {
	t.Parallel()
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, db, `DEFINE TABLE note SCHEMALESS PERMISSIONS FOR select, create, update, delete WHERE owner = $auth.id;
		CREATE note:old SET owner = user:tobie`)
	knows := knowsRecordUsers(t, db)
	for name, signIn := range signIns(t, dsn) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := signIn(t)
			for range 3 {
				tx, err := conn.BeginTx(t.Context(), nil)
				if !knows {
					require.ErrorIs(t, err, surrealsql.ErrTxUnsupported)
					require.ErrorContains(t, err, "record user")
					require.ErrorContains(t, err, "BEGIN; …; COMMIT")
					require.False(t, surrealsql.IsRetryable(err))
					// What it advises works.
					drivertest.MustExec(t, conn, `BEGIN; CREATE note SET owner = $auth.id; COMMIT`)
					require.NotZero(t, drivertest.QueryOne[int](t, conn, `RETURN count(SELECT * FROM note WHERE owner = user:tobie)`))
					continue
				}
				require.NoError(t, err)
				require.Equal(t, "user:tobie", drivertest.QueryOne[string](t, tx, `RETURN <string>$auth`))
				require.Equal(t, drivertest.QueryOne[string](t, db, `RETURN session::db()`), drivertest.QueryOne[string](t, tx, `RETURN session::db()`))
				require.NotZero(t, drivertest.QueryOne[int](t, tx, `RETURN count(SELECT * FROM note)`))
				require.Equal(t, "user:tobie", drivertest.QueryOne[string](t, tx, `CREATE ONLY note SET owner = $auth.id RETURN VALUE <string>owner`))
				require.NoError(t, tx.Commit())
			}
			require.Equal(t, "user:tobie", drivertest.QueryOne[string](t, conn, `RETURN <string>$auth`), "the connection is as it was")
		})
	}
}

func TestTxWithASignInKnowsTheRecordUserOrIsDoomed(t *testing.T) {
	t.Parallel()
	dsn, db, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	knows := knowsRecordUsers(t, db)
	conn := drivertest.Lease(t, db)
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `CREATE note:new`)
	require.NoError(t, conn.Raw(func(c any) error {
		err := c.(*surrealsql.Conn).SignIn(t.Context(), surrealsql.Credentials{
			Namespace: cfg.Namespace, Database: cfg.Database, Access: "account", User: "Tobie", Password: "rec-pass",
		})
		if !knows {
			require.ErrorIs(t, err, surrealsql.ErrTxUnsupported)
			return nil
		}
		return err
	}))
	if knows {
		require.Equal(t, "user:tobie", drivertest.QueryOne[string](t, tx, `RETURN <string>$auth`))
		require.NoError(t, tx.Commit())
		return
	}
	require.ErrorIs(t, tx.Commit(), surrealsql.ErrTxDoomed)
}

// Users of the system, and tokens that are theirs, have no permissions to lose.
func TestTxIsBegunByOtherUsersOnEveryServer(t *testing.T) {
	t.Parallel()
	dsn, db, root := drivertest.NewDBWithUsers(t)
	token := drivertest.APIToken(t, db, time.Hour)
	for name, change := range map[string]func(*surrealsql.Config){
		"root":      drivertest.As(surrealsql.AuthRoot, root, "root-pass"),
		"namespace": drivertest.As(surrealsql.AuthNamespace, "n", "ns-pass"),
		"database":  drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"),
		"token":     func(c *surrealsql.Config) { c.Auth, c.User, c.Password, c.Token = surrealsql.AuthToken, "", "", token },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx := drivertest.Begin(t, drivertest.OpenDB(t, dsn, change))
			require.NoError(t, drivertest.Scan(t.Context(), tx, `RETURN 1`))
			require.NoError(t, tx.Commit())
		})
	}
}

// Variables and the namespace of the session are seen in a transaction by all.
func TestTxSeesTheSessionsVariablesAndNamespace(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t)
	elsewhere := drivertest.QueryOne[string](t, db, `RETURN session::ns()`) + "_elsewhere"
	t.Cleanup(func() { drivertest.MustExecAtEnd(t, db, `REMOVE NAMESPACE IF EXISTS `+elsewhere) })
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.NoError(t, c.Use(t.Context(), elsewhere, "db"))
		return c.Let(t.Context(), "mine", 7)
	})
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.MustExec(t, tx, `CREATE here:1 SET n = $mine`)
	require.NoError(t, tx.Commit())
	require.Equal(t, 7, drivertest.QueryOne[int](t, conn, `SELECT VALUE n FROM ONLY here:1`))
	require.True(t, surrealsql.IsNotFound(drivertest.Scan(t.Context(), db, `SELECT * FROM here`)))
}
