package sessions

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Servers that attach no sessions, or only a few.

// onServerWith opens the database test/home of a server of the version under test that has a
// variable in its environment.
func onServerWith(t *testing.T, variable string, change ...func(*surrealsql.Config)) *sql.DB {
	t.Helper()
	surrealtest.Needs(t, "3.3") // the embedded engine has no such variables
	srv, err := surrealtest.Start(t.Context(), surrealtest.Options{Engine: surrealtest.EngineBinary, Env: []string{variable}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, srv.Close()) })
	return drivertest.Solo(drivertest.OpenDB(t, srv.DSN(), append(change, own, func(c *surrealsql.Config) {
		c.Namespace, c.Database = "test", "home"
	})...))
}

func TestSessionOnAServerWithoutAttachIsSwitchedAndSetBack(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := onServerWith(t, "SURREAL_CAPS_DENY_RPC=attach", m.Use)
	a := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a", Variables: map[string]any{"who": "ada"}})
	b := in(t.Context(), "b")
	for range 3 {
		require.Equal(t, "a ada", where(t, a, db))
		require.Equal(t, "b me", where(t, b, db))
		require.Equal(t, "home me", where(t, t.Context(), db))
	}
	require.Equal(t, 1, m.Count("attach"), "asked once")

	conn := drivertest.Lease(t, db)
	for range 3 {
		require.Equal(t, "a ada", where(t, a, conn))
		require.Equal(t, "home me", where(t, t.Context(), conn))
	}
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "who", "lease") })
	require.Equal(t, "b lease", where(t, b, conn))
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Use(t.Context(), "test", "c") })
	require.Equal(t, "c lease", where(t, t.Context(), conn))
	require.Equal(t, "b lease", where(t, b, conn))
	resets := m.Count("reset")
	require.Equal(t, "b lease", where(t, in(t.Context(), "b"), conn))
	require.Equal(t, resets, m.Count("reset"), "it is in that session")

	require.NoError(t, drivertest.Exec(a, conn, `DEFINE TABLE thing`))
	tx, err := conn.BeginTx(a, nil)
	require.NoError(t, err)
	require.Equal(t, "a ada", where(t, t.Context(), tx))
	require.ErrorContains(t, drivertest.Exec(b, tx, `RETURN 1`), "another session")
	require.NoError(t, drivertest.Exec(t.Context(), tx, `CREATE thing`))
	require.NoError(t, tx.Commit())
	require.Equal(t, "c lease", where(t, t.Context(), conn))

	rows, err := conn.QueryContext(a, `LIVE SELECT * FROM thing`)
	require.NoError(t, err)
	require.ErrorContains(t, drivertest.Exec(b, conn, `RETURN 1`), "a live query is open")
	require.ErrorContains(t, drivertest.Exec(t.Context(), conn, `RETURN 1`), "a live query is open")
	require.Equal(t, "a ada", where(t, a, conn))
	require.NoError(t, rows.Close())
	require.NoError(t, conn.Close())
	require.Equal(t, "home me", where(t, t.Context(), db))
}

func TestSessionThatIsRefusedOnAServerWithoutAttachLeavesNothing(t *testing.T) {
	t.Parallel()
	db := onServerWith(t, "SURREAL_CAPS_DENY_RPC=attach")
	nobody := surrealsql.WithSession(t.Context(), surrealsql.Session{Database: "a", Credentials: surrealsql.Credentials{User: "nobody", Password: "x"}})
	for range 3 {
		err := drivertest.Exec(nobody, db, `CREATE thing`)
		require.True(t, surrealsql.IsAuth(err), err)
		require.Equal(t, "home me", where(t, t.Context(), db))
	}
}

func TestSessionsAreAsManyAsTheServerTakes(t *testing.T) {
	t.Parallel()
	var m drivertest.Methods
	db := onServerWith(t, "SURREAL_WEBSOCKET_MAX_ATTACHED_SESSIONS=4", m.Use)
	names := []string{"a", "b", "c", "d", "e"}
	for range 2 {
		for _, name := range names {
			require.Equal(t, name+" me", where(t, in(t.Context(), name), db))
		}
	}
	require.Equal(t, 11, m.Count("attach"), "one of them was refused")
	require.Equal(t, "home me", where(t, t.Context(), db))
	require.Zero(t, m.Count("reset"))
}

func TestCallWhoseSessionIsLostInTheMakingWasNotSent(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Method == "attach" {
				c.Drop()
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	err := drivertest.Exec(in(t.Context(), "a"), db, `CREATE thing`)
	lost := (*surrealsql.ConnError)(nil)
	require.ErrorAs(t, err, &lost)
	require.False(t, lost.Sent, err)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Empty(t, srv.Queries())
}

func TestSessionsOfManyCallersAtOnceMakeTheirDatabases(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, own)
	db.SetMaxOpenConns(8)
	var callers sync.WaitGroup
	for range 40 {
		callers.Go(func() {
			var found string
			err := db.QueryRowContext(in(context.Background(), "shared"), whereText).Scan(&found)
			assert.NoError(t, err)
			assert.Equal(t, "shared me", found)
		})
	}
	callers.Wait()
}

// From 4.0 on a session that a token has made is renewed before it is lent to anybody. What is
// renewed is the connection's own one, which the server's session may not be.
func TestSessionThatWasSwitchedIsNotRenewedAsTheConnectionsOwn(t *testing.T) {
	t.Parallel()
	var cfg *surrealsql.Config
	admin := onServerWith(t, "SURREAL_CAPS_DENY_RPC=attach", func(c *surrealsql.Config) { cfg = c.Clone() })
	drivertest.MustExec(t, admin, `DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'jwt-key'`)
	ada := surrealsql.WithSession(t.Context(), surrealsql.Session{
		Database: "a", Variables: map[string]any{"who": "ada"},
		Credentials: surrealsql.Credentials{User: cfg.User, Password: cfg.Password},
	})
	cfg.Namespace, cfg.Database, cfg.Reset, cfg.User, cfg.Password, cfg.Auth = "test", "home", surrealsql.ResetNever, "", "", surrealsql.AuthToken
	cfg.TokenSource = func(context.Context) (string, error) { return drivertest.APIToken(t, admin, 8*time.Second), nil }
	own(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := drivertest.Solo(sql.OpenDB(connector))
	defer db.Close()
	require.Equal(t, "a ada", where(t, ada, db))
	time.Sleep(4100 * time.Millisecond) // half of the token's life: from then on it is renewed
	require.Equal(t, "a ada", where(t, ada, db))
	require.Equal(t, "home me", where(t, t.Context(), db))
}
