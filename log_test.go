package surrealsql_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// logbook keeps what is logged, as JSON lines.
type logbook struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

func (b *logbook) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// records are the lines with a message that holds the words.
func (b *logbook) records(t testing.TB, words string) (found []map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(b.String()))
	for {
		var r map[string]any
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return found
		} else {
			require.NoError(t, err)
		}
		if strings.Contains(r["msg"].(string), words) {
			found = append(found, r)
		}
	}
}

func withLog(b *logbook) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.Logger = b.logger() }
}

func TestQueriesAreLoggedOnRequestWithoutTheirValues(t *testing.T) {
	t.Parallel()
	var book logbook
	db := newDB(t, withLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	ctx := surrealsql.WithLogAttrs(t.Context(), slog.String("request", "r-1"))
	ctx = surrealsql.WithLogAttrs(ctx, slog.Int("user", 7))
	_, err := db.ExecContext(ctx, `CREATE a SET x = $1, y = $name, z = $2`, "value-of-one", sql.Named("name", []string{"value-of-name"}), 424242)
	require.NoError(t, err)
	// What the server says of an error may hold values too.
	mustExec(t, db, `DEFINE INDEX i ON a FIELDS x UNIQUE`)
	require.True(t, surrealsql.IsDuplicate(exec(ctx, db, `RETURN 1; CREATE a SET x = $1`, "value-of-one")))
	require.True(t, surrealsql.IsThrown(exec(ctx, db, `THROW $1`, "value-of-one")))
	require.Error(t, exec(ctx, db, `RETURN $1`, surrealsql.Decimal("value-of-one")))

	records := book.records(t, "query")
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

func TestQueriesAreNotLoggedUnlessRequested(t *testing.T) {
	t.Parallel()
	var book logbook
	db := newDB(t, withLog(&book))
	mustExec(t, db, `CREATE hidden SET n = 1`)
	require.NotContains(t, book.String(), "hidden")
}

func TestWhatAPoolExpectsIsLoggedAtDebug(t *testing.T) {
	t.Parallel()
	var book logbook
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
	cfg.Logger = book.logger()
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := solo(sql.OpenDB(connector))
	require.NoError(t, db.PingContext(t.Context()))
	<-closed
	require.NoError(t, exec(t.Context(), db, "CREATE a"), "on another connection")
	require.NoError(t, db.Close())
	require.Len(t, book.records(t, "connected"), 2)
	require.NotEmpty(t, book.records(t, "closed"))
	for _, r := range book.records(t, "") {
		require.Equal(t, "DEBUG", r["level"], r)
	}
}

func TestAServerThatSeemsToBeGoneIsLoggedAtWarn(t *testing.T) {
	t.Parallel()
	var book logbook
	db, proxy := proxied(t, withLog(&book))
	tx := begin(t, db)
	proxy.CutAll(surrealtest.CutRST)
	require.Error(t, exec(t.Context(), tx, `CREATE a`))
	gone := book.records(t, "gone")
	require.NotEmpty(t, gone)
	require.Equal(t, "WARN", gone[0]["level"])
	require.Equal(t, proxy.Addr(), gone[0]["addr"])
	requireGood(t, db)
}

func TestAFailedAttemptToConnectIsLoggedAtWarnWhenAnotherFollows(t *testing.T) {
	t.Parallel()
	var book logbook
	srv := scripted.Listen(t, func(c *scripted.Conn) {
		if c.Number() == 1 {
			c.Reset()
			return
		}
		c.Upgrade()
		c.Serve(nil)
	})
	db := openDB(t, srv.DSN("connect_attempts=3", "connect_backoff=1ms"), withLog(&book))
	ctx := surrealsql.WithLogAttrs(t.Context(), slog.String("request", "r-2"))
	require.NoError(t, db.PingContext(ctx))
	retried := book.records(t, "cannot connect yet")
	require.Len(t, retried, 1)
	require.Equal(t, "WARN", retried[0]["level"])
	require.EqualValues(t, 1, retried[0]["attempt"])
	require.Equal(t, "r-2", retried[0]["request"])
}

func TestALogLevelThatIsOffCostsNothingAndALoggerMayBeMissing(t *testing.T) {
	t.Parallel()
	var book logbook
	quiet := slog.New(slog.NewJSONHandler(&book, &slog.HandlerOptions{Level: slog.LevelError}))
	for _, l := range []*slog.Logger{nil, quiet} {
		db := newDB(t, func(c *surrealsql.Config) { c.Logger = l })
		requireGood(t, db)
		require.Error(t, exec(t.Context(), db, `THROW 'x'`))
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

func TestNoPasswordOrTokenIsInAnyLogErrorOrString(t *testing.T) {
	t.Parallel()
	const password, wrong, bearer, hook = "pa5sword/&?-of-u", "wr0ng:pässword", "bea.rer.t0ken-junk", "h00k-password"
	hidden := secrets{password, wrong, bearer, hook}
	var book logbook
	dsn := surrealtest.DSN(t)
	admin := openDB(t, dsn)
	mustExec(t, admin, `DEFINE TABLE user PERMISSIONS NONE; CREATE user SET name = 'n', pass = $1; DEFINE ACCESS account ON DATABASE TYPE RECORD
		SIGNIN (SELECT * FROM user WHERE name = $name AND pass = $secret);
		DEFINE USER u ON DATABASE PASSWORD '`+password+`' ROLES OWNER`, password)

	open := func(change func(*surrealsql.Config)) (*sql.DB, *surrealsql.Connector, *surrealsql.Config) {
		cfg, err := surrealsql.ParseDSN(dsn)
		require.NoError(t, err)
		cfg.Logger, cfg.LogQueries = book.logger(), true
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
			c.Auth, c.Credentials = surrealsql.AuthDatabase, func(context.Context) (string, string, error) { return "u", password, nil }
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
		raw(t, conn, func(c *surrealsql.Conn) error {
			hidden.requireUnprinted(t, c)
			for _, cred := range []surrealsql.Credentials{
				{User: "u", Password: wrong}, {Token: bearer},
				{Access: "account", Namespace: "n", Database: "d", Params: map[string]any{"secret": wrong}},
			} {
				hidden.requireUnprinted(t, cred, &cred)
				hidden.requireUnprinted(t, c.SignIn(t.Context(), cred), c)
			}
			return nil
		})
		hidden.requireUnprinted(t, exec(t.Context(), db, `THROW $1`, password) != nil, db)
		require.NoError(t, conn.Close())
	}
	require.Positive(t, len(book.records(t, "")))
	hidden.requireNotIn(t, "the log", book.String())
	requireGood(t, admin)
}

// The token that a server hands out is a secret too.
func TestTheTokenOfASignInIsShownNowhere(t *testing.T) {
	t.Parallel()
	const token = "t0ken-from-the-server"
	var book logbook
	srv := scripted.New(t, func(c *scripted.Conn) {
		for {
			if r := c.Request(); r.Method == "signin" {
				c.Reply(r.ID, scripted.Value(token))
			} else {
				c.Answer(r)
			}
		}
	})
	db := solo(openDB(t, srv.DSN(), withLog(&book), func(c *surrealsql.Config) { c.LogQueries = true }))
	leased(t, db, func(c *surrealsql.Conn) error {
		secrets{token, "root:root"}.requireUnprinted(t, c)
		return c.Let(t.Context(), "x", 1)
	})
	leased(t, db, func(c *surrealsql.Conn) error { // after a reset
		secrets{token}.requireUnprinted(t, c)
		return nil
	})
	require.Equal(t, 1, srv.Count("reset"))
	secrets{token}.requireNotIn(t, "the log", book.String())
}

func TestADSNThatIsWrongDoesNotShowItsPassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"surrealdb://u:pa5s-word@h/ns/db?nokey=1", "nodb://u:pa5s-word@h/ns", "surrealdb://u:pa5s-word@h:port/ns", "surrealdb://u:pa5s-word@h/a/b/c",
		"surrealdb://u:pa5s-word@h/ns/db?tls=maybe", "://u:pa5s-word@h", "surrealdb://u:pa5s-word@[h/ns", "surrealdb://u:pa5s-word@h/%zz",
		"surrealdb://h/ns/db?token=pa5s-word&auth=root", "surrealdb://h/ns/db?token=pa5s-word&dial_timeout=x", "u:pa5s-word@h:8000/ns/db",
		"surrealdb://u:pa5s-word\x7f@h/ns", "surrealdb://u:pa5s-word%@h/ns", "surrealdb://u:pa5s-word@h/?db=x",
	} {
		_, err := sql.Open("surrealdb", dsn)
		require.Error(t, err, dsn)
		secrets{"pa5s-word"}.requireUnprinted(t, err)
	}
}
