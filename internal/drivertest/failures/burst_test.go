package failures

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The tests of this file run alone, before the parallel ones: they count what
// the process holds, and each caller's time.

func TestBurstOfCallersIsServedByFiftyConnections(t *testing.T) {
	const limit, deadline = 50, 30 * time.Second
	server := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineNPM}) // it counts its connections
	dsn := server.TestDSN(t)
	for _, burst := range []struct{ callers, idle int }{
		{100, limit},
		{500, limit},
		{5000, limit},
		{5000, 2}, // database/sql's own default: what is idle for a moment is closed
	} {
		t.Run(fmt.Sprintf("%d at once, %d may idle", burst.callers, burst.idle), func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			var used drivertest.Sockets
			db := drivertest.PlainDB(t, dsn, used.Use)
			db.SetMaxOpenConns(limit)
			db.SetMaxIdleConns(burst.idle)
			// Whoever is first makes the table, and those beside conflict with that.
			drivertest.MustExec(t, db, "DEFINE TABLE IF NOT EXISTS burst")

			started := time.Now()
			require.NoError(t, atOnce(burst.callers, func(i int) error {
				ctx, cancel := context.WithTimeout(context.Background(), deadline)
				defer cancel()
				return createsOne(ctx, db, i)
			}))
			t.Logf("all were served within %v", time.Since(started))

			require.LessOrEqual(t, used.Most(), limit)
			stats, err := server.Stats()
			require.NoError(t, err)
			require.LessOrEqual(t, stats.MaxOpen, limit, "counted at the server")
			require.Zero(t, db.Stats().InUse)
			require.Equal(t, burst.callers, drivertest.QueryOne[int](t, db, "RETURN array::len(array::distinct(SELECT VALUE n FROM burst))"), "each once")
			drivertest.MustExec(t, db, "DELETE burst")

			require.NoError(t, db.Close())
			awaitServer(t, server, 0)
			open, _ := used.Count()
			require.Zero(t, open)
			goleak.VerifyNone(t, before)
		})
	}
}

// atOnce calls f in n goroutines that begin together, and returns the first error.
func atOnce(n int, f func(i int) error) (first error) {
	var (
		wg   sync.WaitGroup
		once sync.Once
		gate = make(chan struct{})
	)
	for i := range n {
		wg.Go(func() {
			<-gate
			if err := f(i); err != nil {
				once.Do(func() { first = fmt.Errorf("caller %d: %w", i, err) })
			}
		})
	}
	close(gate)
	wg.Wait()
	return first
}

// createsOne creates a record and checks that the answer is this caller's.
func createsOne(ctx context.Context, db *sql.DB, i int) error {
	var got int
	if err := db.QueryRowContext(ctx, "CREATE ONLY burst CONTENT { n: $1 } RETURN VALUE n", i).Scan(&got); err != nil {
		return err
	}
	if got != i {
		return fmt.Errorf("got %d, which is the answer to another", got)
	}
	return nil
}

// awaitServer waits until n connections are open at the server.
func awaitServer(t testing.TB, server *surrealtest.Server, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		stats, err := server.Stats()
		return err == nil && stats.Open == n
	}, drivertest.Patience, time.Millisecond, "connections stay open at the server")
}
