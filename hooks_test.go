package surrealsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// requireNoSockets waits until every connection through a proxy is closed.
func requireNoSockets(t testing.TB, proxy *surrealtest.Proxy) {
	t.Helper()
	_, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	require.NoError(t, err)
}

func TestBeforeConnectChangesOneConnectionOnly(t *testing.T) {
	t.Parallel()
	dsn, _, _ := owned(t)
	var n atomic.Int64
	db := openDB(t, dsn, func(c *surrealsql.Config) {
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
		conn := lease(t, db)
		require.Equal(t, want, queryOne[string](t, conn, `RETURN $shared`))
		err := exec(t.Context(), conn, `INFO FOR ROOT`)
		require.Equal(t, i == 1, surrealsql.IsAuth(err), "%d: %v", i, err)
	}
	require.Equal(t, 1, countOf(t, db, "touched"))
}

func TestAnErrorOfAHookFailsTheConnectAndLeaksNothing(t *testing.T) {
	t.Parallel()
	boom := errors.New("the hook says no")
	dsn := surrealtest.DSN(t)
	for name, c := range map[string]struct {
		change func(*surrealsql.Config)
		says   string
		dials  int // per call
	}{
		"BeforeConnect": {func(c *surrealsql.Config) {
			c.BeforeConnect = func(context.Context, *surrealsql.Config) error { return boom }
		}, "BeforeConnect", 0},
		"AfterConnect": {func(c *surrealsql.Config) {
			c.AfterConnect = func(context.Context, *surrealsql.Conn) error { return boom }
		}, "AfterConnect", 1},
		"AfterConnect with an open transaction": {func(c *surrealsql.Config) {
			c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
				if _, err := c.BeginTx(ctx, driver.TxOptions{}); err != nil {
					return err
				}
				return boom
			}
		}, "AfterConnect", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
			db := openDB(t, proxy.DSN(dsn), c.change, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			for tried := range 3 {
				err := db.PingContext(t.Context())
				require.ErrorIs(t, err, boom)
				require.ErrorContains(t, err, c.says)
				requireNoSockets(t, proxy)
				require.Equal(t, (tried+1)*c.dials, proxy.Stats().Accepted, "not tried again")
			}
			require.Equal(t, 0, openConns(db))
		})
	}
}

func TestWhatBeforeConnectMakesOfTheConfigIsChecked(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, func(c *surrealsql.Config) {
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error { c.Namespace = ""; return nil }
	})
	err := db.PingContext(t.Context())
	require.ErrorContains(t, err, "BeforeConnect")
	require.ErrorContains(t, err, "namespace")
	require.Equal(t, 0, proxy.Stats().Accepted)
}

func TestATransactionThatAfterConnectLeavesOpenFailsTheConnect(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, func(c *surrealsql.Config) {
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			_, err := c.BeginTx(ctx, driver.TxOptions{})
			return err
		}
	})
	require.ErrorContains(t, db.PingContext(t.Context()), "transaction open")
	requireNoSockets(t, proxy)
}

func TestWhatAfterConnectMadeOfTheSessionIsWhatAResetRestores(t *testing.T) {
	t.Parallel()
	dsn, _, _ := owned(t)
	db := solo(openDB(t, dsn, func(c *surrealsql.Config) {
		c.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
			if _, err := c.ExecContext(ctx, `DEFINE TABLE IF NOT EXISTS prepared`, nil); err != nil {
				return err
			}
			return c.Let(ctx, "role", "worker")
		}
	}))
	requireUnbroken(t, db, func() {
		require.Equal(t, "worker", queryOne[string](t, db, `RETURN $role`))
		require.Equal(t, 0, countOf(t, db, "prepared"))
		leased(t, db, func(c *surrealsql.Conn) error {
			return errors.Join(c.Let(t.Context(), "role", "thief"), c.Let(t.Context(), "loot", 1))
		})
		require.Equal(t, "worker", queryOne[string](t, db, `RETURN $role`))
		require.ErrorContains(t, scan(t.Context(), db, `RETURN $loot`), "no value for $loot")
	})
}

func TestBeforeCloseSeesAConnectionThatStillWorksOnce(t *testing.T) {
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
	requireGood(t, db)
	require.NoError(t, db.Close())
	require.Equal(t, []error{nil}, seen)
	require.Equal(t, 1, countOf(t, openDB(t, dsn), "goodbye"))
}

func TestBeforeCloseIsNotCalledForAConnectionThatBroke(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	db, proxy := proxied(t, func(c *surrealsql.Config) { c.BeforeClose = func(*surrealsql.Conn) { calls.Add(1) } })
	tx := begin(t, db)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, exec(t.Context(), tx, `CREATE a`))
	require.NoError(t, tx.Rollback())
	requireNoSockets(t, proxy)
	require.Zero(t, calls.Load())
	requireGood(t, db)
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
	cfg.Credentials = func(context.Context) (string, string, error) { note("Credentials"); return "root", "root", nil }
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
	require.Equal(t, []string{"BeforeConnect", "Credentials", "AfterConnect", "BeforeClose"}, slices.Compact(order))
	require.NoError(t, connector.Close())
}

func TestInitStatementsRunOnEveryConnection(t *testing.T) {
	t.Parallel()
	db := newDB(t, func(c *surrealsql.Config) {
		c.Init = []string{`CREATE hello SET n = 1`, `LET $x = 1; CREATE hello SET n = $x`}
	})
	for n := range 3 {
		conn := lease(t, db)
		require.Equal(t, (n+1)*2, countOf(t, conn, "hello"))
	}
	requireGood(t, db)
}

func TestAnInitStatementThatFailsFailsTheConnectWithItsError(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, func(c *surrealsql.Config) {
		c.Init, c.ConnectAttempts = []string{`RETURN 1`, `CREATE x:1; CREATE x:1`}, 5
	})
	err := db.PingContext(t.Context())
	requireAnswers(t, err, "duplicate")
	require.ErrorContains(t, err, "text 2 of Init")
	requireNoSockets(t, proxy)
	require.Equal(t, 1, proxy.Stats().Accepted)
}

func TestVariablesAreSetOnEveryConnection(t *testing.T) {
	t.Parallel()
	db := newDB(t, func(c *surrealsql.Config) {
		c.Variables = map[string]any{"tenant": "acme", "limits": map[string]int{"max": 5}}
	})
	for range 3 {
		conn := lease(t, db)
		require.Equal(t, "acme", queryOne[string](t, conn, `RETURN $tenant`))
		require.Equal(t, 5, queryOne[int](t, conn, `RETURN $limits.max`))
		require.Equal(t, "other", queryOne[string](t, conn, `RETURN $tenant`, sql.Named("tenant", "other")), "an argument wins")
	}
}

func TestVariablesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"auth", "this", "a b", "", "$x", "1a"} {
		_, err := surrealsql.NewConnector(&surrealsql.Config{Variables: map[string]any{name: 1}})
		require.ErrorContains(t, err, "Config.Variables", name)
	}
	db, proxy := proxied(t, func(c *surrealsql.Config) { c.Variables = map[string]any{"x": make(chan int)} })
	require.ErrorContains(t, db.PingContext(t.Context()), "chan int")
	requireNoSockets(t, proxy)
}
