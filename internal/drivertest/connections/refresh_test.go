package connections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Record users who sign in by refresh tokens, on the real engine: that each token is sent once,
// whatever connections do at once, and that a program can go on where it ended.

func TestRefreshTokenIsSentOnceHoweverManyConnectionsAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	first := tokensOf(t, admin, ada(t, dsn)).Refresh
	const n = 20
	var sent drivertest.Methods
	var k keeper
	db := drivertest.OpenDB(t, dsn, sent.Use, k.as(first))
	for _, lease := range leaseAll(t, db, n) {
		requireAda(t, lease)
	}
	requireSigned(t, &sent, 1, n)
	require.Equal(t, 1, k.count())
	require.NotEqual(t, first, k.newest())
	t.Run("and the next start goes on with what was saved", func(t *testing.T) {
		requireAda(t, drivertest.OpenDB(t, dsn, k.as(k.newest())))
		require.Equal(t, 2, k.count())
	})
	t.Run("and not with what was used", func(t *testing.T) {
		var sent drivertest.Methods
		db := drivertest.OpenDB(t, dsn, sent.Use, k.as(first))
		for range 3 {
			err := db.PingContext(t.Context())
			drivertest.RequireClasses(t, err, "auth")
			require.ErrorContains(t, err, "the refresh token is of no use any more")
			require.ErrorContains(t, err, "sign in with a password")
			require.NotContains(t, err.Error(), first)
		}
		requireSigned(t, &sent, 1, 0)
	})
	requireAda(t, drivertest.OpenDB(t, dsn, k.as(k.newest())))
}

func TestRefreshTokenIsOneForLiveQueriesBesideThePoolToo(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	first := tokensOf(t, admin, ada(t, dsn)).Refresh
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	var sent drivertest.Methods
	var k keeper
	sent.Use(cfg)
	k.as(first)(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	for range 2 { // of which the first leaves the tokens to who is still there
		live := sql.OpenDB(connector.Live())
		rows, err := live.QueryContext(t.Context(), `LIVE SELECT * FROM note`)
		require.NoError(t, err)
		requireAda(t, db)
		require.NoError(t, rows.Close())
		require.NoError(t, live.Close())
	}
	db.SetMaxIdleConns(0)
	requireAda(t, db)
	require.Equal(t, 1, k.count())
	withSecret, _ := sent.Signed()
	require.Equal(t, 1, withSecret)
}

// Sessions and tokens that live for a second or two, many users of few connections, and nobody
// notices.
func TestRefreshTokenRenewsWhatExpiresWithoutAWord(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, string, ...func(*surrealsql.Config)) *sql.DB{
		"database/sql": drivertest.PlainDB, "package pool": drivertest.PooledDB,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn, admin := newApp(t, "DURATION FOR TOKEN 2s, FOR SESSION 1s")
			var sent drivertest.Methods
			var k keeper
			db := open(t, dsn, sent.Use, k.as(tokensOf(t, admin, ada(t, dsn)).Refresh))
			db.SetMaxOpenConns(4)
			db.SetMaxIdleConns(2) // so that some are made anew
			const users = 8
			var all sync.WaitGroup
			until := time.Now().Add(5 * time.Second)
			for i := range users {
				all.Go(func() {
					for n := 0; time.Now().Before(until); n++ {
						_, err := db.ExecContext(t.Context(), `CREATE note SET of = $1, n = $2, who = $auth`, i, n)
						if !assert.NoError(t, err) {
							return
						}
						time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
					}
				})
			}
			all.Wait()
			requireAda(t, db)
			require.Zero(t, drivertest.QueryOne[int](t, admin, `RETURN count(SELECT * FROM note WHERE who != user:ada)`))
			require.Zero(t, drivertest.QueryOne[int](t, admin, `RETURN count(SELECT count() AS n, of, n AS number FROM note GROUP BY of, number) - count(SELECT * FROM note)`), "none ran twice")
			require.GreaterOrEqual(t, k.count(), 3)
			require.Equal(t, sent.Count("signin"), k.count(), "each token was sent once, and each answer kept")
		})
	}
}

// Nor do transactions, which RunTx runs again where a session ends in one.
func TestRefreshTokenRenewsTheSessionsOfTransactions(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3") // 3.0 tells a transaction nothing of its record user
	dsn, admin := newApp(t, "DURATION FOR TOKEN 2s, FOR SESSION 2s")
	var sent drivertest.Methods
	var k keeper
	db := drivertest.OpenDB(t, dsn, sent.Use, k.as(tokensOf(t, admin, ada(t, dsn)).Refresh))
	db.SetMaxOpenConns(3)
	var all sync.WaitGroup
	var committed atomic.Int64
	until := time.Now().Add(5 * time.Second)
	for range 4 {
		all.Go(func() {
			for time.Now().Before(until) {
				err := surrealsql.Retry{}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
					for range 2 {
						if _, err := tx.ExecContext(ctx, `CREATE note SET who = $auth`); err != nil {
							return err
						}
						time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
					}
					return nil
				})
				if !assert.NoError(t, err) {
					return
				}
				committed.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 2*committed.Load(), drivertest.QueryOne[int](t, admin, `RETURN count(SELECT * FROM note WHERE who = user:ada)`))
	require.EqualValues(t, 2*committed.Load(), drivertest.CountOf(t, admin, "note"))
	require.Equal(t, sent.Count("signin"), k.count())
}

// A token is not lost with those who wait for it.
func TestRefreshTokenOutlivesWhoHasNoMoreTime(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "DURATION FOR TOKEN 1s")
	var sent drivertest.Methods
	var k keeper
	db := drivertest.PlainDB(t, dsn, sent.Use, k.as(tokensOf(t, admin, ada(t, dsn)).Refresh))
	db.SetMaxIdleConns(0)
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(3000))*time.Microsecond)
		err := db.PingContext(ctx)
		cancel()
		require.False(t, err != nil && surrealsql.IsAuth(err), "%v", err)
	}
	requireAda(t, db)
	require.Equal(t, sent.Count("signin"), k.count())
}

func TestRefreshTokenThatCannotBeSavedIsGivenAgain(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	var sent drivertest.Methods
	full := errors.New("the disk is full")
	k := keeper{err: full}
	db := drivertest.OpenDB(t, dsn, sent.Use, k.as(tokensOf(t, admin, ada(t, dsn)).Refresh), func(c *surrealsql.Config) { c.ConnectAttempts = 1 })
	err := db.PingContext(t.Context())
	require.ErrorIs(t, err, full)
	require.ErrorContains(t, err, "Config.OnTokens")
	requireAda(t, db)
	requireSigned(t, &sent, 1, 1)
	require.Equal(t, 1, k.count())
	requireAda(t, drivertest.OpenDB(t, dsn, k.as(k.newest())))
}

// A password signs in where there is no refresh token yet, and where one is of no use any more.
func TestRefreshTokenIsBegunAndReplacedByThePassword(t *testing.T) {
	t.Parallel()
	dsn, _ := newApp(t, "")
	var k keeper
	for i, refresh := range []string{"", "surreal-refresh-0123456789ab-0123456789abcdef01234567", "junk"} {
		var sent drivertest.Methods
		db := drivertest.OpenDB(t, dsn, sent.Use, k.as(refresh), func(c *surrealsql.Config) { c.User, c.Password = "ada", "p" })
		for _, lease := range leaseAll(t, db, 5) {
			requireAda(t, lease)
		}
		requireSigned(t, &sent, min(i, 1)+1, 5)
		require.Equal(t, i+1, k.count())
	}
	requireAda(t, drivertest.OpenDB(t, dsn, k.as(k.newest())))
	_, err := drivertest.OpenDB(t, dsn, k.as(""), func(c *surrealsql.Config) { c.User, c.Password = "ada", "wrong" }).Conn(t.Context())
	require.True(t, surrealsql.IsAuth(err), "%v", err)
}

func TestRefreshTokenOutlivesItsAccessBeingDefinedAnew(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	var k keeper
	db := drivertest.OpenDB(t, dsn, k.as(tokensOf(t, admin, ada(t, dsn)).Refresh))
	requireAda(t, drivertest.Lease(t, db))
	drivertest.MustExec(t, admin, `DEFINE ACCESS OVERWRITE app ON DATABASE TYPE RECORD WITH REFRESH`)
	requireAda(t, drivertest.Lease(t, db)) // by another access token: its key is another one
	require.Equal(t, 2, k.count())
}

func TestSignUpOfAConfigMakesItsUserOnce(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	kim := func(c *surrealsql.Config) { c.Access, c.User, c.Password, c.SignUp = "app", "kim", "q", true }
	const users = `RETURN count(SELECT * FROM user WHERE name = 'kim')`
	for range 2 { // starts of a program
		db := drivertest.OpenDB(t, dsn, kim)
		for _, lease := range leaseAll(t, db, 5) {
			require.Equal(t, "kim", drivertest.QueryOne[string](t, lease, `RETURN $auth.name`))
		}
		require.Equal(t, 1, drivertest.QueryOne[int](t, admin, users))
	}
	_, err := drivertest.OpenDB(t, dsn, kim, func(c *surrealsql.Config) { c.Password = "wrong" }).Conn(t.Context())
	require.ErrorContains(t, err, "signing up", "the index of names refuses another kim")
	require.Equal(t, 1, drivertest.QueryOne[int](t, admin, users))
	t.Run("also where there is no SIGNIN clause", func(t *testing.T) {
		drivertest.MustExec(t, admin, `DEFINE ACCESS device ON DATABASE TYPE RECORD SIGNUP (CREATE user SET name = $name) WITH REFRESH`)
		var k keeper
		db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
			c.User, c.Password, c.Access, c.SignUp, c.OnTokens = "", "", "device", true, k.save
			c.AuthParams = map[string]any{"name": "sensor"}
		})
		require.Equal(t, "sensor", drivertest.QueryOne[string](t, db, `RETURN $auth.name`))
		db = drivertest.OpenDB(t, dsn, k.as(k.newest()), func(c *surrealsql.Config) { c.Access = "device" })
		require.Equal(t, "sensor", drivertest.QueryOne[string](t, db, `RETURN $auth.name`))
	})
}

// A session that a lease has signed in by a refresh token is renewed by the access token alone.
func TestSignInByARefreshTokenUsesItOnce(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "DURATION FOR TOKEN 1h, FOR SESSION 1s")
	cred := ada(t, dsn)
	first := tokensOf(t, admin, cred)
	require.NotEmpty(t, first.Access)
	cred.User, cred.Password, cred.RefreshToken = "", "", first.Refresh
	var sent drivertest.Methods
	db := drivertest.Solo(drivertest.OpenDB(t, dsn, sent.Use))
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.Zero(t, c.Tokens())
		require.NoError(t, c.SignIn(t.Context(), cred))
		require.NotEqual(t, first, c.Tokens())
		require.NotEmpty(t, c.Tokens().Refresh)
		return nil
	})
	before := sent.Count("signin")
	for until := time.Now().Add(2500 * time.Millisecond); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		requireAda(t, conn)
	}
	require.Equal(t, before, sent.Count("signin"))
	require.Positive(t, sent.Count("authenticate"), "the session has expired")
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		err := c.SignIn(t.Context(), cred)
		drivertest.RequireClasses(t, err, "auth")
		require.ErrorContains(t, err, "a refresh token can be exchanged once")
		require.NotContains(t, err.Error(), first.Refresh)
		cred.RefreshToken = c.Tokens().Refresh
		require.NoError(t, c.SignIn(t.Context(), cred))
		last := c.Tokens()
		return c.Call(t.Context(), nil, "revoke", map[string]any{"access": last.Access, "refresh": last.Refresh})
	})
	require.NoError(t, conn.Close())
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { require.Zero(t, c.Tokens()); return nil })
}

func TestSignUpGivesTokens(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	cred := ada(t, dsn)
	cred.User = "kim"
	var k keeper
	drivertest.Leased(t, admin, func(c *surrealsql.Conn) error {
		require.NoError(t, c.SignUp(t.Context(), cred))
		return k.save(t.Context(), c.Tokens())
	})
	require.Equal(t, "kim", drivertest.QueryOne[string](t, drivertest.OpenDB(t, dsn, k.as(k.newest())), `RETURN $auth.name`))
}

func TestRefreshTokenIsRefusedWhereItWouldBeSentTwice(t *testing.T) {
	t.Parallel()
	dsn, admin := newApp(t, "")
	cred := ada(t, dsn)
	cred.User, cred.Password, cred.RefreshToken = "", "", "r"
	ctx := surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: cred})
	require.ErrorContains(t, drivertest.Scan(ctx, admin, `RETURN 1`), "WithSession: a refresh token can be used once")
	cred.RefreshToken, cred.AuthParams = "", map[string]any{"refresh": "r"}
	ctx = surrealsql.WithSession(t.Context(), surrealsql.Session{Credentials: cred})
	require.ErrorContains(t, drivertest.Scan(ctx, admin, `RETURN 1`), "give it as RefreshToken")
	drivertest.Leased(t, admin, func(c *surrealsql.Conn) error {
		require.ErrorContains(t, c.SignIn(t.Context(), cred), "give it as RefreshToken")
		require.ErrorContains(t, c.SignIn(t.Context(), surrealsql.Credentials{RefreshToken: "r"}), "with its access")
		return nil
	})
	for says, change := range map[string]func(*surrealsql.Config){
		"give it as RefreshToken":                 func(c *surrealsql.Config) { c.Access, c.AuthParams = "app", map[string]any{"refresh": "r"} },
		"Config.RefreshToken with auth=root":      func(c *surrealsql.Config) { c.RefreshToken = "r" },
		"Config.OnTokens with auth=root":          func(c *surrealsql.Config) { c.OnTokens = new(keeper).save },
		"Config.SignUp with auth=root":            func(c *surrealsql.Config) { c.SignUp = true },
		"WITH REFRESH":                            func(c *surrealsql.Config) { new(keeper).as("")(c); c.Access, c.User, c.Password = "plain", "ada", "p" },
		"BeforeConnect changes who signs in, or ": func(c *surrealsql.Config) { new(keeper).as("r")(c); c.BeforeConnect = changesUser },
	} {
		drivertest.MustExec(t, admin, `DEFINE ACCESS OVERWRITE plain ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM user WHERE name = $user AND pass = $pass)`)
		cfg, err := surrealsql.ParseDSN(dsn)
		require.NoError(t, err)
		change(cfg)
		connector, err := surrealsql.NewConnector(cfg)
		if err == nil {
			db := sql.OpenDB(connector)
			err = db.PingContext(t.Context())
			require.NoError(t, db.Close())
		}
		require.ErrorContains(t, err, says)
	}
}

func changesUser(_ context.Context, c *surrealsql.Config) error {
	c.RefreshToken = fmt.Sprint(c.RefreshToken, "2")
	return nil
}
