package surrealsql_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

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

func TestTheSchemaRunsOncePerConnectorAndDatabase(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	withSchema := func(c *surrealsql.Config) { c.SchemaFile = schemaFile(t, countedSchema) }
	db := openDB(t, dsn, withSchema)
	var wg sync.WaitGroup
	for range 10 { // all at once: one of them runs it, the others wait for that
		wg.Go(func() {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if err := exec(t.Context(), conn, `UPSERT person:1 SET name = 'Tobie'; RETURN fn::greet('x')`); err != nil && !surrealsql.IsConflict(err) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, countOf(t, db, "ran"))
	require.Equal(t, "hello Tobie", queryOne[string](t, db, `RETURN fn::greet('Tobie')`))

	other := openDB(t, dsn, withSchema)
	requireGood(t, other)
	require.Equal(t, 2, countOf(t, other, "ran"), "another connector knows nothing of the first one")
}

func TestASchemaInTheConfigRunsLikeAFile(t *testing.T) {
	t.Parallel()
	db := newDB(t, func(c *surrealsql.Config) { c.Schema = countedSchema })
	for range 3 {
		requireGood(t, lease(t, db))
	}
	require.Equal(t, 1, countOf(t, db, "ran"))
}

func TestASchemaFileThatChangedRunsAgainByItsContent(t *testing.T) {
	t.Parallel()
	path := schemaFile(t, countedSchema)
	db := newDB(t, func(c *surrealsql.Config) { c.SchemaFile = path })
	requireGood(t, lease(t, db))
	require.NoError(t, os.WriteFile(path, []byte(countedSchema), 0o600)) // the same content, newer
	requireGood(t, lease(t, db))
	require.Equal(t, 1, countOf(t, db, "ran"))
	require.NoError(t, os.WriteFile(path, []byte(countedSchema+"DEFINE TABLE more"), 0o600))
	requireGood(t, lease(t, db))
	requireGood(t, lease(t, db))
	require.Equal(t, 2, countOf(t, db, "ran"))
	require.Equal(t, 0, countOf(t, db, "more"))
}

func TestASchemaRunsForEachDatabaseThatAHookChooses(t *testing.T) {
	t.Parallel()
	names := []string{"one", "two", "one", "two"}
	var next int
	db := newDB(t, func(c *surrealsql.Config) {
		c.Schema = countedSchema
		c.BeforeConnect = func(_ context.Context, c *surrealsql.Config) error {
			c.Database = names[next]
			next++
			return nil
		}
	})
	for range names {
		require.Equal(t, 1, countOf(t, lease(t, db), "ran"))
	}
}

func TestASchemaThatFailsFailsTheConnectWithTheStatementsErrorAndLeaksNothing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`DEFINE TABLE a; DEFINE TABLE a`:                  {"duplicate"},
		`DEFINE TABLE a; DEFIN TABLE b`:                   {"parse"},
		`BEGIN; CREATE a:1; CREATE a:1; CREATE b; COMMIT`: {"duplicate"},
		`THROW 'not today'`:                               {"thrown"},
		`REMOVE TABLE missing`:                            {"not found"},
	} {
		path := schemaFile(t, text)
		db, proxy := proxied(t, func(c *surrealsql.Config) { c.SchemaFile, c.ConnectAttempts = path, 5 })
		for tried := range 2 {
			err := db.PingContext(t.Context())
			requireAnswers(t, err, want...)
			require.ErrorContains(t, err, "schema_file "+path)
			requireNoSockets(t, proxy)
			require.Equal(t, tried+1, proxy.Stats().Accepted)
			if want[0] == "duplicate" && tried == 0 {
				var e *surrealsql.Error
				require.ErrorAs(t, err, &e)
				require.Positive(t, e.Statement)
			}
		}
		// Mended, it is run by the next connection.
		require.NoError(t, os.WriteFile(path, []byte(countedSchema), 0o600))
		requireGood(t, db)
		require.Equal(t, 1, countOf(t, db, "ran"))
	}
}

func TestASchemaFileThatIsMissingFailsTheConnect(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, func(c *surrealsql.Config) { c.SchemaFile = "/no/such/schema.surql" })
	err := db.PingContext(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "schema_file")
	requireNoSockets(t, proxy)
}

// One connection takes its time with it; those that wait keep to their own
// deadline.
func TestWaitingForAnothersSchemaEndsWithTheContext(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	db, proxy := proxied(t, func(c *surrealsql.Config) {
		c.Schema = `DEFINE TABLE slow; RETURN sleep(500ms)`
		c.Tracer = startOf{text: c.Schema, then: sync.OnceFunc(func() { close(started) })}
	})
	first := make(chan error, 1)
	go func() { first <- db.PingContext(t.Context()) }()
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := db.Conn(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, <-first)
	open := 1
	if throughPool {
		open = 2 // it finishes a dial that nobody waits for any more, and keeps it
	}
	_, err = proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == open })
	require.NoError(t, err, "the socket of the one that waited is closed")
	requireGood(t, lease(t, db))
	requireGood(t, lease(t, db))
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
