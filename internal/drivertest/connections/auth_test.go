package connections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Signing in at every level, by passwords, tokens and keys, and what a refusal says.

func TestAuthOfEveryLevelSignsIn(t *testing.T) {
	t.Parallel()
	dsn, admin, root := drivertest.NewDBWithUsers(t)
	const sees, isRefused = true, false
	for name, c := range map[string]struct {
		change                   func(*surrealsql.Config)
		infoRoot, infoNS, infoDB bool
	}{
		"root":      {drivertest.As(surrealsql.AuthRoot, root, "root-pass"), sees, sees, sees},
		"derived":   {drivertest.As(surrealsql.AuthAuto, root, "root-pass"), sees, sees, sees},
		"namespace": {drivertest.As(surrealsql.AuthNamespace, "n", "ns-pass"), isRefused, sees, sees},
		"database":  {drivertest.As(surrealsql.AuthDatabase, "d", "db-pass"), isRefused, isRefused, sees},
		"record": {func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthAuto, "account", "Tobie", "rec-pass"
		}, isRefused, isRefused, isRefused},
		"record by parameters": {func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "", ""
			c.AuthParams = map[string]any{"user": "Tobie", "pass": "rec-pass"}
		}, isRefused, isRefused, isRefused},
		"token": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Token = surrealsql.AuthAuto, "", "", drivertest.APIToken(t, admin, time.Hour)
		}, isRefused, isRefused, sees},
		"token source": {func(c *surrealsql.Config) {
			c.Auth = surrealsql.AuthToken
			c.TokenSource = func(context.Context) (string, error) { return drivertest.APIToken(t, admin, time.Hour), nil }
		}, isRefused, isRefused, sees},
		"credentials": {func(c *surrealsql.Config) {
			c.Auth = surrealsql.AuthDatabase
			c.CredentialSource = func(context.Context) (string, string, error) { return "d", "db-pass", nil }
		}, isRefused, isRefused, sees},
	} {
		t.Run(name, func(t *testing.T) {
			db := drivertest.OpenDB(t, dsn, c.change)
			drivertest.RequireUnbroken(t, db, func() {
				for text, allowed := range map[string]bool{`INFO FOR ROOT`: c.infoRoot, `INFO FOR NS`: c.infoNS, `INFO FOR DB`: c.infoDB} {
					if err := drivertest.Exec(t.Context(), db, text); allowed {
						require.NoError(t, err, text)
					} else {
						drivertest.RequireClasses(t, err, "auth")
					}
				}
			})
			require.Equal(t, where(t, admin), where(t, db), "on its namespace and database, whoever it is")
		})
	}
}

func TestAuthRecordUserSeesWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	drivertest.MustExec(t, admin, `CREATE user:other SET name = 'Other'`)
	db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "Tobie", "rec-pass"
	})
	require.Equal(t, surrealsql.RecordID("user:tobie"), drivertest.QueryOne[surrealsql.RecordID](t, db, `RETURN $auth`))
	require.Equal(t, 1, drivertest.CountOf(t, db, "user"))
}

func TestAuthByABearerKeyIsOfItsLevel(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	for _, c := range []struct {
		level   surrealsql.AuthLevel
		on      string
		infoNS  bool
		grantee string
	}{{surrealsql.AuthRecord, "DATABASE", false, "d"}, {surrealsql.AuthNamespace, "NAMESPACE", true, "n"}} {
		drivertest.MustExec(t, admin, `DEFINE ACCESS keys ON `+c.on+` TYPE BEARER FOR USER`)
		var grant surrealsql.Value[struct {
			Key string `json:"key"`
		}]
		var skip any
		require.NoError(t, admin.QueryRowContext(t.Context(), `ACCESS keys ON `+c.on+` GRANT FOR USER `+c.grantee).
			Scan(&skip, &skip, &skip, &skip, &grant, &skip, &skip, &skip))
		db := drivertest.OpenDB(t, dsn, drivertest.As(c.level, "", ""), func(cfg *surrealsql.Config) {
			cfg.Access, cfg.AuthParams = "keys", map[string]any{"key": grant.V.Key}
		})
		drivertest.MustExec(t, db, `INFO FOR DB`)
		require.Equal(t, c.infoNS, drivertest.Exec(t.Context(), db, `INFO FOR NS`) == nil)
		drivertest.RequireClasses(t, drivertest.Exec(t.Context(), db, `INFO FOR ROOT`), "auth")
	}
}

func TestAuthNeedsCredentials(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthNone, "", ""))
	requireKept(t, db, func() {
		// The session is there; what it may do is the server's to say.
		require.NoError(t, db.PingContext(t.Context()))
		drivertest.RequireClasses(t, drivertest.Exec(t.Context(), db, `INFO FOR ROOT`), "auth")
	})
}

// requireKept is RequireUnbroken for those who may not even say RETURN.
func requireKept(t *testing.T, db *sql.DB, f func()) {
	t.Helper()
	drivertest.Solo(db)
	before := drivertest.ConnOf(t, db)
	f()
	require.Equal(t, before, drivertest.ConnOf(t, db))
}

func TestAuthThatIsRefusedIsNotTriedAgainAndLeaksNothing(t *testing.T) {
	t.Parallel()
	dsn, admin, root := drivertest.NewDBWithUsers(t)
	firstDials := drivertest.FirstDials(t)
	for name, change := range map[string]func(*surrealsql.Config){
		"wrong root password":      drivertest.As(surrealsql.AuthRoot, root, "wrong"),
		"no such root user":        drivertest.As(surrealsql.AuthRoot, "nobody", "x"),
		"wrong namespace password": drivertest.As(surrealsql.AuthNamespace, "n", "wrong"),
		"the wrong level":          drivertest.As(surrealsql.AuthNamespace, "d", "db-pass"),
		"wrong database password":  drivertest.As(surrealsql.AuthDatabase, "d", "wrong"),
		"empty password":           drivertest.As(surrealsql.AuthDatabase, "d", ""),
		"wrong record password": func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "Tobie", "wrong"
		},
		"no such access": func(c *surrealsql.Config) { c.Auth, c.Access = surrealsql.AuthRecord, "nope" },
		"junk token":     func(c *surrealsql.Config) { c.Auth, c.Token = surrealsql.AuthToken, "junk" },
		"expired token": func(c *surrealsql.Config) {
			c.Auth, c.Token = surrealsql.AuthToken, drivertest.APIToken(t, admin, -time.Hour)
		},
		"token with a wrong signature": func(c *surrealsql.Config) {
			c.Auth, c.Token = surrealsql.AuthToken, drivertest.APIToken(t, admin, time.Hour)+"x"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
			db := drivertest.OpenDB(t, proxy.DSN(dsn), change, func(c *surrealsql.Config) {
				c.ConnectAttempts, c.ConnectBackoff = 5, time.Millisecond
			})
			for tried := range 2 {
				err := db.PingContext(t.Context())
				require.Error(t, err)
				require.True(t, surrealsql.IsAuth(err), "%v", err)
				require.False(t, surrealsql.IsRetryable(err) || surrealsql.IsConnectivity(err), "%v", err)
				require.ErrorContains(t, err, "cannot connect")
				stats, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
				require.NoError(t, err, "its socket is closed")
				require.Equal(t, tried+firstDials, stats.Accepted, "once a call")
			}
			require.Equal(t, 0, drivertest.OpenConns(db))
		})
	}
}

func TestAuthSourceIsAskedForEachConnection(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	for name, with := range map[string]func(*surrealsql.Config, func()){
		"TokenSource": func(c *surrealsql.Config, asked func()) {
			c.Auth, c.Token = surrealsql.AuthToken, "not used"
			c.TokenSource = func(context.Context) (string, error) { asked(); return drivertest.APIToken(t, admin, time.Hour), nil }
		},
		"CredentialSource": func(c *surrealsql.Config, asked func()) {
			c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "not", "used"
			c.CredentialSource = func(context.Context) (string, string, error) { asked(); return "d", "db-pass", nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { with(c, func() { asked.Add(1) }) })
			for n := range 3 {
				drivertest.RequireGood(t, drivertest.Lease(t, db))
				require.EqualValues(t, n+1, asked.Load())
			}
			drivertest.RequireGood(t, drivertest.Lease(t, db))
		})
	}
}

func TestAuthSourceThatFailsFailsTheConnectWithItsError(t *testing.T) {
	t.Parallel()
	boom := errors.New("the vault is closed")
	dsn := surrealtest.DSN(t)
	for name, change := range map[string]func(*surrealsql.Config){
		"Config.TokenSource": func(c *surrealsql.Config) {
			c.Auth, c.TokenSource = surrealsql.AuthToken, func(context.Context) (string, error) { return "", boom }
		},
		"Config.CredentialSource": func(c *surrealsql.Config) {
			c.CredentialSource = func(context.Context) (string, string, error) { return "", "", boom }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
			db := drivertest.OpenDB(t, proxy.DSN(dsn), change, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			err := db.PingContext(t.Context())
			require.ErrorIs(t, err, boom)
			require.ErrorContains(t, err, name)
			stats, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
			require.NoError(t, err)
			require.LessOrEqual(t, stats.Accepted, drivertest.FirstDials(t))
		})
	}
	t.Run("a lost database of its own", func(t *testing.T) {
		t.Parallel()
		lost := fmt.Errorf("%w: %w", boom, &surrealsql.ConnError{Op: "read", Addr: "vault:8000", Err: io.EOF, Sent: true})
		err := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
			c.CredentialSource = func(context.Context) (string, string, error) { return "", "", lost }
		}).PingContext(t.Context())
		require.ErrorIs(t, err, boom)
		require.ErrorContains(t, err, "Config.CredentialSource: "+lost.Error())
	})
	t.Run("an empty token", func(t *testing.T) {
		t.Parallel()
		db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
			c.Auth, c.TokenSource = surrealsql.AuthToken, func(context.Context) (string, error) { return "", nil }
		})
		require.ErrorContains(t, db.PingContext(t.Context()), "empty token")
	})
	t.Run("no user", func(t *testing.T) {
		t.Parallel()
		db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
			c.CredentialSource = func(context.Context) (string, string, error) { return "", "a password", nil }
		})
		require.ErrorContains(t, db.PingContext(t.Context()), "got no user")
	})
}

func TestAuthPasswordThatChangesIsPickedUpByTheNextConnection(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	var password atomic.Value
	password.Store("db-pass")
	db := drivertest.PlainDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth = surrealsql.AuthDatabase
		c.CredentialSource = func(context.Context) (string, string, error) { return "d", password.Load().(string), nil }
	})
	db.SetMaxIdleConns(0)
	drivertest.RequireGood(t, db)
	drivertest.MustExec(t, admin, `DEFINE USER OVERWRITE d ON DATABASE PASSWORD 'rotated' ROLES OWNER`)
	require.True(t, surrealsql.IsAuth(drivertest.Scan(t.Context(), db, `RETURN 1`)))
	password.Store("rotated")
	drivertest.RequireGood(t, db)
}

// The server must have read all before it answers any of it.
func TestConnectOpensTheSessionInOnePipeline(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		pipeline := []scripted.Request{c.Request(), c.Request(), c.Request(), c.Request()}
		for _, r := range pipeline {
			c.Answer(r)
		}
		c.Serve(nil)
	})
	db := drivertest.OpenDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Variables = map[string]any{"v": 1} })
	require.NoError(t, db.PingContext(t.Context()))
	var methods []string
	for _, r := range srv.Requests() {
		methods = append(methods, r.Method)
	}
	require.Equal(t, []string{"signin", "use", "let", "version", "ping"}, methods)
}

func TestConnectDetectsTheVersionHoweverTheServerWritesIt(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"surrealdb-3.0.2": "3.0.2", "surrealdb-3.1.6+20260101.abcdef": "3.1.6+20260101.abcdef", "surrealdb-2.6.0": "2.6.0", "nightly": "nightly",
	} {
		srv := scripted.New(t, func(c *scripted.Conn) {
			for {
				if r := c.Request(); r.Method == "version" {
					c.Reply(r.ID, scripted.Value(said))
				} else {
					c.Answer(r)
				}
			}
		})
		drivertest.Raw(t, drivertest.Lease(t, drivertest.OpenDB(t, srv.DSN())), func(c *surrealsql.Conn) error {
			require.Equal(t, want, c.ServerVersion())
			return nil
		})
	}
}

func TestAuthByAnAccessOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	dsn, _, _ := drivertest.NewDBWithUsers(t)
	db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "api", "Tobie", "rec-pass" // which is for JWTs
	})
	err := db.PingContext(t.Context())
	drivertest.RequireClasses(t, err, "auth")
	require.ErrorContains(t, err, `access "api"`)
}
