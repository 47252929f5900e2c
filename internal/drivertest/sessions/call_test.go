package sessions

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
)

// What a lease asks of the server besides texts, and that the next one finds nothing of it.

func TestCallGivesResultsOfAnyMethod(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := drivertest.Solo(drivertest.NewDB(t, m.Use, own))
	drivertest.MustExec(t, db, `DEFINE FUNCTION fn::twice($n: int) { RETURN $n * 2 }; CREATE thing:1 SET n = 7`)
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		var version string
		require.NoError(t, c.Call(t.Context(), &version, "version"))
		require.Contains(t, version, "surrealdb-")
		var thing struct{ N int }
		require.NoError(t, c.Call(t.Context(), &thing, "select", surrealsql.RecordID("thing:1")))
		require.Equal(t, 7, thing.N)
		return nil
	})
	require.NoError(t, conn.Close())
	require.Contains(t, where(t, t.Context(), db), " me")
	require.Zero(t, m.Count("reset"), "these leave no trace")
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		var n int
		require.NoError(t, c.Call(t.Context(), &n, "run", "fn::twice", nil, []any{21}))
		require.Equal(t, 42, n)
		require.NoError(t, c.Call(t.Context(), nil, "run", "fn::twice", nil, []any{21}))
		require.Error(t, c.Call(t.Context(), nil, "nonsense"))
		require.ErrorContains(t, c.Call(t.Context(), nil, "run", func() {}), "parameter 1")
		require.Error(t, c.Call(t.Context(), n, "version"), "no pointer")
		return nil
	})
	require.Contains(t, where(t, t.Context(), db), " me")
	require.Equal(t, 1, m.Count("reset"))
}

func TestCallRefusesWhatTheDriverDoesOtherwise(t *testing.T) {
	t.Parallel()
	db := drivertest.Solo(drivertest.NewDB(t))
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		for method, other := range map[string]string{"begin": "BeginTx", "use": "Use", "attach": "WithSession", "query": "QueryContext", "signin": "SignIn"} {
			require.ErrorContains(t, c.Call(t.Context(), nil, method), "use "+other)
		}
		return nil
	})
	tx, err := conn.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.Call(t.Context(), nil, "version"), "in a transaction")
		return nil
	})
	require.NoError(t, tx.Rollback())
	reader := drivertest.NewDB(t, func(c *surrealsql.Config) { c.ReadOnly = true })
	drivertest.Leased(t, reader, func(c *surrealsql.Conn) error {
		require.ErrorIs(t, c.Call(t.Context(), nil, "create", surrealsql.Table("thing")), surrealsql.ErrReadOnly)
		return c.Call(t.Context(), nil, "version")
	})
}

func TestSignUpInfoAndInvalidateEndWithTheLease(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, own))
	conn := drivertest.Lease(t, db)
	ada := surrealsql.Credentials{Namespace: cfg.Namespace, Database: cfg.Database, Access: "account", User: "Ada", Password: "p"}
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.NoError(t, c.SignUp(t.Context(), ada))
		var user struct{ Name string }
		require.NoError(t, c.Info(t.Context(), &user))
		require.Equal(t, "Ada", user.Name)
		return nil
	})
	require.NotNil(t, drivertest.QueryOne[any](t, conn, `RETURN $auth`))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Invalidate(t.Context()) })
	var who any
	if err := conn.QueryRowContext(t.Context(), `RETURN $auth`).Scan(&who); err == nil {
		require.Nil(t, who)
	} else { // a server that lets nobody in particular do anything
		require.True(t, surrealsql.IsAuth(err), err)
	}
	require.NoError(t, conn.Close())
	require.Contains(t, where(t, t.Context(), db), " me")
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.SignIn(t.Context(), ada) })
}
