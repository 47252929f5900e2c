package docs_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/limiter"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The texts of troubleshooting.md are those of errors that come about here, on the
// engine, on servers that are none, and in a pool.

// errorTexts returns the first cells of the tables of troubleshooting.md.
func errorTexts(t *testing.T) (texts []string) {
	t.Helper()
	first := regexp.MustCompile("(?m)^\\| (`.+?`) \\| ")
	text := regexp.MustCompile("`` (.+?) ``|`(.+?)`")
	for _, p := range readPages(t) {
		if p.name != "docs/troubleshooting.md" {
			continue
		}
		for _, cell := range first.FindAllStringSubmatch(p.text, -1) {
			for _, m := range text.FindAllStringSubmatch(cell[1], -1) {
				texts = append(texts, m[1]+m[2])
			}
		}
	}
	require.NotEmpty(t, texts)
	return texts
}

// Each text of the page is that of an error which comes about here.
func TestTroubleshootingNamesErrorsThatCome(t *testing.T) {
	t.Parallel()
	var come []string
	for _, provoke := range []func(*testing.T) []error{
		errorsOfDSNs, errorsOfConnecting, errorsOfTexts, errorsOfArguments, errorsOfScanning,
		errorsOfWriting, errorsOfTransactions,
		errorsOfSizes, errorsOfTime, errorsOfServers, errorsOfPools,
	} {
		for i, err := range provoke(t) {
			require.Error(t, err, "number %d, after %q", i, come)
			come = append(come, err.Error())
		}
	}
	for _, text := range errorTexts(t) {
		pattern := regexp.MustCompile("(?s)" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", ".*"))
		found := false
		for _, c := range come {
			found = found || pattern.MatchString(c)
		}
		require.True(t, found || elsewhere[text],
			"no error has the text %q; these came:\n%s", text, strings.Join(come, "\n"))
	}
}

// elsewhere are texts that other tests of the project look at, because not every
// server or Go gives them.
var elsewhere = map[string]bool{
	// Servers of 3.0 alone.
	"$auth is NONE there, so that permissions hide all records …": true,
	// 3.3.5 and later; 3.0.2 lets the user go there and shows nothing.
	"a user of one namespace or database may use no other: …": true,
	// 4.0 alone, and the second one after a minute.
	"…; DEFINE INDEX and REBUILD INDEX wait up to a minute for every transaction …": true,
	"an index build stopped waiting for this transaction, which ran too long":       true,
	// Go 1.26 alone.
	"(an array: scan it with surrealsql.Into(&dest) or into a surrealsql.Value[T])…": true,
}

func with(dsn, keys string) string {
	if strings.Contains(dsn, "?") {
		return dsn + "&" + keys
	}
	return dsn + "?" + keys
}

func run(t *testing.T, db drivertest.Execer, text string, args ...any) error {
	return drivertest.Exec(t.Context(), db, text, args...)
}

func errorsOfDSNs(t *testing.T) (errs []error) {
	for _, dsn := range []string{
		"root:root@tcp(localhost:8000)/shop", "http://localhost:8000",
		"surrealdb://localhost/shop/main?max_open=5", "surrealdb://localhost/shop/main?pool_max=5",
		"surrealdb://localhost?db=main", "surrealdb://root:a?b@localhost/shop",
		"surrealdb://root:a#b@localhost/shop", "surrealdb://localhost/shop/main?auth=record",
	} {
		_, err := sql.Open("surrealdb", dsn)
		require.Error(t, err, dsn)
		errs = append(errs, err)
	}
	return append(errs, drivertest.OpenDB(t, "").PingContext(t.Context()))
}

func errorsOfConnecting(t *testing.T) (errs []error) {
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the refusal
	unknown.StartTLS()
	t.Cleanup(unknown.Close)
	ping := func(dsn string, change ...func(*surrealsql.Config)) {
		db := drivertest.OpenDB(t, with(dsn, "connect_attempts=1"), change...)
		errs = append(errs, db.PingContext(t.Context()))
	}
	ping("surrealdb://" + nobody.Addr().String())
	ping("surrealdb://" + web.Listener.Addr().String())
	ping("wss://" + unknown.Listener.Addr().String())
	ping("wss://" + cfg.Hosts[0])
	for _, took := range []string{"", "soap"} {
		ping(scripted.Listen(t, func(c *scripted.Conn) { c.UpgradeAs(took); _ = c.AwaitEnd() }).DSN())
	}
	ping(scripted.New(t, nil).DSN("protocol=shaped"))
	ping(dsn, func(c *surrealsql.Config) { c.Password = "wrong" })
	drivertest.MustExec(t, drivertest.OpenDB(t, dsn), `DEFINE USER viewer ON DATABASE PASSWORD 'p' ROLES VIEWER`)
	viewer := drivertest.OpenDB(t, dsn, drivertest.As(surrealsql.AuthDatabase, "viewer", "p"))
	return append(errs, run(t, viewer, `DEFINE TABLE secret`))
}

func errorsOfTexts(t *testing.T) (errs []error) {
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `CREATE person:1`)
	for _, text := range []string{
		`SELECT * FROM person WHERE age = $age`, `SELECT * FROM person WHERE age = $1`,
		`SELECT * FROM person OFFSET 5`, `SELECT * FROM nobody`, `CREATE person:a-b`,
		`LIVE SELECT * FROM person`, `RETURN 1; LIVE SELECT * FROM person`, `BEGIN`, `ROLLBACK`,
	} {
		errs = append(errs, run(t, db, text))
	}
	nowhere := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Namespace, c.Database = "", "" })
	return append(errs, run(t, nowhere, `SELECT * FROM person`))
}

func errorsOfArguments(t *testing.T) []error {
	db := drivertest.NewDB(t, func(c *surrealsql.Config) { c.Protocol = surrealsql.ProtocolCBOR })
	return []error{
		run(t, db, `SELECT * FROM person WHERE age = ?`, 5),
		run(t, db, `RETURN 1`, sql.Named("age", 5)),
		run(t, db, `DEFINE FIELD tier ON account DEFAULT $1`, "basic"),
		run(t, db, `RETURN $1`, make(chan int)),
		run(t, db, `RETURN $1`, "\xff"),
		run(t, db, `RETURN $1`, uint64(1)<<63),
		run(t, db, `RETURN $1`, surrealsql.RecordID("k:[5i8]")),
	}
}

func errorsOfScanning(t *testing.T) (errs []error) {
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	var text string
	for _, query := range []string{
		`SELECT VALUE name FROM person`, `RETURN NONE`, `SELECT a, b FROM { a: 1, b: 2 }`,
		`SELECT tags[0], tags[1] FROM person`,
	} {
		errs = append(errs, db.QueryRowContext(t.Context(), query).Scan(&text))
	}
	result, err := db.ExecContext(t.Context(), `CREATE person RETURN NONE`)
	require.NoError(t, err)
	_, noID := result.LastInsertId()
	_, noCount := result.RowsAffected()
	return append(errs, noID, noCount)
}

func errorsOfWriting(t *testing.T) []error {
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `
		DEFINE FIELD age ON person TYPE option<int>;
		DEFINE INDEX age ON person FIELDS age UNIQUE;
		CREATE person:1 SET age = 1`)
	return []error{
		run(t, db, `CREATE person:1 SET age = 2`),
		run(t, db, `CREATE person:2 SET age = 1`),
		run(t, db, `CREATE person:3 SET age = $1`, "three"),
		run(t, db, `CREATE person:4 SET age = $1`, nil),
		run(t, drivertest.NewDB(t, func(c *surrealsql.Config) { c.ReadOnly = true }), `CREATE person`),
	}
}

func errorsOfTransactions(t *testing.T) (errs []error) {
	db := drivertest.NewDB(t)
	drivertest.MustExec(t, db, `DEFINE TABLE account; DEFINE FIELD n ON doomed TYPE int`)
	begin := func() *sql.Tx {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		return tx
	}
	first, second := begin(), begin()
	require.NoError(t, run(t, first, `UPSERT account:a SET n = 1`))
	err := run(t, second, `UPSERT account:a SET n = 2`)
	require.NoError(t, first.Commit())
	errs = append(errs, errors.Join(err, second.Commit()))

	doomed := begin()
	require.Error(t, run(t, doomed, `CREATE doomed SET n = 'x'`))
	errs = append(errs, doomed.Commit())
	_, err = db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	return append(errs, err)
}

func errorsOfSizes(t *testing.T) []error {
	small := drivertest.NewDB(t, func(c *surrealsql.Config) {
		c.MaxMessageSize, c.MaxRequestSize = 4096, 4096
	})
	return []error{
		run(t, small, `RETURN $1`, strings.Repeat("x", 5000)),
		small.QueryRowContext(t.Context(), `RETURN string::repeat('x', 5000)`).Scan(new(string)),
	}
}

func errorsOfTime(t *testing.T) []error {
	db := drivertest.NewDB(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, db.PingContext(t.Context()))
	_, late := db.ExecContext(ctx, `SLEEP 300ms`)
	slow := run(t, db, `CREATE person:1; SELECT * FROM person WHERE sleep(1s) TIMEOUT 10ms`)
	closed := drivertest.NewDB(t)
	require.NoError(t, closed.Close())
	return []error{late, slow, closed.PingContext(t.Context())}
}

// errorsOfServers are what a server answers that has too much to do, or an end.
func errorsOfServers(t *testing.T) (errs []error) {
	for _, message := range []string{"The server is gracefully shutting down", "Too many open transactions"} {
		srv := scripted.New(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { c.ReplyError(r.ID, -32000, "Internal", message) })
		})
		_, err := drivertest.OpenDB(t, srv.DSN()).BeginTx(t.Context(), nil)
		errs = append(errs, err)
	}
	stops := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) { c.Stream(r.ID, scripted.StreamBegin(1), scripted.StreamStopped(0)) })
	}).Streaming()
	return append(errs, drivertest.Exec(surrealsql.WithStream(t.Context(), surrealsql.StreamAlways), drivertest.OpenDB(t, stops.DSN()), `RETURN 1`))
}

func errorsOfPools(t *testing.T) []error {
	dsn := surrealtest.DSN(t)
	held := func(keys string) (*pool.Pool, *sql.Conn) {
		p, err := pool.Open(t.Context(), with(dsn, "pool_max=1&pool_min=1&pool_require_min=true&"+keys))
		require.NoError(t, err)
		conn, err := p.DB().Conn(t.Context())
		require.NoError(t, err)
		return p, conn
	}
	p, conn := held("pool_acquire_timeout=10ms")
	inTime := p.DB().PingContext(t.Context())
	require.NoError(t, conn.Close())
	require.NoError(t, p.Close())

	p, conn = held("pool_max_waiters=1")
	waits := make(chan error)
	go func() { waits <- p.DB().PingContext(t.Context()) }()
	require.Eventually(t, func() bool { return p.Stats().Waiters == 1 }, 10*time.Second, time.Millisecond)
	tooMany := p.DB().PingContext(t.Context())
	require.NoError(t, conn.Close())
	require.NoError(t, <-waits)
	require.NoError(t, p.Close())

	rate := limiter.New(limiter.Settings{Rate: 0.001, Burst: 1, Refuse: true})
	require.NoError(t, rate.Wait(t.Context()))
	return []error{inTime, tooMany, rate.Wait(t.Context()), errorOfOpenCircuit(t)}
}

func errorOfOpenCircuit(t *testing.T) error {
	// Nobody listens on port 1.
	cfg, err := surrealsql.ParseDSN("surrealdb://127.0.0.1:1?connect_attempts=1")
	require.NoError(t, err)
	breaker.New(breaker.Settings{Failures: 1}).Install(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.Error(t, db.PingContext(t.Context()))
	return db.PingContext(t.Context())
}
