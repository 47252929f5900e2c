package surrealsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// lasting starts an engine of the test's own that keeps its data over a restart,
// and a database on it.
func lasting(t testing.TB, change ...func(*surrealsql.Config)) (*surrealtest.Server, *sql.DB) {
	t.Helper()
	server := surrealtest.New(t, surrealtest.Options{Path: t.TempDir() + "/data"})
	return server, openDB(t, server.TestDSN(t), change...)
}

func TestAfterARestartTheNextCallSucceedsAndStaleSiblingsAreGone(t *testing.T) {
	t.Parallel()
	const siblings = 20
	for name, interval := range map[string]string{
		"by the alarm that the first loss raises": "1h",
		"by the next round of the caretaker":      "50ms",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			every, err := time.ParseDuration(interval)
			require.NoError(t, err)
			var used sockets
			server, db := lasting(t, used.use, func(cfg *surrealsql.Config) { cfg.HealthCheckInterval = every })
			mustExec(t, db, "CREATE kept:1")
			idle(t, db, siblings)

			server.Kill()
			require.NoError(t, server.Restart(t.Context()))
			if every < time.Minute {
				used.awaitOpen(t, 0) // without anybody's call
			}
			require.NoError(t, exec(t.Context(), db, "CREATE kept:2"), "nobody notices")
			used.awaitOpen(t, 1)
			require.Equal(t, 2, queryOne[int](t, db, "RETURN count(SELECT * FROM kept)"))
			open, opened := used.now()
			require.Equal(t, 1, open)
			require.Equal(t, siblings+1, opened)
		})
	}
}

func TestAfterARestartManyCallersAtOnceAreServedWithoutAnError(t *testing.T) {
	t.Parallel()
	server, db := lasting(t)
	db.SetMaxOpenConns(20)
	mustExec(t, db, "DEFINE TABLE kept")
	idle(t, db, 20)
	server.Kill()
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, atOnce(200, func(i int) error {
		return exec(t.Context(), db, "CREATE kept SET n = $1", i)
	}))
	require.Equal(t, 200, queryOne[int](t, db, "RETURN count(SELECT * FROM kept)"))
}

// Writers go on while the engine is killed and comes back. What was acknowledged
// is there; what failed is there at most once; and nothing fails any more when the
// engine is back.
func TestARestartUnderLoadLosesNoAcknowledgedWriteAndDoublesNone(t *testing.T) {
	t.Parallel()
	server, db := lasting(t)
	const writers = 8
	db.SetMaxOpenConns(writers)
	keepIdle(db, writers)
	mustExec(t, db, "DEFINE TABLE kept")

	var acknowledged, unknown, refused atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				// No id is given: a write that was sent twice would be there twice.
				switch err := exec(t.Context(), db, "CREATE kept SET n = $1", fmt.Sprint(w, "-", i)); {
				case err == nil:
					acknowledged.Add(1)
				case errors.Is(err, surrealsql.ErrOutcomeUnknown):
					unknown.Add(1)
				case surrealsql.IsConnectivity(err):
					refused.Add(1)
				default:
					t.Errorf("an error of another kind: %v", err)
				}
			}
		})
	}
	require.Eventually(t, func() bool { return acknowledged.Load() > 200 }, patience, time.Millisecond)
	server.Kill()
	require.NoError(t, server.Restart(t.Context()))
	back := acknowledged.Load()
	require.Eventually(t, func() bool { return acknowledged.Load() > back+200 }, patience, time.Millisecond)
	close(stop)
	wg.Wait()

	there := queryOne[int64](t, db, "RETURN count(SELECT * FROM kept)")
	different := queryOne[int64](t, db, "RETURN array::len(array::distinct(SELECT VALUE n FROM kept))")
	t.Logf("%d acknowledged, %d unknown, %d refused, %d there", acknowledged.Load(), unknown.Load(), refused.Load(), there)
	require.Equal(t, there, different, "none twice")
	require.GreaterOrEqual(t, there, acknowledged.Load(), "none lost")
	require.LessOrEqual(t, there, acknowledged.Load()+unknown.Load(), "what was refused is not there")
	require.NotZero(t, unknown.Load()+refused.Load(), "the restart was noticed")
}

func TestWithTheEngineDownCallersGetAnErrorWithinTheDialTimeout(t *testing.T) {
	t.Parallel()
	server, db := lasting(t, func(cfg *surrealsql.Config) { cfg.DialTimeout = 2 * time.Second })
	mustExec(t, db, "CREATE kept:1")
	idle(t, db, 5)
	server.Kill()
	for range 3 {
		started := time.Now()
		err := exec(context.Background(), db, "CREATE kept:2")
		require.Less(t, time.Since(started), 2*time.Second+late)
		require.True(t, surrealsql.IsConnectivity(err), err)
		require.True(t, surrealsql.IsRetryable(err), "nothing was sent: %v", err)
	}
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, exec(t.Context(), db, "CREATE kept:2"), "and then it serves at once")
}

func TestABlackHoledAddressThatComesBackServesAgainAtOnce(t *testing.T) {
	t.Parallel()
	db, proxy := proxied(t, func(cfg *surrealsql.Config) { cfg.DialTimeout = 500 * time.Millisecond })
	mustExec(t, db, "DEFINE TABLE kept")
	idle(t, db, 3)

	proxy.BlackHole(true)
	// Who holds one of the connections returns at the deadline.
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		require.ErrorIs(t, exec(ctx, db, "UPDATE kept"), context.DeadlineExceeded)
		cancel()
	}
	// Who needs a new one gets an error within the dial timeout, although its
	// context has no end.
	started := time.Now()
	err := exec(context.Background(), db, "UPDATE kept")
	require.True(t, surrealsql.IsTimeout(err), err)
	require.True(t, surrealsql.IsConnectivity(err), err)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Less(t, time.Since(started), 500*time.Millisecond+5*late)

	proxy.BlackHole(false)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	started = time.Now()
	require.NoError(t, exec(ctx, db, "CREATE kept:1"))
	require.Less(t, time.Since(started), time.Second, "a connect, and no waiting out of a penalty")
}
