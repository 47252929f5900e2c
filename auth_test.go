package surrealsql_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// as changes a Config to sign in at a level.
func as(level surrealsql.AuthLevel, user, password string) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.Auth, c.User, c.Password = level, user, password }
}

// owned is a database with users on all levels, the record access "account" for
// its table of users, and the access "api" for tokens.
func owned(t *testing.T) (dsn string, db *sql.DB, root string) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	db = openDB(t, dsn)
	root = "root_" + strings.ToLower(queryOne[string](t, db, `RETURN rand::string(12)`)) // the engine is shared
	mustExec(t, db, `DEFINE USER `+root+` ON ROOT PASSWORD 'root-pass' ROLES OWNER;
		DEFINE USER n ON NAMESPACE PASSWORD 'ns-pass' ROLES OWNER;
		DEFINE USER d ON DATABASE PASSWORD 'db-pass' ROLES OWNER;
		DEFINE TABLE user SCHEMALESS PERMISSIONS FOR select WHERE id = $auth.id;
		CREATE user:tobie SET name = 'Tobie', pass = crypto::argon2::generate('rec-pass');
		DEFINE ACCESS account ON DATABASE TYPE RECORD
			SIGNUP (CREATE user SET name = $user, pass = crypto::argon2::generate($pass))
			SIGNIN (SELECT * FROM user WHERE name = $user AND crypto::argon2::compare(pass, $pass));
		DEFINE ACCESS api ON DATABASE TYPE JWT ALGORITHM HS512 KEY 'jwt-key'`)
	t.Cleanup(func() { mustExecAtEnd(t, db, `REMOVE USER IF EXISTS `+root+` ON ROOT`) })
	return dsn, db, root
}

// mustExecAtEnd is mustExec for cleanups, when the test's context is over.
func mustExecAtEnd(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	_, err := db.ExecContext(context.Background(), text)
	require.NoError(t, err)
}

// apiToken signs a token for the access "api" of the database that db is on.
func apiToken(t *testing.T, db *sql.DB, life time.Duration) string {
	t.Helper()
	encode := func(v any) string {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	unsigned := encode(map[string]any{"alg": "HS512", "typ": "JWT"}) + "." + encode(map[string]any{
		"ns": queryOne[string](t, db, `RETURN session::ns()`), "db": queryOne[string](t, db, `RETURN session::db()`),
		"ac": "api", "rl": []string{"Owner"}, "exp": time.Now().Add(life).Unix(),
	})
	mac := hmac.New(sha512.New, []byte("jwt-key"))
	mac.Write([]byte(unsigned))
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestEveryLevelOfAuthenticationSignsIn(t *testing.T) {
	t.Parallel()
	dsn, admin, root := owned(t)
	const sees, isRefused = true, false
	for name, c := range map[string]struct {
		change                   func(*surrealsql.Config)
		infoRoot, infoNS, infoDB bool
	}{
		"root":      {as(surrealsql.AuthRoot, root, "root-pass"), sees, sees, sees},
		"derived":   {as(surrealsql.AuthAuto, root, "root-pass"), sees, sees, sees},
		"namespace": {as(surrealsql.AuthNamespace, "n", "ns-pass"), isRefused, sees, sees},
		"database":  {as(surrealsql.AuthDatabase, "d", "db-pass"), isRefused, isRefused, sees},
		"record": {func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthAuto, "account", "Tobie", "rec-pass"
		}, isRefused, isRefused, isRefused},
		"record by parameters": {func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "", ""
			c.AuthParams = map[string]any{"user": "Tobie", "pass": "rec-pass"}
		}, isRefused, isRefused, isRefused},
		"token": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Token = surrealsql.AuthAuto, "", "", apiToken(t, admin, time.Hour)
		}, isRefused, isRefused, sees},
		"token source": {func(c *surrealsql.Config) {
			c.Auth = surrealsql.AuthToken
			c.TokenSource = func(context.Context) (string, error) { return apiToken(t, admin, time.Hour), nil }
		}, isRefused, isRefused, sees},
		"credentials": {func(c *surrealsql.Config) {
			c.Auth = surrealsql.AuthDatabase
			c.Credentials = func(context.Context) (string, string, error) { return "d", "db-pass", nil }
		}, isRefused, isRefused, sees},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, dsn, c.change)
			requireUnbroken(t, db, func() {
				for text, allowed := range map[string]bool{`INFO FOR ROOT`: c.infoRoot, `INFO FOR NS`: c.infoNS, `INFO FOR DB`: c.infoDB} {
					if err := exec(t.Context(), db, text); allowed {
						require.NoError(t, err, text)
					} else {
						requireAnswers(t, err, "auth")
					}
				}
			})
			require.Equal(t, where(t, admin), where(t, db), "on its namespace and database, whoever it is")
		})
	}
}

func TestARecordUserSeesWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := owned(t)
	mustExec(t, admin, `CREATE user:other SET name = 'Other'`)
	db := openDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "Tobie", "rec-pass"
	})
	require.Equal(t, surrealsql.RecordID("user:tobie"), queryOne[surrealsql.RecordID](t, db, `RETURN $auth`))
	require.Equal(t, 1, countOf(t, db, "user"))
}

func TestABearerKeySignsInAtItsLevel(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := owned(t)
	for _, c := range []struct {
		level   surrealsql.AuthLevel
		on      string
		infoNS  bool
		grantee string
	}{{surrealsql.AuthRecord, "DATABASE", false, "d"}, {surrealsql.AuthNamespace, "NAMESPACE", true, "n"}} {
		mustExec(t, admin, `DEFINE ACCESS keys ON `+c.on+` TYPE BEARER FOR USER`)
		var grant surrealsql.Value[struct {
			Key string `json:"key"`
		}]
		var skip any
		require.NoError(t, admin.QueryRowContext(t.Context(), `ACCESS keys ON `+c.on+` GRANT FOR USER `+c.grantee).
			Scan(&skip, &skip, &skip, &skip, &grant, &skip, &skip, &skip))
		db := openDB(t, dsn, as(c.level, "", ""), func(cfg *surrealsql.Config) {
			cfg.Access, cfg.AuthParams = "keys", map[string]any{"key": grant.V.Key}
		})
		mustExec(t, db, `INFO FOR DB`)
		require.Equal(t, c.infoNS, exec(t.Context(), db, `INFO FOR NS`) == nil)
		requireAnswers(t, exec(t.Context(), db, `INFO FOR ROOT`), "auth")
	}
}

func TestNobodyIsSignedInWithoutCredentials(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := openDB(t, dsn, as(surrealsql.AuthNone, "", ""))
	requireKept(t, db, func() {
		// The session is there; what it may do is the server's to say.
		require.NoError(t, db.PingContext(t.Context()))
		requireAnswers(t, exec(t.Context(), db, `INFO FOR ROOT`), "auth")
	})
}

// requireKept is requireUnbroken for those who may not even say RETURN.
func requireKept(t *testing.T, db *sql.DB, f func()) {
	t.Helper()
	solo(db)
	before := connID(t, db)
	f()
	require.Equal(t, before, connID(t, db))
}

func TestARefusedSignInIsAuthAndIsNotTriedAgainAndLeaksNothing(t *testing.T) {
	t.Parallel()
	dsn, admin, root := owned(t)
	for name, change := range map[string]func(*surrealsql.Config){
		"wrong root password":      as(surrealsql.AuthRoot, root, "wrong"),
		"no such root user":        as(surrealsql.AuthRoot, "nobody", "x"),
		"wrong namespace password": as(surrealsql.AuthNamespace, "n", "wrong"),
		"the wrong level":          as(surrealsql.AuthNamespace, "d", "db-pass"),
		"wrong database password":  as(surrealsql.AuthDatabase, "d", "wrong"),
		"empty password":           as(surrealsql.AuthDatabase, "d", ""),
		"wrong record password": func(c *surrealsql.Config) {
			c.Auth, c.Access, c.User, c.Password = surrealsql.AuthRecord, "account", "Tobie", "wrong"
		},
		"no such access": func(c *surrealsql.Config) { c.Auth, c.Access = surrealsql.AuthRecord, "nope" },
		"junk token":     func(c *surrealsql.Config) { c.Auth, c.Token = surrealsql.AuthToken, "junk" },
		"expired token": func(c *surrealsql.Config) {
			c.Auth, c.Token = surrealsql.AuthToken, apiToken(t, admin, -time.Hour)
		},
		"token with a wrong signature": func(c *surrealsql.Config) {
			c.Auth, c.Token = surrealsql.AuthToken, apiToken(t, admin, time.Hour)+"x"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
			db := openDB(t, proxy.DSN(dsn), change, func(c *surrealsql.Config) {
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
				require.Equal(t, tried+1, stats.Accepted, "once a call")
			}
			require.Equal(t, 0, openConns(db))
		})
	}
}

func TestASourceIsAskedForEachConnection(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := owned(t)
	for name, with := range map[string]func(*surrealsql.Config, func()){
		"TokenSource": func(c *surrealsql.Config, asked func()) {
			c.Auth, c.Token = surrealsql.AuthToken, "not used"
			c.TokenSource = func(context.Context) (string, error) { asked(); return apiToken(t, admin, time.Hour), nil }
		},
		"Credentials": func(c *surrealsql.Config, asked func()) {
			c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "not", "used"
			c.Credentials = func(context.Context) (string, string, error) { asked(); return "d", "db-pass", nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			db := openDB(t, dsn, func(c *surrealsql.Config) { with(c, func() { asked.Add(1) }) })
			for n := range 3 {
				requireGood(t, lease(t, db))
				require.EqualValues(t, n+1, asked.Load())
			}
			requireGood(t, lease(t, db))
		})
	}
}

func TestASourceThatFailsFailsTheConnectWithItsError(t *testing.T) {
	t.Parallel()
	boom := errors.New("the vault is closed")
	dsn := surrealtest.DSN(t)
	for name, change := range map[string]func(*surrealsql.Config){
		"Config.TokenSource": func(c *surrealsql.Config) {
			c.Auth, c.TokenSource = surrealsql.AuthToken, func(context.Context) (string, error) { return "", boom }
		},
		"Config.Credentials": func(c *surrealsql.Config) {
			c.Credentials = func(context.Context) (string, string, error) { return "", "", boom }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := surrealtest.NewProxy(t, hostOf(t, dsn))
			db := openDB(t, proxy.DSN(dsn), change, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			err := db.PingContext(t.Context())
			require.ErrorIs(t, err, boom)
			require.ErrorContains(t, err, name)
			stats, err := proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
			require.NoError(t, err)
			require.LessOrEqual(t, stats.Accepted, 1)
		})
	}
	t.Run("an empty token", func(t *testing.T) {
		t.Parallel()
		db := openDB(t, dsn, func(c *surrealsql.Config) {
			c.Auth, c.TokenSource = surrealsql.AuthToken, func(context.Context) (string, error) { return "", nil }
		})
		require.ErrorContains(t, db.PingContext(t.Context()), "empty token")
	})
}

func TestAPasswordThatChangesIsPickedUpByTheNextConnection(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := owned(t)
	var password atomic.Value
	password.Store("db-pass")
	db := plainDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth = surrealsql.AuthDatabase
		c.Credentials = func(context.Context) (string, string, error) { return "d", password.Load().(string), nil }
	})
	db.SetMaxIdleConns(0)
	requireGood(t, db)
	mustExec(t, admin, `DEFINE USER OVERWRITE d ON DATABASE PASSWORD 'rotated' ROLES OWNER`)
	require.True(t, surrealsql.IsAuth(scan(t.Context(), db, `RETURN 1`)))
	password.Store("rotated")
	requireGood(t, db)
}

// The server must have read all before it answers any of it.
func TestASessionIsOpenedInOneFlight(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		flight := []scripted.Request{c.Request(), c.Request(), c.Request(), c.Request()}
		for _, r := range flight {
			c.Answer(r)
		}
		c.Serve(nil)
	})
	db := openDB(t, srv.DSN(), func(c *surrealsql.Config) { c.Variables = map[string]any{"v": 1} })
	require.NoError(t, db.PingContext(t.Context()))
	var methods []string
	for _, r := range srv.Requests() {
		methods = append(methods, r.Method)
	}
	require.Equal(t, []string{"signin", "use", "let", "version", "ping"}, methods)
}

func TestTheVersionIsDetectedHoweverTheServerWritesIt(t *testing.T) {
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
		raw(t, lease(t, openDB(t, srv.DSN())), func(c *surrealsql.Conn) error {
			require.Equal(t, want, c.ServerVersion())
			return nil
		})
	}
}
