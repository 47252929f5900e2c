package transactions

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// One counter and many writers: Retry.RunTx loses nothing that it says has happened and does
// nothing twice, whoever pools the connections, and also where they are lost.

const writers = 16

// rounds is how often each writer counts, or as often as SURREALSQL_COUNTER says, as in
//
//	SURREALSQL_COUNTER=300 go test -v -run ManyWriters -timeout 10m ./internal/drivertest/transactions
func rounds(t testing.TB) int { return drivertest.FromEnv(t, "SURREALSQL_COUNTER", 15) }

type opener = func(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *sql.DB

// pools are what opens a database.
var pools = map[string]opener{
	"the pool of sql.DB": drivertest.PlainDB,
	"package pool":       drivertest.PooledDB,
}

type counter = func(ctx context.Context, tx *sql.Tx) error

// counting are the ways to count. What a transaction has read and writes back would be lost
// if it were no conflict that others wrote meanwhile.
var counting = map[string]counter{
	"adding": func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE counter:hits SET n += 1`)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return errMissed
	},
	"reading and writing": func(ctx context.Context, tx *sql.Tx) error {
		var n int
		switch err := tx.QueryRowContext(ctx, `SELECT VALUE n FROM ONLY counter:hits`).Scan(&n); err {
		case nil:
			return drivertest.Exec(ctx, tx, `UPDATE counter:hits SET n = $1`, n+1)
		case sql.ErrNoRows:
			return errMissed
		default:
			return err
		}
	},
}

// errMissed is what a program returns that did not find what is there, and begins again.
var errMissed = fmt.Errorf("the counter is not there: %w", surrealsql.ErrConflict)

// hits is what the writers were told.
type hits struct {
	runs      atomic.Int64 // of the function, which is called again for a conflict
	missed    atomic.Int64 // how often the transaction did not see the counter
	confirmed atomic.Int64 // how often RunTx returned nil
	repeated  atomic.Int64 // how often it began again where the outcome was unknown
	unknown   sync.Map     // the names of those whose outcome it returned as unknown
}

// count has all writers count, each so many times, and every time under a name of its own in
// the table hit, where it stands twice if it happens twice.
func (h *hits) count(t *testing.T, db *sql.DB, add counter) {
	t.Helper()
	drivertest.KeepIdle(db, writers)
	drivertest.MustExec(t, db, `CREATE counter:hits SET n = 0; DEFINE TABLE hit`)
	n := rounds(t)
	failed := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range n {
				failed[w] = errors.Join(failed[w], h.once(t.Context(), db, fmt.Sprint(w, " ", i), add))
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(failed...))
}

func (h *hits) once(ctx context.Context, db *sql.DB, name string, add counter) error {
	retry := surrealsql.Retry{Attempts: -1, OnRetry: func(_ context.Context, a surrealsql.Attempt) {
		switch {
		case errors.Is(a.Err, surrealsql.ErrOutcomeUnknown):
			h.repeated.Add(1)
		case errors.Is(a.Err, errMissed):
			h.missed.Add(1)
		}
	}}
	err := retry.RunTx(ctx, db, nil, func(ctx context.Context, tx *sql.Tx) error {
		h.runs.Add(1)
		if err := drivertest.Exec(ctx, tx, `CREATE hit SET name = $1`, name); err != nil {
			return err
		}
		return add(ctx, tx)
	})
	switch {
	case err == nil:
		h.confirmed.Add(1)
	case errors.Is(err, surrealsql.ErrOutcomeUnknown):
		h.unknown.Store(name, err)
		return nil
	}
	return err
}

// requireOnce asserts that everything happened once that was confirmed, and nothing else but,
// once, what was said to be unknown. It returns how many of these there are.
func (h *hits) requireOnce(t *testing.T, db *sql.DB) (unknown int) {
	t.Helper()
	require.Zero(t, h.repeated.Load())
	require.Greater(t, h.runs.Load(), int64(writers*rounds(t)), "some conflicted, or this test tests nothing")
	require.Zero(t, db.Stats().InUse)
	h.unknown.Range(func(any, any) bool { unknown++; return true })
	require.Equal(t, writers*rounds(t), int(h.confirmed.Load())+unknown)

	// One snapshot: what was in flight when its connection was lost may be committed later.
	tx := drivertest.Begin(t, db)
	rows, err := tx.QueryContext(t.Context(), `SELECT name, count() AS times FROM hit GROUP BY name`)
	require.NoError(t, err)
	defer rows.Close()
	all, inForce := 0, 0
	for ; rows.Next(); all++ {
		var name string
		var times int
		require.NoError(t, rows.Scan(&name, &times))
		require.Equal(t, 1, times, "%s happened more than once", name)
		if _, ok := h.unknown.Load(name); ok {
			inForce++
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, int(h.confirmed.Load())+inForce, all)
	counted := drivertest.QueryOne[int](t, tx, `SELECT VALUE n FROM ONLY counter:hits`)
	t.Logf("SurrealDB %s: %d of %d were counted in %d runs; of %d unknown ones %d are in force; the counter was missed %d times",
		surrealtest.Version(t), counted, all, h.runs.Load(), unknown, inForce, h.missed.Load())
	if strings.HasPrefix(surrealtest.Version(t), "3.0.") { // see docs/transactions.md
		require.LessOrEqual(t, counted, all)
		return unknown
	}
	require.Equal(t, all, counted)
	require.Zero(t, h.missed.Load())
	return unknown
}

// eachCounter runs a test for each pool and each way to count.
func eachCounter(t *testing.T, run func(t *testing.T, open opener, add counter)) {
	for pool, open := range pools {
		for way, add := range counting {
			t.Run(pool+", "+way, func(t *testing.T) {
				t.Parallel()
				run(t, open, add)
			})
		}
	}
}

func TestRetryRunTxOfManyWritersLeavesACounterAtTheSum(t *testing.T) {
	t.Parallel()
	eachCounter(t, func(t *testing.T, open opener, add counter) {
		db := open(t, surrealtest.DSN(t))
		var h hits
		h.count(t, db, add)
		require.Zero(t, h.requireOnce(t, db))
	})
}

// losingCommits cuts all connections when every so manyth commit is about to be sent, and lets the
// server work until it has answered some of what is in flight: no answer arrives.
type losingCommits struct {
	proxy   *surrealtest.Proxy
	commits atomic.Int64
	cuts    sync.WaitGroup
}

func (l *losingCommits) QueryStart(ctx context.Context, start surrealsql.QueryStart) context.Context {
	if start.Query == "commit" && l.commits.Add(1)%(2*writers) == 0 {
		l.proxy.Hold(surrealtest.ToClient, true)
		before := l.proxy.Stats().BytesToClient
		l.cuts.Go(func() { l.cut(ctx, before) })
	}
	return ctx
}

func (*losingCommits) QueryEnd(context.Context, surrealsql.QueryEnd) {}

func (l *losingCommits) cut(ctx context.Context, before int64) {
	const someAnswers = 300                                    // bytes; one has 40 or more
	ctx, stop := context.WithTimeout(ctx, 50*time.Millisecond) // there are not that many at the end
	defer stop()
	_, _ = l.proxy.Wait(ctx, func(s surrealtest.ProxyStats) bool { return s.BytesToClient >= before+someAnswers })
	l.proxy.CutAll(surrealtest.CutRST)
	l.proxy.Hold(surrealtest.ToClient, false)
}

func TestRetryRunTxOfManyWritersWhoseCommitsAreLostCountsNothingTwice(t *testing.T) {
	t.Parallel()
	eachCounter(t, func(t *testing.T, open opener, add counter) {
		dsn := surrealtest.DSN(t)
		lost := losingCommits{proxy: surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))}
		db := open(t, lost.proxy.DSN(dsn), func(cfg *surrealsql.Config) { cfg.Tracer = &lost })
		var h hits
		h.count(t, db, add)
		lost.cuts.Wait()
		require.NotZero(t, h.requireOnce(t, db), "some were lost, or this test tests nothing")
	})
}
