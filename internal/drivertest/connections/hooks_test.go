package connections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Hooks, init statements and variables: what they make of a connection, and what their errors
// do.

func TestHookBeforeConnectChangesOneConnectionOnly(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	var n atomic.Int64
	db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Variables = map[string]any{"shared": "yes"}
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error {
			if n.Add(1) == 2 {
				c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "d", "db-pass"
				c.Variables["shared"] = "no"
				c.Init = append(c.Init, `CREATE touched`)
			}
			return nil
		}
	})
	for i, want := range []string{"yes", "no", "yes"} {
		conn := drivertest.Lease(t, db)
		require.Equal(t, want, drivertest.QueryOne[string](t, conn, `RETURN $shared`))
		err := drivertest.Exec(t.Context(), conn, `INFO FOR ROOT`)
		require.Equal(t, i == 1, surrealsql.IsAuth(err), "%d: %v", i, err)
	}
	require.Equal(t, 1, drivertest.CountOf(t, db, "touched"))
}

// What a Config leaves open is decided by what the hook has made of it.
func TestHookBeforeConnectSaysWhoSignsInWhereTheConfigDoesNot(t *testing.T) {
	t.Parallel()
	dsn, root, _ := drivertest.NewDBWithUsers(t)
	token := drivertest.APIToken(t, root, time.Hour)
	for name, c := range map[string]struct {
		base, hook func(*surrealsql.Config)
		signedIn   string
	}{
		"a user where there was none": {drivertest.As(surrealsql.AuthAuto, "", ""), func(c *surrealsql.Config) { c.User, c.Password = "root", "root" }, `$token.ID = "root"`},
		"a token in place of a user":  {func(*surrealsql.Config) {}, func(c *surrealsql.Config) { c.Token = token }, `$token.AC = "api"`},
		"a user of a record access": {func(*surrealsql.Config) {}, func(c *surrealsql.Config) {
			c.Access, c.User, c.Password = "account", "Tobie", "rec-pass"
		}, `$auth = user:tobie`},
		"a shorter life": {func(c *surrealsql.Config) { c.MaxLifetime = time.Hour }, func(c *surrealsql.Config) { c.MaxLifetime = time.Minute }, `$token.ID = "root"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := drivertest.OpenDB(t, dsn, c.base, func(cfg *surrealsql.Config) {
				cfg.BeforeConnect = func(_ context.Context, cfg *surrealsql.Config) error { c.hook(cfg); return nil }
			})
			require.True(t, drivertest.QueryOne[bool](t, db, `RETURN `+c.signedIn))
		})
	}
}

func TestHookThatFailsFailsTheConnectAndLeaksNothing(t *testing.T) {
	t.Parallel()
	boom := errors.New("the hook says no")
	dsn := surrealtest.DSN(t)
	firstDials := drivertest.FirstDials(t)
	for name, c := range map[string]struct {
		change func(*surrealsql.Config)
		says   string
		first  int // dials of the first call
		dials  int // of each further one
	}{
		"BeforeConnect": {func(c *surrealsql.Config) {
			c.BeforeConnect = func(context.Context, *surrealsql.Config) error { return boom }
		}, "BeforeConnect", 0, 0},
		"AfterConnect": {func(c *surrealsql.Config) {
			c.AfterConnect = func(context.Context, *surrealsql.Conn) error { return boom }
		}, "AfterConnect", firstDials, 1},
		"AfterConnect with an open transaction": {func(c *surrealsql.Config) {
			c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
				if _, err := c.BeginTx(ctx, driver.TxOptions{}); err != nil {
					return err
				}
				return boom
			}
		}, "AfterConnect", firstDials, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
			db := drivertest.OpenDB(t, proxy.DSN(dsn), c.change, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			for tried := range 3 {
				err := db.PingContext(t.Context())
				require.ErrorIs(t, err, boom)
				require.ErrorContains(t, err, c.says)
				drivertest.RequireNoSockets(t, proxy)
				require.Equal(t, c.first+tried*c.dials, proxy.Stats().Accepted, "not tried again")
			}
			require.Equal(t, 0, drivertest.OpenConns(db))
		})
	}
}

func TestHookBeforeConnectHasItsConfigChecked(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) {
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error { c.Namespace = ""; return nil }
	})
	err := db.PingContext(t.Context())
	require.ErrorContains(t, err, "BeforeConnect")
	require.ErrorContains(t, err, "namespace")
	require.Equal(t, 0, proxy.Stats().Accepted)
}

func TestHookAfterConnectThatLeavesATxOpenFailsTheConnect(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) {
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.BeginTx(ctx, driver.TxOptions{})
			return err
		}
	})
	require.ErrorContains(t, db.PingContext(t.Context()), "transaction open")
	drivertest.RequireNoSockets(t, proxy)
}

func TestHookAfterConnectMakesTheSessionThatAResetRestores(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			if _, err := c.ExecContext(ctx, `DEFINE TABLE IF NOT EXISTS prepared`, nil); err != nil {
				return err
			}
			list := []string{"a"}
			err := errors.Join(c.Let(ctx, "role", "worker"), c.Let(ctx, "list", list))
			list[0] = "reused"
			return err
		}
	}))
	drivertest.RequireUnbroken(t, db, func() {
		require.Equal(t, "worker", drivertest.QueryOne[string](t, db, `RETURN $role`))
		require.Equal(t, 0, drivertest.CountOf(t, db, "prepared"))
		drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
			return errors.Join(c.Let(t.Context(), "role", "thief"), c.Let(t.Context(), "loot", 1))
		})
		require.Equal(t, "worker", drivertest.QueryOne[string](t, db, `RETURN $role`))
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, `RETURN $loot`), "no value for $loot")
		require.Equal(t, "a", drivertest.QueryOne[string](t, db, `RETURN $list[0]`))
	})
}

func TestHookBeforeCloseSeesAConnectionThatStillWorksOnce(t *testing.T) {
	t.Parallel()
	var seen []error
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	cfg.BeforeClose = func(c *surrealsql.Conn) {
		_, err := c.ExecContext(context.Background(), `CREATE goodbye`, nil)
		seen = append(seen, err)
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	drivertest.RequireGood(t, db)
	require.NoError(t, db.Close())
	require.Equal(t, []error{nil}, seen)
	require.Equal(t, 1, drivertest.CountOf(t, drivertest.OpenDB(t, dsn), "goodbye"))
}

func TestHookBeforeCloseIsNotCalledForAConnectionThatBroke(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.BeforeClose = func(*surrealsql.Conn) { calls.Add(1) } })
	tx := drivertest.Begin(t, db)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a`))
	require.NoError(t, tx.Rollback())
	drivertest.RequireNoSockets(t, proxy)
	require.Zero(t, calls.Load())
	drivertest.RequireGood(t, db)
}

func TestHooksRunInTheirOrder(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(what string) { order = append(order, what) }
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Schema = `DEFINE TABLE steps; CREATE steps:schema SET at = time::now()`
	cfg.Init = []string{`CREATE steps:first SET at = time::now(), schema = steps:schema.at`, `CREATE steps:second SET before = steps:first.at`}
	cfg.BeforeConnect = func(context.Context, *surrealsql.Config) error { note("BeforeConnect"); return nil }
	cfg.CredentialSource = func(context.Context) (string, string, error) { note("CredentialSource"); return "root", "root", nil }
	cfg.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
		note("AfterConnect")
		rows, err := c.QueryContext(ctx, `RETURN steps:first.schema != NONE AND steps:second.before != NONE`, nil)
		if err != nil {
			return err
		}
		row := make([]driver.Value, 1)
		if err := rows.Next(row); err != nil || row[0] != true {
			return errors.Join(errors.New("schema and Init did not come first"), err)
		}
		return rows.Close()
	}
	cfg.BeforeClose = func(*surrealsql.Conn) { note("BeforeClose") }
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(t.Context())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Equal(t, []string{"BeforeConnect", "CredentialSource", "AfterConnect", "BeforeClose"}, slices.Compact(order))
	require.NoError(t, connector.Close())
}

func TestInitStatementsRunOnEveryConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.Init = []string{`CREATE hello SET n = 1`, `LET $x = 1; CREATE hello SET n = $x`}
	})
	for n := range 3 {
		conn := drivertest.Lease(t, db)
		require.Equal(t, (n+1)*2, drivertest.CountOf(t, conn, "hello"))
	}
	drivertest.RequireGood(t, db)
}

func TestInitStatementThatFailsFailsTheConnectWithItsError(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) {
		c.Init, c.ConnectAttempts = []string{`RETURN 1`, `CREATE x:1; CREATE x:1`}, 5
	})
	err := db.PingContext(t.Context())
	drivertest.RequireClasses(t, err, "duplicate")
	require.ErrorContains(t, err, "text 2 of Init")
	drivertest.RequireNoSockets(t, proxy)
	require.Equal(t, drivertest.FirstDials(t), proxy.Stats().Accepted)
}

func TestVariablesAreSetOnEveryConnection(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.Variables = map[string]any{"tenant": "acme", "limits": map[string]int{"max": 5}}
	})
	for range 3 {
		conn := drivertest.Lease(t, db)
		require.Equal(t, "acme", drivertest.QueryOne[string](t, conn, `RETURN $tenant`))
		require.Equal(t, 5, drivertest.QueryOne[int](t, conn, `RETURN $limits.max`))
		require.Equal(t, "other", drivertest.QueryOne[string](t, conn, `RETURN $tenant`, sql.Named("tenant", "other")), "an argument wins")
	}
}

func TestVariablesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"auth", "this", "a b", "", "$x", "1a"} {
		_, err := surrealsql.NewConnector(&surrealsql.Config{Variables: map[string]any{name: 1}})
		require.ErrorContains(t, err, "Config.Variables", name)
	}
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.Variables = map[string]any{"x": make(chan int)} })
	require.ErrorContains(t, db.PingContext(t.Context()), "chan int")
	drivertest.RequireNoSockets(t, proxy)
}
