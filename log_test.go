package surrealsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What is logged, at which level, and that no log, error or string shows a secret.

func TestLogHasQueriesOnRequestWithoutTheirValues(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := drivertest.NewDB(t, drivertest.WithLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	ctx := surrealsql.WithLogAttrs(t.Context(), slog.String("request", "r-1"))
	ctx = surrealsql.WithLogAttrs(ctx, slog.Int("user", 7))
	_, err := db.ExecContext(ctx, `CREATE a SET x = $1, y = $name, z = $2`, "value-of-one", sql.Named("name", []string{"value-of-name"}), 424242)
	require.NoError(t, err)
	// What the server says of an error may hold values too.
	drivertest.MustExec(t, db, `DEFINE INDEX i ON a FIELDS x UNIQUE`)
	require.True(t, surrealsql.IsDuplicate(drivertest.Exec(ctx, db, `RETURN 1; CREATE a SET x = $1`, "value-of-one")))
	require.True(t, surrealsql.IsThrown(drivertest.Exec(ctx, db, `THROW $1`, "value-of-one")))
	require.Error(t, drivertest.Exec(ctx, db, `RETURN $1`, surrealsql.Decimal("value-of-one")))

	records := book.Records(t, "query")
	require.Len(t, records, 5)
	first := records[0]
	require.Equal(t, "INFO", first["level"])
	require.Equal(t, `CREATE a SET x = $1, y = $name, z = $2`, first["query"], "the text as the program wrote it")
	require.Equal(t, []any{"$1: string", "$name: []string", "$2: int"}, first["args"])
	require.Positive(t, first["duration"])
	require.NotContains(t, first, "error")
	require.NotContains(t, records[1], "request", "it had another context")
	for i, r := range records {
		require.Contains(t, r["conn"], "addr")
		if i != 1 {
			require.Equal(t, "r-1", r["request"])
			require.EqualValues(t, 7, r["user"])
		}
	}
	require.Equal(t, "surrealdb: statement 2: already exists", records[2]["error"])
	require.Equal(t, "surrealdb: thrown by the query", records[3]["error"])
	require.Contains(t, records[4]["error"], "refused before it was sent")
	for _, value := range []string{"value-of-one", "value-of-name", "424242"} {
		require.NotContains(t, book.String(), value)
	}
}

func TestLogHasNoQueriesUnlessRequested(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := drivertest.NewDB(t, drivertest.WithLog(&book))
	drivertest.MustExec(t, db, `CREATE hidden SET n = 1`)
	require.NotContains(t, book.String(), "hidden")
}

func TestLogAtDebugHasWhatAPoolExpects(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	closed := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Greet()
		c.Answer(c.Request())
		if c.Number() == 1 {
			c.CloseFrame(1000, "idle too long")
			close(closed)
			c.AwaitClose()
			return
		}
		c.Serve(nil)
	})
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	cfg.Logger = book.Logger()
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := drivertest.Solo(sql.OpenDB(connector))
	require.NoError(t, db.PingContext(t.Context()))
	<-closed
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE a"), "on another connection")
	require.NoError(t, db.Close())
	require.Len(t, book.Records(t, "connected"), 2)
	require.NotEmpty(t, book.Records(t, "closed"))
	for _, r := range book.Records(t, "") {
		require.Equal(t, "DEBUG", r["level"], r)
	}
}

func TestLogAtWarnHasAServerThatSeemsToBeGone(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db, proxy := drivertest.Proxied(t, drivertest.WithLog(&book))
	tx := drivertest.Begin(t, db)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, drivertest.Exec(t.Context(), tx, `CREATE a`))
	gone := book.Records(t, "gone")
	require.NotEmpty(t, gone)
	require.Equal(t, "WARN", gone[0]["level"])
	require.Equal(t, proxy.Addr(), gone[0]["addr"])
	drivertest.RequireGood(t, db)
}

func TestLogAtWarnHasAFailedAttemptToConnectWhenAnotherFollows(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		if c.Number() == 1 {
			c.Reset()
			return
		}
		c.Upgrade()
		c.Serve(nil)
	})
	db := drivertest.OpenDB(t, srv.DSN("connect_attempts=3", "connect_backoff=1ms"), drivertest.WithLog(&book))
	ctx := surrealsql.WithLogAttrs(t.Context(), slog.String("request", "r-2"))
	require.NoError(t, db.PingContext(ctx))
	retried := book.Records(t, "cannot connect yet")
	require.Len(t, retried, 1)
	require.Equal(t, "WARN", retried[0]["level"])
	require.EqualValues(t, 1, retried[0]["attempt"])
	require.Equal(t, "r-2", retried[0]["request"])
}

func TestLogLevelThatIsOffCostsNothingAndALoggerMayBeMissing(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	quiet := slog.New(slog.NewJSONHandler(&book, &slog.HandlerOptions{Level: slog.LevelError}))
	for _, l := range []*slog.Logger{nil, quiet} {
		db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Logger = l })
		drivertest.RequireGood(t, db)
		require.Error(t, drivertest.Exec(t.Context(), db, `THROW 'x'`))
	}
	require.Empty(t, book.String())
}

// secrets are all that must be in no log, error or String: as they are, and as a
// URL writes them.
type secrets []string

func (s secrets) requireNotIn(t testing.TB, where, shown string) {
	t.Helper()
	for _, secret := range s {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprint([]byte(secret))} {
			require.NotContains(t, shown, form, where)
		}
	}
}

// requireUnprinted asserts that no verb and no slog handler shows a secret.
func (s secrets) requireUnprinted(t testing.TB, values ...any) {
	t.Helper()
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%08.3f", "%T", "%c", "%U"} {
			s.requireNotIn(t, fmt.Sprintf("%s of %T", verb, v), fmt.Sprintf(verb, v))
			s.requireNotIn(t, fmt.Sprintf("%s of []%T", verb, v), fmt.Sprintf(verb, []any{v}))
		}
		var text bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "v", v)
		s.requireNotIn(t, fmt.Sprintf("slog of %T", v), text.String())
	}
}

func TestLogsErrorsAndStringsHaveNoPasswordOrToken(t *testing.T) {
	t.Parallel()
	const password, wrong, bearer, hook = "pa5sword/&?-of-u", "wr0ng:pässword", "bea.rer.t0ken-junk", "h00k-password"
	hidden := secrets{password, wrong, bearer, hook}
	var book drivertest.Logbook
	dsn := surrealtest.DSN(t)
	admin := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, admin, `DEFINE TABLE user PERMISSIONS NONE; CREATE user SET name = 'n', pass = $1; DEFINE ACCESS account ON DATABASE TYPE RECORD
		SIGNIN (SELECT * FROM user WHERE name = $name AND pass = $secret);
		DEFINE USER u ON DATABASE PASSWORD '`+password+`' ROLES OWNER`, password)

	open := func(change func(*surrealsql.Config)) (*sql.DB, *surrealsql.Connector, *surrealsql.Config) {
		cfg, err := surrealsql.ParseDSN(dsn)
		require.NoError(t, err)
		cfg.Logger, cfg.LogQueries = book.Logger(), true
		cfg.ConnectAttempts = 2
		cfg.HealthCheckInterval = 0 // fmt reads all that a *sql.DB leads to, without locks
		change(cfg)
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		t.Cleanup(func() { _ = db.Close() })
		return db, connector, cfg
	}
	for name, c := range map[string]struct {
		change func(*surrealsql.Config)
		good   bool
	}{
		"password":       {func(c *surrealsql.Config) { c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "u", password }, true},
		"wrong password": {func(c *surrealsql.Config) { c.Auth, c.User, c.Password = surrealsql.AuthDatabase, "u", wrong }, false},
		"record": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Access = surrealsql.AuthRecord, "", "", "account"
			c.AuthParams = map[string]any{"name": "n", "secret": password}
		}, true},
		"wrong record": {func(c *surrealsql.Config) {
			c.Auth, c.User, c.Password, c.Access = surrealsql.AuthRecord, "", "", "account"
			c.AuthParams = map[string]any{"name": "n", "secret": wrong}
		}, false},
		"junk token": {func(c *surrealsql.Config) { c.Auth, c.User, c.Password, c.Token = surrealsql.AuthToken, "", "", bearer }, false},
		"junk from a source": {func(c *surrealsql.Config) {
			c.Auth, c.TokenSource = surrealsql.AuthToken, func(context.Context) (string, error) { return bearer, nil }
		}, false},
		"credentials": {func(c *surrealsql.Config) {
			c.Auth, c.CredentialSource = surrealsql.AuthDatabase, func(context.Context) (string, string, error) { return "u", password, nil }
		}, true},
		"a hook": {func(c *surrealsql.Config) {
			c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error { c.Password = hook; return nil }
		}, false},
		"variables and headers": {func(c *surrealsql.Config) {
			c.Variables = map[string]any{"key": bearer}
			c.Headers = map[string][]string{"X-Api-Key": {bearer}}
		}, true},
		"a parameter that cannot be sent": {func(c *surrealsql.Config) {
			c.Auth, c.Access, c.AuthParams = surrealsql.AuthRecord, "account", map[string]any{"name": bearer, "pass": make(chan string)}
		}, false},
		"nothing listens": {func(c *surrealsql.Config) { c.Password, c.Hosts = wrong, []string{"127.0.0.1:1"} }, false},
	} {
		db, connector, cfg := open(c.change)
		hidden.requireUnprinted(t, cfg, *cfg, connector)
		conn, err := db.Conn(t.Context())
		require.Equal(t, c.good, err == nil, "%s: %v", name, err)
		if err != nil {
			hidden.requireUnprinted(t, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				hidden.requireUnprinted(t, e)
			}
			continue
		}
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			hidden.requireUnprinted(t, c)
			for _, cred := range []surrealsql.Credentials{
				{User: "u", Password: wrong}, {Token: bearer},
				{Access: "account", Namespace: "n", Database: "d", AuthParams: map[string]any{"secret": wrong}},
			} {
				hidden.requireUnprinted(t, cred, &cred)
				hidden.requireUnprinted(t, c.SignIn(t.Context(), cred), c)
			}
			return nil
		})
		hidden.requireUnprinted(t, drivertest.Exec(t.Context(), db, `THROW $1`, password) != nil, db)
		require.NoError(t, conn.Close())
	}
	require.Positive(t, len(book.Records(t, "")))
	hidden.requireNotIn(t, "the log", book.String())
	drivertest.RequireGood(t, admin)
}

// The token that a server hands out is a secret too.
func TestLogNeverShowsTheTokenOfASignIn(t *testing.T) {
	t.Parallel()
	const token = "t0ken-from-the-server"
	var book drivertest.Logbook
	srv := scripted.New(t, func(c *scripted.Conn) {
		for {
			if r := c.Request(); r.Method == "signin" {
				c.Reply(r.ID, scripted.Value(token))
			} else {
				c.Answer(r)
			}
		}
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN(), drivertest.WithLog(&book), func(c *surrealsql.Config) { c.LogQueries = true }))
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error {
		secrets{token, "root:root"}.requireUnprinted(t, c)
		return c.Let(t.Context(), "x", 1)
	})
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { // after a reset
		secrets{token}.requireUnprinted(t, c)
		return nil
	})
	require.Equal(t, 1, srv.Count("reset"))
	secrets{token}.requireNotIn(t, "the log", book.String())
}

func TestDSNThatIsWrongDoesNotShowItsPassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"surrealdb://u:pa5s-word@h/ns/db?nokey=1", "nodb://u:pa5s-word@h/ns", "surrealdb://u:pa5s-word@h:port/ns", "surrealdb://u:pa5s-word@h/a/b/c",
		"surrealdb://u:pa5s-word@h/ns/db?tls=maybe", "://u:pa5s-word@h", "surrealdb://u:pa5s-word@[h/ns", "surrealdb://u:pa5s-word@h/%zz",
		"surrealdb://h/ns/db?token=pa5s-word&auth=root", "surrealdb://h/ns/db?token=pa5s-word&connect_timeout=x", "u:pa5s-word@h:8000/ns/db",
		"surrealdb://u:pa5s-word\x7f@h/ns", "surrealdb://u:pa5s-word%@h/ns", "surrealdb://u:pa5s-word@h/?db=x",
	} {
		_, err := sql.Open("surrealdb", dsn)
		require.Error(t, err, dsn)
		secrets{"pa5s-word"}.requireUnprinted(t, err)
	}
}
