package transactions

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// An index that is built while a transaction is open: 4.0.0-beta.1 lets it wait, and whose
// time runs out is told for what. Each test has a server of its own: a transaction in any
// database of a server holds up the indexes of all.

// hint is how the cause is named.
const hint = "wait up to a minute for every transaction that is open on the server and may write"

// indexServer is a server of 4.0 with a table t, and what it says of itself.
func indexServer(t *testing.T, env ...string) *surrealtest.Server {
	t.Helper()
	surrealtest.Needs(t, "4.0")
	return surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineBinary, Env: env})
}

func TestIndexThatWaitsForATransactionSaysSoWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	server := indexServer(t)
	dsn := server.TestDSN(t)
	db := drivertest.OpenDB(t, dsn)
	for n := range 13 {
		drivertest.MustExec(t, db, strings.ReplaceAll(`CREATE tN:1 SET n = 1; DEFINE INDEX there ON tN FIELDS n`, "tN", "t"+strconv.Itoa(n)))
	}
	other := drivertest.Begin(t, drivertest.OpenDB(t, server.TestDSN(t)))

	// Each call has a connection of its own, which is made before its time runs.
	connected := func(change ...func(*surrealsql.Config)) *sql.DB {
		db := drivertest.OpenDB(t, dsn, change...)
		require.NoError(t, db.PingContext(t.Context()))
		return db
	}
	tried := 0
	for _, text := range []string{
		`DEFINE INDEX i ON tN FIELDS n`, `REBUILD INDEX there ON tN`, `RETURN 1; { DEFINE INDEX i ON tN FIELDS n }`,
	} {
		for name, exec := range map[string]func(context.Context, *sql.DB, string) error{
			"as a whole": func(ctx context.Context, db *sql.DB, text string) error {
				return drivertest.Exec(surrealsql.WithStream(ctx, surrealsql.StreamNever), db, text)
			},
			"streamed": func(ctx context.Context, db *sql.DB, text string) error {
				return drivertest.Exec(surrealsql.WithStream(ctx, surrealsql.StreamAlways), db, text)
			},
			"queried": func(ctx context.Context, db *sql.DB, text string) error {
				return drivertest.Scan(ctx, db, text)
			},
			"by query_timeout": func(ctx context.Context, _ *sql.DB, text string) error {
				limited := connected(func(c *surrealsql.Config) { c.QueryTimeout = 500 * time.Millisecond })
				return drivertest.Exec(context.WithoutCancel(ctx), limited, text)
			},
		} {
			tried++ // what was given up goes on for a while: another table each time
			text := strings.ReplaceAll(text, "tN", "t"+strconv.Itoa(tried))
			db := connected()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			err := exec(ctx, db, text)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, "%s: %s", text, name)
			require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			require.ErrorContains(t, err, hint, "%s: %s", text, name)
			require.False(t, surrealsql.IsRetryable(err))
		}
	}
	for _, text := range []string{
		`DEFINE INDEX later ON t0 FIELDS n CONCURRENTLY`, `REBUILD INDEX there ON t0 CONCURRENTLY`,
		`REMOVE INDEX IF EXISTS i ON t0`, `DEFINE FIELD n ON t0 TYPE option<int>`,
	} {
		drivertest.MustExec(t, db, text)
	}
	require.NoError(t, other.Commit())
	drivertest.MustExec(t, db, `DEFINE INDEX i ON t0 FIELDS n`)

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.NotContains(t, drivertest.Exec(ctx, db, `SLEEP 2s`).Error(), hint, "an error of another text")
}

func TestIndexThatWaitsForATransactionSaysSoAtTheLimitOfItsServer(t *testing.T) {
	t.Parallel()
	server := indexServer(t, "SURREAL_QUERY_TIMEOUT=300ms")
	db := drivertest.OpenDB(t, server.TestDSN(t))
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 1`)
	drivertest.Begin(t, db)
	for _, text := range []string{`DEFINE INDEX i ON t FIELDS n`, `RETURN 1; DEFINE INDEX i ON t FIELDS n; RETURN 2`} {
		for _, mode := range []surrealsql.StreamMode{surrealsql.StreamNever, surrealsql.StreamAlways} {
			err := drivertest.Exec(surrealsql.WithStream(t.Context(), mode), db, text)
			require.ErrorIs(t, err, surrealsql.ErrTimeout)
			require.ErrorContains(t, err, hint)
			drivertest.MustExec(t, db, `REMOVE INDEX IF EXISTS i ON t`)
		}
	}
}

func TestIndexDoesNotWaitForATransactionThatOnlyReads(t *testing.T) {
	t.Parallel()
	server := indexServer(t)
	db := drivertest.OpenDB(t, server.TestDSN(t))
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 1`)
	tx := drivertest.Begin(t, db, &sql.TxOptions{ReadOnly: true})
	require.Equal(t, 1, drivertest.CountOf(t, tx, "t"))
	start := time.Now()
	drivertest.MustExec(t, db, `DEFINE INDEX i ON t FIELDS n; CREATE t:2 SET n = 2`)
	require.Less(t, time.Since(start), 10*time.Second)
	require.Equal(t, 1, drivertest.CountOf(t, tx, "t"), "it reads its snapshot")
	require.NoError(t, tx.Commit())
}

// A write that waits so is no harm to its connection once the transaction has ended.
func TestIndexThatATransactionDefinesHoldsUpWritesOfItsTable(t *testing.T) {
	t.Parallel()
	server := indexServer(t)
	db := drivertest.OpenDB(t, server.TestDSN(t))
	drivertest.MustExec(t, db, `CREATE t:1 SET n = 1; DEFINE TABLE u`)
	tx := drivertest.Begin(t, db)
	drivertest.MustExec(t, tx, `DEFINE INDEX i ON t FIELDS n UNIQUE`)
	drivertest.MustExec(t, db, `CREATE u:1; SELECT * FROM t`)
	held := make(chan error, 1)
	go func() { held <- drivertest.Exec(t.Context(), db, `CREATE t:2 SET n = 1`) }()
	select {
	case err := <-held:
		require.Fail(t, "it did not wait", err)
	case <-time.After(300 * time.Millisecond):
	}
	require.NoError(t, tx.Commit())
	err := <-held
	require.True(t, surrealsql.IsConflict(err) || surrealsql.IsDuplicate(err), err)
	require.True(t, surrealsql.IsDuplicate(drivertest.Exec(t.Context(), db, `CREATE t:2 SET n = 1`)), "the index is there")
}
