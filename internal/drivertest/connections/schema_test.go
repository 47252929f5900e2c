package connections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A schema runs once in each database that a connector's sessions are on, before anything
// else.

// schemaFile writes a schema that leaves a record each time it runs.
func schemaFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schema.surql")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const countedSchema = `
	-- What a schema may hold, with its run counted.
	DEFINE TABLE IF NOT EXISTS ran; CREATE ran;
	DEFINE TABLE IF NOT EXISTS person SCHEMAFULL;
	DEFINE FIELD IF NOT EXISTS name ON person TYPE string ASSERT $value != '';
	DEFINE INDEX IF NOT EXISTS names ON person FIELDS name UNIQUE;
	DEFINE PARAM OVERWRITE $greeting VALUE 'hello';
	DEFINE FUNCTION OVERWRITE fn::greet($who: string) { LET $text = $greeting + ' ' + $who; RETURN $text };
	DEFINE EVENT OVERWRITE made ON person WHEN $event = 'CREATE' THEN { LET $n = $after.name; CREATE ran_event SET name = $n };
	DEFINE ACCESS OVERWRITE account ON DATABASE TYPE RECORD SIGNIN (SELECT * FROM person WHERE name = $name);
`

func TestSchemaRunsOncePerConnectorAndDatabase(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	withSchema := func(c *surrealsql.Config) { c.SchemaFile = schemaFile(t, countedSchema) }
	db := drivertest.OpenDB(t, dsn, withSchema)
	var wg sync.WaitGroup
	for range 10 { // all at once: one of them runs it, the others wait for that
		wg.Go(func() {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if err := drivertest.Exec(t.Context(), conn, `UPSERT person:1 SET name = 'Tobie'; RETURN fn::greet('x')`); err != nil && !surrealsql.IsConflict(err) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
	require.Equal(t, "hello Tobie", drivertest.QueryOne[string](t, db, `RETURN fn::greet('Tobie')`))

	other := drivertest.OpenDB(t, dsn, withSchema)
	drivertest.RequireGood(t, other)
	require.Equal(t, 2, drivertest.CountOf(t, other, "ran"), "another connector knows nothing of the first one")
}

func TestSchemaInTheConfigRunsLikeAFile(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Schema = countedSchema })
	for range 3 {
		drivertest.RequireGood(t, drivertest.Lease(t, db))
	}
	require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
}

func TestSchemaFileThatChangedRunsAgainByItsContent(t *testing.T) {
	t.Parallel()
	path := schemaFile(t, countedSchema)
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.SchemaFile = path })
	drivertest.RequireGood(t, drivertest.Lease(t, db))
	require.NoError(t, os.WriteFile(path, []byte(countedSchema), 0o600)) // the same content, newer
	drivertest.RequireGood(t, drivertest.Lease(t, db))
	require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
	require.NoError(t, os.WriteFile(path, []byte(countedSchema+"DEFINE TABLE more"), 0o600))
	drivertest.RequireGood(t, drivertest.Lease(t, db))
	drivertest.RequireGood(t, drivertest.Lease(t, db))
	require.Equal(t, 2, drivertest.CountOf(t, db, "ran"))
	require.Equal(t, 0, drivertest.CountOf(t, db, "more"))
}

func TestSchemaRunsForEachDatabaseThatAHookChooses(t *testing.T) {
	t.Parallel()
	names := []string{"one", "two", "one", "two"}
	var next int
	db := drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.Schema = countedSchema
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error {
			c.Database = names[next]
			next++
			return nil
		}
	})
	for range names {
		require.Equal(t, 1, drivertest.CountOf(t, drivertest.Lease(t, db), "ran"))
	}
}

func TestSchemaThatFailsFailsTheConnectWithTheStatementsErrorAndLeaksNothing(t *testing.T) {
	t.Parallel()
	firstDials := drivertest.FirstDials(t)
	for text, want := range map[string][]string{
		`DEFINE TABLE a; DEFINE TABLE a`:                  {"duplicate"},
		`DEFINE TABLE a; DEFIN TABLE b`:                   {"parse"},
		`BEGIN; CREATE a:1; CREATE a:1; CREATE b; COMMIT`: {"duplicate"},
		`THROW 'not today'`:                               {"thrown"},
		`REMOVE TABLE missing`:                            {"not found"},
	} {
		path := schemaFile(t, text)
		db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.SchemaFile, c.ConnectAttempts = path, 5 })
		for tried := range 2 {
			err := db.PingContext(t.Context())
			drivertest.RequireClasses(t, err, want...)
			require.ErrorContains(t, err, "schema_file "+path)
			drivertest.RequireNoSockets(t, proxy)
			require.Equal(t, tried+firstDials, proxy.Stats().Accepted)
			if want[0] == "duplicate" && tried == 0 {
				var e *surrealsql.Error
				require.ErrorAs(t, err, &e)
				require.Positive(t, e.Statement)
			}
		}
		// Mended, it is run by the next connection.
		require.NoError(t, os.WriteFile(path, []byte(countedSchema), 0o600))
		drivertest.RequireGood(t, db)
		require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
	}
}

func TestSchemaFileThatIsMissingFailsTheConnect(t *testing.T) {
	t.Parallel()
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) { c.SchemaFile = "/no/such/schema.surql" })
	err := db.PingContext(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "schema_file")
	drivertest.RequireNoSockets(t, proxy)
}

// One connection takes its time with it; those that wait keep to their own
// deadline.
func TestSchemaOfAnotherIsWaitedForUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	db, proxy := drivertest.Proxied(t, func(c *surrealsql.Config) {
		c.Schema = `DEFINE TABLE slow; RETURN sleep(500ms)`
		c.Tracer = startOf{text: c.Schema, then: sync.OnceFunc(func() { close(started) })}
	})
	first := make(chan error, 1)
	go func() { first <- db.PingContext(t.Context()) }()
	drivertest.Receive(t, started, "the schema to be run")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := db.Conn(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, drivertest.Receive(t, first, "the end of the first"))
	open := 1
	if drivertest.ThroughPool {
		open = 2 // it finishes a dial that nobody waits for any more, and keeps it
	}
	_, err = proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == open })
	require.NoError(t, err, "the socket of the one that waited is closed")
	drivertest.RequireGood(t, drivertest.Lease(t, db))
	drivertest.RequireGood(t, drivertest.Lease(t, db))
}

// startOf is a tracer that tells when a text is sent.
type startOf struct {
	text string
	then func()
}

func (s startOf) QueryStart(ctx context.Context, q surrealsql.QueryStart) context.Context {
	if q.Query == s.text {
		s.then()
	}
	return ctx
}
func (startOf) QueryEnd(context.Context, surrealsql.QueryEnd) {}

// withSchema is a database whose connector runs a schema that is strict.
func withSchema(t *testing.T) (db *sql.DB, ns string) {
	t.Helper()
	db, ns, _ = withSchemaAt(t)
	return db, ns
}

func withSchemaAt(t *testing.T) (db *sql.DB, ns, dsn string) {
	t.Helper()
	dsn = surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	return drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.SchemaFile = schemaFile(t, countedSchema) }), cfg.Namespace, dsn
}

func requireStrict(t *testing.T, db drivertest.Execer) {
	t.Helper()
	require.Error(t, drivertest.Exec(t.Context(), db, `CREATE person SET name = 'x', unknown = 1`), "the table is SCHEMAFULL")
}

func TestSchemaRunsOnceInEachDatabaseThatASessionUses(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	var wg sync.WaitGroup
	for i := range 6 { // all at once, in two databases
		wg.Go(func() {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for range 3 {
				if err := conn.Raw(func(c any) error {
					return c.(*surrealsql.Conn).Use(t.Context(), ns, []string{"one", "two"}[i%2])
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, name := range []string{"one", "two"} {
		conn := drivertest.Lease(t, db)
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, name) })
		requireStrict(t, conn)
		require.Equal(t, 1, drivertest.CountOf(t, conn, "ran"), name)
		require.NoError(t, conn.Close())
	}
	requireStrict(t, db)
	require.Equal(t, 1, drivertest.CountOf(t, db, "ran"))
}

func TestSchemaRunsInTheDatabaseThatASignInSelects(t *testing.T) {
	t.Parallel()
	db, ns, dsn := withSchemaAt(t)
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		// As in a service whose tenants have databases with users of their own.
		if err := c.Use(t.Context(), ns, "tenant"); err != nil {
			return err
		}
		_, err := c.ExecContext(t.Context(), `DEFINE USER d ON DATABASE PASSWORD 'p' ROLES EDITOR`, nil)
		return err
	})
	require.NoError(t, conn.Close())

	other := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.Schema = `DEFINE TABLE OVERWRITE person SCHEMAFULL; CREATE ran_again` })
	conn = drivertest.Lease(t, other)
	for range 2 {
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			return c.SignIn(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "tenant", User: "d", Password: "p"})
		})
		requireStrict(t, conn)
		require.Equal(t, 1, drivertest.CountOf(t, conn, "ran_again"))
	}
	require.NoError(t, conn.Close())

	conn = drivertest.Lease(t, other)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		err := c.SignIn(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "no_such_tenant", User: "d", Password: "wrong"})
		require.Error(t, err)
		return nil
	})
	home := where(t, other)
	require.Equal(t, home, where(t, conn), "a sign-in that fails leaves the session as it was")
}

func TestSchemaRunsInTheDatabaseThatASignUpSelects(t *testing.T) {
	t.Parallel()
	db, ns, dsn := withSchemaAt(t)
	admin := drivertest.Lease(t, db)
	drivertest.Raw(t, admin, func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, "tenant") })
	drivertest.MustExec(t, admin, `DEFINE ACCESS joins ON DATABASE TYPE RECORD SIGNUP (CREATE person SET name = $user)`)
	other := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) { c.Schema = `CREATE ran_again` })
	conn := drivertest.Lease(t, other)
	home := where(t, conn)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		require.Error(t, c.SignUp(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "tenant", Access: "no_such"}))
		return nil
	})
	require.Equal(t, home, where(t, conn), "a sign-up that fails leaves the session as it was")
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		return c.SignUp(t.Context(), surrealsql.Credentials{Namespace: ns, Database: "tenant", Access: "joins", User: "Ada"})
	})
	require.Equal(t, 1, drivertest.CountOf(t, admin, "ran_again"))
}

func TestSchemaThatFailsKeepsItsDatabaseFromBeingSelected(t *testing.T) {
	t.Parallel()
	db := drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.Schema = `IF session::db() = 'bad' { THROW 'not here' }; DEFINE TABLE OVERWRITE person SCHEMAFULL`
	})
	conn := drivertest.Lease(t, db)
	home := where(t, conn)
	for range 2 {
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
			err := c.Use(t.Context(), "schema_fails", "bad")
			require.True(t, surrealsql.IsThrown(err), "%v", err)
			require.ErrorContains(t, err, "not selected")
			return nil
		})
		require.Equal(t, home, where(t, conn))
	}
	requireStrict(t, conn)
}

func TestSchemaThatHasNotRunKeepsATxFromSelectingItsDatabase(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	conn := drivertest.Lease(t, db)
	drivertest.Raw(t, conn, func(c *surrealsql.Conn) error {
		tx, err := c.BeginTx(t.Context(), driver.TxOptions{})
		require.NoError(t, err)
		require.ErrorContains(t, c.Use(t.Context(), ns, "later"), "before BeginTx")
		require.NoError(t, tx.Rollback())
		require.NoError(t, c.Use(t.Context(), ns, "later"))
		tx, err = c.BeginTx(t.Context(), driver.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, c.Use(t.Context(), ns, "later"), "it has run now")
		return tx.Rollback()
	})
	requireStrict(t, conn)
}

func TestSchemaThatHasNotRunKeepsATextFromWriting(t *testing.T) {
	t.Parallel()
	db, ns := withSchema(t)
	for _, text := range []string{
		`USE DB elsewhere; CREATE person`, `USE NS ` + ns + ` DB elsewhere; CREATE person`, "use namespace `" + ns + "` database `elsewhere`; UPSERT person:1",
		`USE NS other; CREATE person`, `SELECT 1 FROM 1; USE DB elsewhere; LET $x = (CREATE person)`, `BEGIN; USE DB elsewhere; CREATE person; COMMIT`,
		`USE /* hidden */ DB elsewhere; CREATE person`, `USE DB elsewhere; USE DB another; DELETE person`,
	} {
		require.ErrorContains(t, drivertest.Exec(t.Context(), db, text), "Use of the Conn", text)
		require.ErrorContains(t, drivertest.Scan(t.Context(), db, text), "Use of the Conn", text)
	}
	drivertest.MustExec(t, db, `CREATE person SET name = 'x'; USE DB elsewhere`)
	drivertest.MustExec(t, db, `USE NS `+ns+`; DELETE person`)
	drivertest.Leased(t, db, func(c *surrealsql.Conn) error { return c.Use(t.Context(), ns, "elsewhere") })
	drivertest.MustExec(t, db, `USE DB elsewhere; CREATE person SET name = 'x'`)
	require.Error(t, drivertest.Exec(t.Context(), db, `USE DB elsewhere; CREATE person SET name = 'y', unknown = 1`))

	plain := drivertest.NewDB(t)
	drivertest.MustExec(t, plain, `USE DB elsewhere; CREATE person SET unknown = 1`)
}

// A source of tokens may give each connection a database of its own.
func TestSchemaRunsInTheDatabaseOfAToken(t *testing.T) {
	t.Parallel()
	dsn, admin, _ := drivertest.NewDBWithUsers(t)
	token := drivertest.APIToken(t, admin, time.Hour)
	db := drivertest.OpenDB(t, dsn, func(c *surrealsql.Config) {
		c.Auth, c.User, c.Password, c.Namespace, c.Database = surrealsql.AuthToken, "", "", "", ""
		c.TokenSource = func(context.Context) (string, error) { return token, nil }
		c.SchemaFile = schemaFile(t, countedSchema)
	})
	first, second := drivertest.Lease(t, db), drivertest.Lease(t, db)
	requireStrict(t, first)
	requireStrict(t, second)
	require.Equal(t, 1, drivertest.CountOf(t, first, "ran"))
}

func TestInitStatementWhoseOutcomeIsUnknownIsNotRunAgain(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*surrealsql.Config){
		"Init":   func(c *surrealsql.Config) { c.Init = []string{"CREATE visit"} },
		"Schema": func(c *surrealsql.Config) { c.Schema = "CREATE visit" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.New(t, func(c *scripted.Conn) {
				c.Serve(func(scripted.Request) { c.Drop() })
			})
			db := drivertest.OpenDB(t, srv.DSN(), set, func(c *surrealsql.Config) { c.ConnectAttempts = 5 })
			require.ErrorIs(t, db.PingContext(t.Context()), surrealsql.ErrOutcomeUnknown)
			require.Len(t, srv.Queries(), 1)
		})
	}
}
