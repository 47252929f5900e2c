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

// Hosts that go and come back under load.

// load are callers that write and read without end, and what became of their calls.
type load struct {
	t    testing.TB
	db   *sql.DB
	stop chan struct{}
	wg   sync.WaitGroup

	done    atomic.Int64
	unknown atomic.Int64 // writes that were in flight where a connection was lost
	mu      sync.Mutex
	failed  []error // what must not fail
}

// startLoad starts so many callers, who write into a table that is there.
func startLoad(t testing.TB, db *sql.DB, callers int) *load {
	t.Helper()
	l := &load{t: t, db: db, stop: make(chan struct{})}
	for caller := range callers {
		l.wg.Go(func() {
			for i := 0; !l.stopped(); i++ {
				// No id is given: a write that was sent twice would be there twice.
				l.note(drivertest.Exec(context.Background(), db, "CREATE kept SET n = $1", fmt.Sprint(caller, "-", i)))
				// So that each caller needs a connection, however busy the machine is.
				l.note(drivertest.Exec(context.Background(), db, "SLEEP 10ms"))
			}
		})
	}
	return l
}

func (l *load) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

func (l *load) note(err error) {
	switch {
	case err == nil:
		l.done.Add(1)
	case errors.Is(err, surrealsql.ErrOutcomeUnknown):
		l.unknown.Add(1)
	default:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.failed = append(l.failed, err)
	}
}

// await waits until so many more calls have succeeded.
func (l *load) await(more int64) {
	l.t.Helper()
	before := l.done.Load()
	require.Eventually(l.t, func() bool { return l.done.Load() >= before+more }, 2*drivertest.Patience, time.Millisecond)
}

// finish stops the callers. Nothing may have failed but what was in flight on a connection
// that was lost, of which there was one a caller for each loss at most.
func (l *load) finish(mostUnknown int64) {
	l.t.Helper()
	close(l.stop)
	l.wg.Wait()
	require.Empty(l.t, l.failed, "calls that were not in flight on a host that was lost")
	require.LessOrEqual(l.t, l.unknown.Load(), mostUnknown)
}

// end is finish where all hosts have the same data: no write is there twice.
func (l *load) end(mostUnknown int64) {
	l.t.Helper()
	l.finish(mostUnknown)
	there := drivertest.QueryOne[int64](l.t, l.db, "RETURN count(SELECT * FROM kept)")
	different := drivertest.QueryOne[int64](l.t, l.db, "RETURN array::len(array::distinct(SELECT VALUE n FROM kept))")
	l.t.Logf("%d calls succeeded, %d with an unknown outcome, %d records", l.done.Load(), l.unknown.Load(), there)
	require.Equal(l.t, there, different, "none twice")
}

// down is the loss of a host, with all that is open.
func down(t testing.TB, p *surrealtest.Proxy) {
	t.Helper()
	require.NoError(t, p.Refuse(true))
	p.CutAll(surrealtest.CutRST)
}

// open is how many connections each host has.
func open(proxies []*surrealtest.Proxy) (n []int) {
	for _, p := range proxies {
		n = append(n, p.Stats().Open)
	}
	return n
}

func loaded(t testing.TB, most int, params ...string) (*load, []*surrealtest.Proxy) {
	t.Helper()
	dsn, proxies := nodes(t, 3, append(params, "health_check_interval=50ms", "host_delay=300ms")...) // no busy machine is taken for a host that is gone
	db := drivertest.OpenDB(t, dsn)
	db.SetMaxOpenConns(most)
	drivertest.KeepIdle(db, most)
	drivertest.FillIdle(t, db, most)
	drivertest.MustExec(t, db, "DEFINE TABLE kept")
	return startLoad(t, db, most), proxies
}

func TestHostsUnderLoadLoseOnlyCallsInFlightAndAreSpreadOverAgain(t *testing.T) {
	t.Parallel()
	const conns = 9
	for name, lose := range map[string]func(*surrealtest.Proxy){
		"killed":     func(p *surrealtest.Proxy) { down(t, p) },
		"in silence": func(p *surrealtest.Proxy) { p.BlackHole(true); p.CutAll(surrealtest.CutRST) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, proxies := loaded(t, conns, "load_balance=round_robin")
			l.await(100)
			lose(proxies[1])
			l.await(500)
			proxies[1].BlackHole(false)
			require.NoError(t, proxies[1].Refuse(false))
			require.Eventually(t, func() bool {
				return proxies[1].Stats().Open >= conns/3
			}, 2*drivertest.Patience, time.Millisecond, "it gets its share again")
			require.Eventually(t, func() bool {
				n := open(proxies)
				return n[0] > 0 && n[1] > 0 && n[2] > 0 && n[0]+n[1]+n[2] == conns
			}, 2*drivertest.Patience, time.Millisecond, "beside the others")
			l.await(100)
			l.end(conns)
		})
	}
}

func TestHostsInOrderAreReturnedFromWhenTheFirstIsBack(t *testing.T) {
	t.Parallel()
	const conns = 6
	l, proxies := loaded(t, conns)
	l.await(100)
	require.Eventually(t, func() bool { return proxies[0].Stats().Open == conns }, 2*drivertest.Patience, time.Millisecond)
	down(t, proxies[0])
	l.await(300)
	require.Zero(t, proxies[0].Stats().Open)
	require.NoError(t, proxies[0].Refuse(false))
	require.Eventually(t, func() bool {
		n := open(proxies)
		return n[0] == conns && n[1]+n[2] == 0
	}, 2*drivertest.Patience, time.Millisecond, "all return to the first")
	l.end(conns)
}

func TestHostsAreLeftAsTheyAreWithoutRebalance(t *testing.T) {
	t.Parallel()
	const conns = 4
	l, proxies := loaded(t, conns, "rebalance=false")
	down(t, proxies[0])
	l.await(100)
	require.NoError(t, proxies[0].Refuse(false))
	accepted := proxies[0].Stats().Accepted
	for range 5 {
		l.await(200)
		time.Sleep(50 * time.Millisecond) // a round
	}
	require.Equal(t, accepted, proxies[0].Stats().Accepted, "it is not even asked")
	l.end(conns)
}

// A connection that somebody has leased is his until he gives it back.
func TestHostsTakeNoConnectionAwayFromWhoHasLeasedIt(t *testing.T) {
	t.Parallel()
	dsn, proxies := nodes(t, 2, "health_check_interval=20ms")
	down(t, proxies[0])
	db := drivertest.OpenDB(t, dsn)
	db.SetMaxOpenConns(2)
	drivertest.MustExec(t, db, "DEFINE TABLE kept")
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	conn := drivertest.Lease(t, db)
	require.NoError(t, proxies[0].Refuse(false))
	require.Eventually(t, func() bool { // it was found to be back
		return proxies[0].Stats().Accepted > 0
	}, drivertest.Patience, time.Millisecond)
	for range 20 {
		drivertest.MustExec(t, tx, "CREATE kept")
		drivertest.RequireGood(t, conn)
		time.Sleep(20 * time.Millisecond) // a round
	}
	require.Equal(t, 2, proxies[1].Stats().Open)
	require.NoError(t, tx.Commit())
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool {
		drivertest.RequireGood(t, db)
		return proxies[1].Stats().Open == 0
	}, drivertest.Patience, time.Millisecond)
	require.Equal(t, 20, drivertest.QueryOne[int](t, db, "RETURN count(SELECT * FROM kept)"))
}

// Each of three hosts goes and comes back, one after the other.
func TestHostsThatAreRestartedOneByOneUnderLoadLoseOnlyCallsInFlight(t *testing.T) {
	t.Parallel()
	const conns = 9
	for _, order := range []string{"round_robin", "in_order", "random"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			l, proxies := loaded(t, conns, "load_balance="+order)
			for i, p := range proxies {
				l.await(100)
				// At random a host may have no connection, which then nobody misses.
				gets := order != "in_order" && p.Stats().Open > 0 || order == "in_order" && i == 0
				down(t, p)
				l.await(100)
				require.NoError(t, p.Refuse(false))
				// A host goes only when the one before serves again, as rolling restarts do.
				require.Eventually(t, func() bool { return !gets || p.Stats().Open > 0 }, 2*drivertest.Patience, time.Millisecond)
			}
			l.await(100)
			l.end(3 * conns)
		})
	}
}

// Real servers that are stopped in good order turn away what comes then, which is done on
// another host: of three restarts 1 to 3 calls end with an unknown outcome (3.3.5,
// 4.0.0-beta.1), of 2,400 to 9,200.
func TestHostsThatAreRealServersAreRestartedOneByOneUnderLoad(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	const conns = 6
	var servers []*surrealtest.Server
	cfg, err := surrealsql.ParseDSN("surrealdb://root:root@none/ns/db?load_balance=round_robin&health_check_interval=50ms")
	require.NoError(t, err)
	cfg.Hosts = nil
	for range 3 { // each with data of its own: there is no cluster to be had
		server := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineBinary, Path: t.TempDir() + "/data"})
		drivertest.MustExec(t, drivertest.OpenDB(t, server.DSN()+"/ns/db"), "DEFINE TABLE kept")
		servers = append(servers, server)
		cfg.Hosts = append(cfg.Hosts, server.Addr(0))
	}
	db := drivertest.OpenDB(t, cfg.FormatDSN())
	db.SetMaxOpenConns(conns)
	drivertest.KeepIdle(db, conns)
	drivertest.FillIdle(t, db, conns)
	l := startLoad(t, db, conns)
	for _, server := range servers {
		l.await(200)
		require.NoError(t, server.Stop())
		l.await(200)
		require.NoError(t, server.Restart(t.Context()))
	}
	l.await(200)
	l.finish(3 * conns)
	t.Logf("%d calls succeeded, %d with an unknown outcome", l.done.Load(), l.unknown.Load())
}
