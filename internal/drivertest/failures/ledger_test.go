package failures

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
)

// Writers keep a ledger of what they were told while their server is ended again and again,
// and it is compared with what is there.

// ledgerEnds is how often the server is ended: twice, by TERM and by KILL, or as often as
// SURREALSQL_LEDGER says, as in
//
//	SURREALSQL_LEDGER=20 go test -race -v -run Ledger -timeout 1h ./internal/drivertest/failures
func ledgerEnds(t testing.TB) int { return drivertest.FromEnv(t, "SURREALSQL_LEDGER", 2) }

// ledger is what the writers were told, by the number of the write. It is safe for
// concurrent use.
type ledger struct {
	mu      sync.Mutex
	entries map[string]error // nil: it was acknowledged
}

func (l *ledger) enter(n string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[n] = err
}

func (l *ledger) acknowledged() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.entries {
		if err == nil {
			n++
		}
	}
	return n
}

// turnedAway counts the requests that a server has turned away, those of which nobody
// hears because they were made elsewhere included.
type turnedAway struct{ n atomic.Int64 }

func (c *turnedAway) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return ctx
}

func (c *turnedAway) QueryEnd(_ context.Context, e surrealsql.QueryEnd) {
	if e.Err != nil && strings.Contains(e.Err.Error(), "gracefully shutting down") {
		c.n.Add(1)
	}
}

// ledgerWays are the ways to write two records: both are there afterwards, or none. No id
// is given, so what is done twice is there twice.
var ledgerWays = map[string]func(ctx context.Context, db *sql.DB, n string) error{
	"one statement": func(ctx context.Context, db *sql.DB, n string) error {
		return drivertest.Exec(ctx, db, "INSERT INTO kept [{ n: $1 }, { n: $1 }]", n)
	},
	"a block": func(ctx context.Context, db *sql.DB, n string) error {
		return drivertest.Exec(ctx, db, "BEGIN; CREATE kept SET n = $1; CREATE kept SET n = $1; COMMIT", n)
	},
	"a transaction": func(ctx context.Context, db *sql.DB, n string) error {
		return surrealsql.Retry{Attempts: 1}.RunTx(ctx, db, nil, twoRecords(n))
	},
	"a transaction that is repeated": func(ctx context.Context, db *sql.DB, n string) error {
		return surrealsql.Retry{Attempts: 3}.RunTx(ctx, db, nil, twoRecords(n))
	},
}

func twoRecords(n string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		for range 2 {
			if err := drivertest.Exec(ctx, tx, "CREATE kept SET n = $1", n); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestLedgerOfAServerThatIsEndedAgainAndAgainHolds(t *testing.T) {
	t.Parallel()
	var turned turnedAway
	server, db := lasting(t, func(cfg *surrealsql.Config) { cfg.Tracer = &turned })
	const writers = 8
	db.SetMaxOpenConns(writers)
	drivertest.KeepIdle(db, writers)
	drivertest.MustExec(t, db, "DEFINE TABLE kept")

	book := ledger{entries: make(map[string]error)}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				for way, write := range ledgerWays {
					n := fmt.Sprint(way, " ", w, " ", i)
					book.enter(n, write(context.Background(), db, n))
				}
			}
		})
	}
	more := func() { // a busy machine does some 20 a second
		goal := book.acknowledged() + 100
		require.Eventually(t, func() bool { return book.acknowledged() >= goal }, time.Minute, time.Millisecond)
	}
	for end := range ledgerEnds(t) {
		more()
		if end%2 == 0 {
			require.NoError(t, server.Stop())
		} else {
			server.Kill()
		}
		require.NoError(t, server.Restart(t.Context()))
	}
	more()
	stop()
	wg.Wait()
	book.balance(t, db)
	t.Logf("%d requests were turned away", turned.n.Load())
}

// balance compares the ledger with what is there.
func (l *ledger) balance(t *testing.T, db *sql.DB) {
	there := make(map[string]int)
	rows, err := db.QueryContext(t.Context(), "SELECT n, count() AS times FROM kept GROUP BY n")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var n string
		var times int
		require.NoError(t, rows.Scan(&n, &times))
		there[n] = times
	}
	require.NoError(t, rows.Err())

	var acknowledged, unknown, notExecuted int
	for n, err := range l.entries {
		times := there[n]
		switch {
		case err == nil:
			acknowledged++
			require.Equal(t, 2, times, "%s was acknowledged", n)
		case errors.Is(err, surrealsql.ErrOutcomeUnknown):
			unknown++
			require.Contains(t, []int{0, 2}, times, "%s: %v", n, err)
		default:
			notExecuted++
			require.Zero(t, times, "%s was not executed: %v", n, err)
			require.True(t, surrealsql.IsConnectivity(err), "%s: an error of another kind: %v", n, err)
		}
		delete(there, n)
	}
	require.Empty(t, there, "nobody wrote these")
	require.NotZero(t, unknown+notExecuted, "the ends were noticed")
	t.Logf("%d acknowledged, %d unknown, %d not executed", acknowledged, unknown, notExecuted)
}
