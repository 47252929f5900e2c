package queries

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The query log: levels, names and row counts, and none of the values.

func logQueries(b *drivertest.Logbook) func(*surrealsql.Config) {
	return func(c *surrealsql.Config) { c.Logger, c.LogQueries = b.Logger(), true }
}

func TestLogOfAFailedQueryHasItsOwnLevelWithKindClassAndNames(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := ruledDB(t, logQueries(&book))
	drivertest.MustExec(t, db, `DEFINE INDEX i ON person FIELDS email UNIQUE; CREATE person:9 SET email = 'x@y'`)
	for _, c := range []struct {
		text           string
		args           []any
		class, message string
	}{
		{`CREATE s:7 SET n = $1`, []any{"s3cret"}, "invalid data", "Couldn't coerce value for field `n` of `s:…`: Expected `none | int` but found `…`"},
		{`CREATE s:7 SET name = $1`, []any{"s3c"}, "invalid data", "Found … for field `name`, with record `s:…`, but field must conform to: $value = NONE OR string::len($value) > …"},
		{`RETURN 1; CREATE s SET nosuch = $1`, []any{"s3cret"}, "invalid data", "Found field 'nosuch', but no such field exists for table 's'"},
		{`CREATE person SET email = $1`, []any{"x@y"}, "already exists", "Database index `i` already contains …, with record `person:…`"},
		{`CREATE person:9`, nil, "already exists", "Database record `person:…` already exists"},
		{`SELECT * FROM nosuch`, nil, "not found", "The table 'nosuch' does not exist"},
		{`SELEC * FROM s`, nil, "parse error", "Parse error: Unexpected token"},
		{`THROW $1`, []any{"s3cret"}, "thrown by the query", ""},
		{`SELECT *, sleep(10s) FROM person TIMEOUT 1ms`, nil, "timeout on the server", "The query was not executed because it exceeded the timeout…"},
		{`RETURN math::sum($1)`, []any{"s3cret"}, "invalid data", "Incorrect arguments for function math::sum(). Argument 1 was the wrong type. Expected `array<number>` but found `…`"},
		{`UPDATE $1`, []any{"s3cret"}, "invalid data", "Cannot execute UPDATE statement using value: …"},
	} {
		err := drivertest.Exec(t.Context(), db, c.text, c.args...)
		require.Error(t, err)
		failed := book.Records(t, "query failed")
		last := failed[len(failed)-1]
		require.Equal(t, "WARN", last["level"], c.text)
		require.Equal(t, c.text, last["query"])
		require.Equal(t, c.class, last["class"], c.text)
		require.NotEmpty(t, last["kind"], c.text)
		message, _ := last["message"].(string)
		require.True(t, strings.HasPrefix(message, c.message) && (message == "") == (c.message == ""), "%s: %s", c.text, message)
		if strings.HasPrefix(c.text, "RETURN 1;") {
			require.EqualValues(t, 2, last["statement"])
		}
	}
	require.NotContains(t, book.String(), "s3c")
	for _, r := range book.Records(t, "query") {
		if r["msg"] == "surrealsql: query" {
			require.Equal(t, "INFO", r["level"])
		}
	}
}

func TestLogOfAFailedQueryHasNoValueWhateverItIs(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := ruledDB(t, logQueries(&book))
	drivertest.MustExec(t, db, `DEFINE INDEX i ON person FIELDS email UNIQUE; DEFINE TABLE told; DEFINE EVENT e ON told WHEN true THEN (CREATE s SET n = $after.n)`)
	values := []any{
		"s3cret", "s3cret's", `s3cret"s and 's`, "`s3cret` of `t:s3cret`: Expected `int` but found `s3cret`", "s3cret\n\\' s3cret",
		"` s3cret ` s3cret", "it's s3cret",
		"' for field `s3cret`, with record `s3cret:1`, but field must conform to: s3cret", "/s3cret/", "⟨s3cret⟩",
		77123456, -77123456, 77123456.5, []any{"s3cret", 77123456}, map[string]any{"a": map[string]any{"b": []any{"s3cret", nil}}},
		surrealsql.RecordID("person:s3cret"), surrealsql.RecordID("person:`s3cret key`"), surrealsql.RecordID("person:[77123456]"),
		// Not alone: a decimal that is no whole number, into a field of type int, ends the
		// embedded engine 3.0.2.
		[]any{surrealsql.Decimal("77123456.25")}, surrealsql.UUID("77123456-5c3e-7b7a-9f0e-2d7a4f1c6b55"), []byte("s3cret"), 77123456 * time.Nanosecond, true, nil,
	}
	texts := []string{
		`CREATE s SET n = $1`, `CREATE s SET name = $1`, `CREATE s SET o = $1`, `CREATE s SET tags = [$1]`, `CREATE s SET friend = $1`, `CREATE $1`, `UPDATE $1`,
		`DELETE $1`, `INSERT INTO person $1`, `CREATE s CONTENT $1`, `UPDATE s:1 MERGE $1`, `UPDATE s:1 PATCH $1`, `UPDATE s:1 PATCH [{ op: 'test', path: '/n', value: $1 }]`,
		`RELATE $1->likes->$1`, `CREATE person SET email = $1; CREATE person SET email = $1`, `RETURN $1 + 'x'`, `RETURN 5 - $1`, `RETURN -$1`, `RETURN math::sum($1)`,
		`RETURN string::len($1)`, `RETURN <int>$1`, `RETURN <datetime>$1`, `RETURN <array<uuid>>[$1]`, `THROW $1`, `SELECT * FROM person LIMIT $1`, `SELECT * FROM person START $1`,
		`LET $x: option<geometry> = $1`, `RETURN fn::whole($1)`, `CREATE s:99 SET id = $1`, `FOR $x IN $1 { RETURN 1 }`, `RETURN type::record($1)`, `RETURN type::record('person', $1)`,
		`RETURN http::get($1)`, `RETURN string::matches('a', $1)`, `RETURN array::at($1, 1)`, `RETURN duration::from_days($1)`, `SELECT n FROM $1`, `KILL $1`, `SHOW CHANGES FOR TABLE person SINCE $1`,
		`RETURN $1.map('x')`, `RETURN ($1).nosuch()`, `RETURN <int>$1 + 1`, `RETURN encoding::base64::decode($1)`, `RETURN parse::url::host($1)`, `RETURN time::format(time::now(), $1)`,
		`RETURN object::remove({ a: 1 }, $1)`, `RETURN object::from_entries([[$1, $1]])`, `RETURN time::set_hour(time::now(), $1)`, `SELECT type::field($1) FROM person`,
		`CREATE target:$1`, `LET $r = type::record('target', [$1]); CREATE $r; CREATE holder SET r = $r; DELETE $r`, `SELECT * FROM person LIMIT <int>$1`, `CREATE told SET n = $1`,
	}
	for _, text := range texts {
		for _, v := range values {
			_ = drivertest.Exec(t.Context(), db, text, v)
			require.False(t, surrealsql.IsConnectivity(drivertest.Scan(t.Context(), db, text, v)), "%s with %v ended the engine", text, v)
		}
	}
	require.Greater(t, len(book.Records(t, "query failed")), len(texts)*len(values)/2)
	for _, secret := range []string{"s3cret", "77123456", "733363726574"} {
		for line := range strings.Lines(book.String()) {
			require.NotContains(t, line, secret)
		}
	}
}

// The server takes them from the text only, so that they cannot be arguments.
func TestLogHasNoPasswordsAndKeysOfDefinitions(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*surrealsql.Config){
		"all": func(c *surrealsql.Config) { c.LogQueries = true }, "slow": func(c *surrealsql.Config) { c.LogSlowQueries = 1 },
	} {
		var book drivertest.Logbook
		db := drivertest.NewDB(t, set, func(c *surrealsql.Config) { c.Logger = book.Logger() })
		for _, text := range []string{
			`DEFINE USER u ON DATABASE PASSWORD 's3cret' ROLES VIEWER`,
			`DEFINE USER u ON DATABASE PASSWORD 's3cret'`, // exists already
			`DEFINE USER v ON DATABASE PASSWORD "s3cret's" RLES VIEWER`,
			`DEFINE USER v ON DATABASE PASSWORD 's3cret ROLES VIEWER`,
			`DEFINE USER v ON DATABASE PASSHASH 's3cret'; THROW 'x'`,
			`DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS512 KEY 's3cret'`,
			`BEGIN; DEFINE ACCESS b ON DATABASE TYPE JWT ALGORITHM HS512 KEY 's3cret'; THROW 's3cret'; COMMIT`,
		} {
			_ = drivertest.Exec(t.Context(), db, text)
			_ = drivertest.Scan(t.Context(), db, text)
		}
		require.NotEmpty(t, book.Records(t, "query failed"), name)
		require.Contains(t, book.String(), "PASSWORD '…'")
		for line := range strings.Lines(strings.ReplaceAll(book.String(), "THROW 's3cret'", "")) {
			require.NotContains(t, line, "s3cret", name)
		}
	}
}

func TestLogAtInfoHasACallerThatGivesUpAndAtErrorALostConnection(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if strings.Contains(r.Text, "drop") {
				c.Drop()
				return
			}
			c.AwaitClose()
		})
	})
	db := drivertest.OpenDB(t, srv.DSN(), logQueries(&book))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(srv.Queries()) == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	require.ErrorIs(t, drivertest.Exec(ctx, db, `RETURN "wait"`), context.Canceled)
	require.ErrorIs(t, drivertest.Exec(t.Context(), db, `RETURN "drop"`), surrealsql.ErrOutcomeUnknown)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, drivertest.Exec(short, db, `RETURN "wait"`), context.DeadlineExceeded)
	failed := book.Records(t, "query failed")
	require.Len(t, failed, 3)
	for i, want := range [][2]string{{"INFO", "cancelled"}, {"ERROR", "outcome unknown"}, {"WARN", "timeout"}} {
		require.Equal(t, want, [2]string{failed[i]["level"].(string), failed[i]["class"].(string)})
		require.Contains(t, failed[i]["error"], "outcome is unknown")
	}
}

func TestLogOfAnErrorAfterTheReplyDoesNotSayBeforeIt(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := ruledDB(t, logQueries(&book))
	require.Error(t, drivertest.Scan(t.Context(), db, `SELECT name FROM $1`, "s3cret"))
	failed := book.Records(t, "query failed")
	require.Len(t, failed, 1)
	require.NotContains(t, failed[0]["error"], "before")
	require.NotContains(t, book.String(), "s3cret")
}

func TestLogAtWarnHasASlowQueryAlsoWithoutTheQueryLog(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		var book drivertest.Logbook
		db := drivertest.NewDB(t, func(c *surrealsql.Config) {
			c.Logger, c.LogQueries, c.LogSlowQueries = book.Logger(), all, 50*time.Millisecond
		})
		drivertest.MustExec(t, db, `CREATE quick:1`)
		require.NoError(t, drivertest.Exec(t.Context(), db, `SLEEP 80ms; CREATE slow SET v = $1`, "s3cret"))
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM quick WHERE sleep(80ms) = NONE`)
		require.NoError(t, err)
		for rows.Next() {
		}
		require.NoError(t, rows.Close())
		require.Error(t, drivertest.Exec(t.Context(), db, `SLEEP 80ms; THROW 'x'`))

		slow := book.Records(t, "slow query")
		for _, r := range slow {
			require.Equal(t, "WARN", r["level"])
			require.GreaterOrEqual(t, r["duration"], float64(50*time.Millisecond))
		}
		slow = slices.DeleteFunc(slow, func(r map[string]any) bool {
			return r["query"] == "CREATE quick:1" // on a machine that is busy it may be slow in truth
		})
		require.Len(t, slow, 2)
		require.Equal(t, []any{"$1: string"}, slow[0]["args"])
		require.EqualValues(t, 1, slow[1]["rows"])
		failed := book.Records(t, "query failed")
		require.Len(t, failed, 1)
		require.Equal(t, "WARN", failed[0]["level"])
		require.Equal(t, all, len(book.Records(t, "surrealsql: query")) > 1 && strings.Contains(book.String(), "quick:1"))
		require.NotContains(t, book.String(), "s3cret")
	}
}

func TestLogOfSlowQueriesIsAskedForInTheDSN(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN("surrealdb://h/?log_slow_queries=200ms")
	require.NoError(t, err)
	require.Equal(t, 200*time.Millisecond, cfg.LogSlowQueries)
	require.False(t, cfg.LogQueries)
	for _, wrong := range []string{"-1s", "fast", "200"} {
		_, err := surrealsql.ParseDSN("surrealdb://h/?log_slow_queries=" + wrong)
		require.ErrorContains(t, err, "log_slow_queries")
	}
	_, err = surrealsql.ParseDSN("surrealdb://h/?slow_query_threshold=200ms")
	require.ErrorContains(t, err, "log_slow_queries", "the error names the key that is meant")
}

func TestLogOfSlowQueriesGoesToTheDefaultLoggerWithoutAnother(t *testing.T) {
	var book drivertest.Logbook
	before := slog.Default()
	slog.SetDefault(book.Logger())
	defer slog.SetDefault(before)
	db, err := sql.Open("surrealdb", surrealtest.DSN(t)+"?log_slow_queries=1ns")
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, drivertest.Exec(t.Context(), db, `RETURN 1`))
	require.NotEmpty(t, book.Records(t, "slow query"))
}

func TestLogOfAQueryHasTheRowsThatWereReadWhenTheyAreClosed(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db := drivertest.NewDB(t, drivertest.WithLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	last := func() map[string]any {
		records := book.Records(t, "query")
		return records[len(records)-1]
	}
	for text, rows := range map[string]int{ // in one piece, and streamed
		`SELECT * FROM [{ n: 1 }, { n: 2 }, { n: 3 }]`: 3, `SELECT n FROM [{ n: 1 }, { n: 2 }, { n: 3 }]`: 3, `SELECT n FROM []`: 0,
	} {
		r, err := db.QueryContext(t.Context(), text)
		require.NoError(t, err)
		before := len(book.Records(t, "query"))
		for r.Next() {
			require.Len(t, book.Records(t, "query"), before, "not yet: %s", text)
		}
		require.NoError(t, r.Close())
		require.Len(t, book.Records(t, "query"), before+1, "once: %s", text)
		require.EqualValues(t, rows, last()["rows"], text)
		require.Equal(t, text, last()["query"])
	}

	r, err := db.QueryContext(t.Context(), `SELECT n FROM [{ n: 1 }, { n: 2 }]; RETURN 3; THROW 'secret'`)
	require.NoError(t, err)
	require.True(t, r.Next())
	require.True(t, r.NextResultSet())
	require.True(t, r.Next())
	require.Error(t, r.Close())
	require.EqualValues(t, 2, last()["rows"], "those that were read")
	require.Equal(t, "surrealdb: statement 3: thrown by the query", last()["error"])

	drivertest.MustExec(t, db, `CREATE a:1, a:2; UPDATE a SET n = 1`)
	require.EqualValues(t, 4, last()["rows"], "those that were affected")
	drivertest.MustExec(t, db, `LET $x = 1`)
	require.EqualValues(t, 0, last()["rows"])
	require.NoError(t, db.PingContext(t.Context()))
	require.NotContains(t, last(), "rows", "a ping has none")
}

func TestLogOfAStreamThatBreaksHasItsError(t *testing.T) {
	t.Parallel()
	var book drivertest.Logbook
	db, proxy := drivertest.Proxied(t, drivertest.WithLog(&book), func(c *surrealsql.Config) { c.LogQueries = true })
	rows, err := db.QueryContext(t.Context(), `SELECT $this AS i FROM $1`, drivertest.Numbers(200_000))
	require.NoError(t, err)
	require.True(t, rows.Next())
	proxy.CutAll(surrealtest.CutRST)
	for rows.Next() {
	}
	require.Error(t, rows.Err())
	_ = rows.Close()
	records := book.Records(t, "query")
	require.Len(t, records, 1)
	require.Contains(t, records[0]["error"], "outcome is unknown")
	require.Positive(t, records[0]["rows"])
}
