package failures

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
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Restarts of the engine, and networks that come back.

// lasting starts an engine of the test's own that keeps its data over a restart,
// and a database on it.
func lasting(t testing.TB, change ...func(*surrealsql.Config)) (*surrealtest.Server, *sql.DB) {
	t.Helper()
	server := surrealtest.New(t, surrealtest.Options{Path: t.TempDir() + "/data"})
	return server, drivertest.OpenDB(t, server.TestDSN(t), change...)
}

func TestRestartLetsTheNextCallSucceedAndStaleSiblingsGo(t *testing.T) {
	t.Parallel()
	const siblings = 20
	for name, interval := range map[string]string{
		"by the checks that the first loss begins": "1h",
		"by the idle checker's next round":         "50ms",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			every, err := time.ParseDuration(interval)
			require.NoError(t, err)
			var used drivertest.Sockets
			server, db := lasting(t, used.Use, func(cfg *surrealsql.Config) { cfg.HealthCheckInterval = every })
			drivertest.MustExec(t, db, "CREATE kept:1")
			drivertest.FillIdle(t, db, siblings)

			server.Kill()
			require.NoError(t, server.Restart(t.Context()))
			if every < time.Minute {
				used.AwaitOpen(t, 0) // without anybody's call
			}
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE kept:2"), "nobody notices")
			used.AwaitOpen(t, 1)
			require.Equal(t, 2, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM kept)"))
			open, opened := used.Count()
			require.Equal(t, 1, open)
			require.Equal(t, siblings+drivertest.FirstDials(t), opened)
		})
	}
}

func TestRestartIsNoErrorForManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	server, db := lasting(t)
	db.SetMaxOpenConns(20)
	drivertest.MustExec(t, db, "DEFINE TABLE kept")
	drivertest.FillIdle(t, db, 20)
	server.Kill()
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, atOnce(200, func(i int) error {
		return drivertest.Exec(t.Context(), db, "CREATE kept SET n = $1", i)
	}))
	require.Equal(t, 200, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM kept)"))
}

// Writers go on while the engine is killed and comes back. What was acknowledged
// is there; what failed is there at most once; and nothing fails any more when the
// engine is back.
func TestRestartUnderLoadLosesNoAcknowledgedWriteAndDoublesNone(t *testing.T) {
	t.Parallel()
	server, db := lasting(t)
	const writers = 8
	db.SetMaxOpenConns(writers)
	drivertest.KeepIdle(db, writers)
	drivertest.MustExec(t, db, "DEFINE TABLE kept")

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
				switch err := drivertest.Exec(t.Context(), db, "CREATE kept SET n = $1", fmt.Sprint(w, "-", i)); {
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
	require.Eventually(t, func() bool { return acknowledged.Load() > 200 }, drivertest.Patience, time.Millisecond)
	server.Kill()
	require.NoError(t, server.Restart(t.Context()))
	back := acknowledged.Load()
	require.Eventually(t, func() bool { return acknowledged.Load() > back+200 }, drivertest.Patience, time.Millisecond)
	close(stop)
	wg.Wait()

	there := drivertest.QueryOne[int64](t, db, "RETURN count(SELECT * FROM kept)")
	different := drivertest.QueryOne[int64](t, db, "RETURN array::len(array::distinct(SELECT VALUE n FROM kept))")
	t.Logf("%d acknowledged, %d unknown, %d refused, %d there", acknowledged.Load(), unknown.Load(), refused.Load(), there)
	require.Equal(t, there, different, "none twice")
	require.GreaterOrEqual(t, there, acknowledged.Load(), "none lost")
	require.LessOrEqual(t, there, acknowledged.Load()+unknown.Load(), "what was refused is not there")
	require.NotZero(t, unknown.Load()+refused.Load(), "the restart was noticed")
}

func TestRestartThatNeverComesIsAnErrorWithinTheConnectTimeout(t *testing.T) {
	t.Parallel()
	server, db := lasting(t, func(cfg *surrealsql.Config) { cfg.ConnectTimeout = 2 * time.Second })
	drivertest.MustExec(t, db, "CREATE kept:1")
	drivertest.FillIdle(t, db, 5)
	server.Kill()
	for range 2 {
		drivertest.RequireOnTime(t, func() time.Duration {
			started := time.Now()
			err := drivertest.Exec(context.Background(), db, "CREATE kept:2")
			after := time.Since(started) - 2*time.Second
			require.True(t, surrealsql.IsConnectivity(err), err)
			require.True(t, surrealsql.IsRetryable(err), "nothing was sent: %v", err)
			return max(after, 0)
		})
	}
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE kept:2"), "and then it serves at once")
}

func TestRestartOfABlackHoledAddressServesAgainAtOnce(t *testing.T) {
	t.Parallel()
	const connectTimeout = 2 * time.Second // what three sign-ins at once need on a loaded server, too
	db, proxy := drivertest.Proxied(t, func(cfg *surrealsql.Config) { cfg.ConnectTimeout = connectTimeout })
	drivertest.MustExec(t, db, "DEFINE TABLE kept")
	took := servesAfterABlackHole(t, db, proxy, connectTimeout)
	for tries := 1; tries < 3 && took >= time.Second; tries++ { // a busy machine may take so long, but not each time
		took = servesAfterABlackHole(t, db, proxy, connectTimeout)
	}
	require.Less(t, took, time.Second, "a connect, and no waiting out of a penalty")
}

// servesAfterABlackHole returns how long the first call took after the address was reached again.
func servesAfterABlackHole(t *testing.T, db *sql.DB, proxy *surrealtest.Proxy, connectTimeout time.Duration) time.Duration {
	t.Helper()
	drivertest.FillIdle(t, db, 3)

	proxy.BlackHole(true)
	// Who holds one of the connections returns at the deadline.
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		require.ErrorIs(t, drivertest.Exec(ctx, db, "UPDATE kept"), context.DeadlineExceeded)
		cancel()
	}
	// Who needs a new one gets an error within the dial timeout, although its
	// context has no end.
	started := time.Now()
	err := drivertest.Exec(context.Background(), db, "UPDATE kept")
	require.True(t, surrealsql.IsTimeout(err), err)
	require.True(t, surrealsql.IsConnectivity(err), err)
	require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Less(t, time.Since(started), connectTimeout+time.Second)

	proxy.BlackHole(false)
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Patience)
	defer cancel()
	started = time.Now()
	require.NoError(t, drivertest.Exec(ctx, db, "UPSERT kept:1"))
	return time.Since(started)
}
