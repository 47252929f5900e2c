package live

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Many live queries on one socket.

// shared opens the database of a DSN for live queries on one socket. sockets counts it.
func shared(t testing.TB, dsn string, change ...func(*surrealsql.Config)) (live *sql.DB, sockets *drivertest.Sockets) {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	sockets = new(drivertest.Sockets)
	sockets.Use(cfg)
	for _, c := range change {
		c(cfg)
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	live = sql.OpenDB(connector.Live())
	t.Cleanup(func() { require.NoError(t, live.Close()) })
	return live, sockets
}

// requireMade asserts how many sockets connections were made on.
func requireMade(t *testing.T, sockets *drivertest.Sockets, n int) {
	t.Helper()
	_, opened := sockets.Count()
	require.Equal(t, n, opened-drivertest.FirstDials(t)+1, "sockets that were made")
}

func TestLiveSocketIsWaitedForNoLongerThanAContextLasts(t *testing.T) {
	t.Parallel()
	srv := scripted.Listen(t, func(c *scripted.Conn) { c.Arrived(); _ = c.AwaitEnd() })
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	var sockets drivertest.Sockets
	sockets.Use(cfg)
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	live := connector.Live()
	first, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := live.Connect(first); ended <- err }()
	require.Eventually(t, func() bool { open, _ := sockets.Count(); return open == 1 }, patience, time.Millisecond)
	why := errors.New("nobody looks any more")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err = live.Connect(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why)
	require.ErrorContains(t, err, "waiting for another one to make the socket")
	end()
	require.Error(t, <-ended)
}

func TestLiveQueriesShareASocket(t *testing.T) {
	t.Parallel()
	const n = 50
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	live, sockets := shared(t, dsn)
	var readers sync.WaitGroup
	begun, read := make(chan struct{}, n), make(chan struct{}, 3*n)
	for i := range n {
		readers.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var got []int
			for n, err := range surrealsql.LiveQuery[int](ctx, live, `LIVE SELECT VALUE n FROM person WHERE to = $1`, i) {
				if err != nil {
					t.Error(err)
					return
				}
				if n.Action == surrealsql.ActionBegun {
					begun <- struct{}{}
					continue
				}
				read <- struct{}{}
				if got = append(got, n.Record); len(got) == 3 {
					break
				}
			}
			if len(got) != 3 || got[0]+got[1]+got[2] != 3*i {
				t.Errorf("reader %d got %v", i, got)
			}
		})
	}
	t.Cleanup(readers.Wait)
	for range n {
		drivertest.Receive(t, begun, "a live query that has begun")
	}
	open, _ := sockets.Count()
	require.Equal(t, 1, open)
	require.Equal(t, n, live.Stats().InUse)
	for range 3 {
		drivertest.MustExec(t, db, `FOR $i IN 0..$1 { CREATE person SET to = $i, n = $i }`, n)
		for range n { // since 3.3 no more than 100 may be under way
			drivertest.Receive(t, read, "a change")
		}
	}
	readers.Wait()
	require.NoError(t, live.PingContext(t.Context()))
	require.Eventually(t, func() bool { return len(liveQueriesOf(t, db, "person")) == 0 }, patience, time.Millisecond)
	require.NoError(t, live.Close())
	sockets.AwaitOpen(t, 0)
	requireMade(t, sockets, 1)
}

func TestLiveSocketServesLiveQueriesAlone(t *testing.T) {
	t.Parallel()
	live, _ := shared(t, surrealtest.DSN(t))
	ctx := t.Context()
	const want = "serve LIVE SELECT alone"
	require.ErrorContains(t, drivertest.Exec(ctx, live, `CREATE person`), want)
	require.ErrorContains(t, drivertest.Scan(ctx, live, `RETURN 1`), want)
	require.ErrorContains(t, drivertest.Exec(ctx, live, `LIVE SELECT * FROM person`), want)
	require.ErrorContains(t, drivertest.Scan(ctx, live, `RETURN 1; LIVE SELECT * FROM person`), "stands alone")
	_, err := live.BeginTx(ctx, nil)
	require.ErrorContains(t, err, want)
	require.True(t, surrealsql.IsParse(drivertest.Scan(ctx, live, `LIVE SELECT * FORM person`)))
	require.ErrorContains(t, drivertest.Scan(ctx, live, `LIVE SELECT * FROM person WHERE a = $1`), "$1")
	_, err = surrealsql.All[int](ctx, live, `LIVE SELECT * FROM person`)
	require.ErrorContains(t, err, "call LiveQuery")
	require.NoError(t, live.PingContext(ctx))
	stmt, err := live.PrepareContext(ctx, `LIVE SELECT * FROM person`)
	require.NoError(t, err)
	defer stmt.Close()
	_, err = stmt.ExecContext(ctx)
	require.ErrorContains(t, err, want)
}

func TestLiveReadersAreToldWhenTheirSocketIsLost(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	live, sockets := shared(t, proxy.DSN(dsn))
	var all []*sql.Rows
	for range 5 {
		all = append(all, follow(t, live, `LIVE SELECT * FROM person`))
	}
	proxy.CutAll(surrealtest.CutRST)
	for _, rows := range all {
		require.False(t, rows.Next())
		require.True(t, surrealsql.IsConnectivity(rows.Err()), "%v", rows.Err())
		require.NoError(t, rows.Close())
	}
	rows := follow(t, live, `LIVE SELECT * FROM person`)
	drivertest.MustExec(t, db, `CREATE person:1`)
	_, id, _ := next(t, rows)
	require.Equal(t, "person:1", id)
	requireMade(t, sockets, 2)
}

func TestLiveReaderThatIsTooSlowDisturbsNoOther(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	live, sockets := shared(t, dsn, func(c *surrealsql.Config) { c.LiveBufferSize = 16 << 10 })
	slow := follow(t, live, `LIVE SELECT * FROM person`)
	quick := follow(t, live, `LIVE SELECT VALUE n FROM person`)
	const n = 60
	for i := range n {
		drivertest.MustExec(t, db, `CREATE person SET n = $1, text = string::repeat('x', 1000)`, i)
		_, _, record := next(t, quick)
		require.Equal(t, int64(i), record)
	}
	got := 0
	for slow.Next() {
		got++
	}
	require.ErrorIs(t, slow.Err(), surrealsql.ErrLagging)
	require.Greater(t, got, 5)
	require.Less(t, got, 20)
	require.Len(t, liveQueriesOf(t, db, "person"), 1, "that of the slow one is killed before it is closed")
	require.NoError(t, slow.Close())
	drivertest.MustExec(t, db, `CREATE person SET n = 7`)
	next(t, quick)
	requireMade(t, sockets, 1)
}

func TestLiveQueryOnASharedSocketEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	drivertest.MustExec(t, db, `DEFINE TABLE person`)
	live, _ := shared(t, dsn)
	other := follow(t, live, `LIVE SELECT * FROM person`)
	ctx, cancel := context.WithCancel(patiently(t))
	defer cancel()
	rows, err := live.QueryContext(ctx, `LIVE SELECT * FROM person`)
	require.NoError(t, err)
	time.AfterFunc(10*time.Millisecond, cancel)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), context.Canceled)
	require.NoError(t, rows.Close())
	require.Len(t, liveQueriesOf(t, db, "person"), 1)
	drivertest.MustExec(t, db, `CREATE person:1`)
	next(t, other)
}

func TestLiveCallerWhoLeavesEarlyCostsNoOtherHisSocket(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	killed := make(chan struct{}, 2)
	srv := scripted.New(t, func(c *scripted.Conn) {
		lives := byte(0)
		c.Serve(func(r scripted.Request) {
			switch {
			case strings.HasPrefix(r.Text, "LIVE"):
				if lives++; lives == 2 {
					c.Wait(answer)
				}
				registered(c, r, lives)
			case r.Method == "kill":
				c.Answer(r)
				c.Message(notification(1, "CREATE", 7))
				killed <- struct{}{}
			default:
				c.Answer(r)
			}
		})
	})
	live, _ := shared(t, srv.DSN())
	first := follow(t, live, `LIVE SELECT * FROM t`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := live.QueryContext(ctx, `LIVE SELECT * FROM t`)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(answer)
	drivertest.Receive(t, killed, "the kill of the live query that nobody waits for")
	_, id, _ := next(t, first)
	require.Equal(t, "t:7", id)
	require.Equal(t, 1, srv.Connections())
}

func TestLiveServerThatRegistersNothingCostsTheSocket(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if strings.HasPrefix(r.Text, "LIVE SELECT slow") {
				c.Stall()
			}
			if strings.HasPrefix(r.Text, "LIVE") {
				registered(c, r, 1)
				return
			}
			c.Answer(r)
		})
	})
	live, _ := shared(t, srv.DSN(), func(c *surrealsql.Config) { c.ConnectTimeout = 300 * time.Millisecond })
	rows := follow(t, live, `LIVE SELECT * FROM t`)
	_, err := live.QueryContext(patiently(t), `LIVE SELECT slow FROM t`)
	require.ErrorContains(t, err, "within connect_timeout")
	require.False(t, rows.Next())
	require.True(t, surrealsql.IsConnectivity(rows.Err()), "%v", rows.Err())
}

func TestLiveCallerWhoWaitsForTheSocketIsToldWhyItsContextHasEnded(t *testing.T) {
	t.Parallel()
	dialled := make(chan struct{}, 1)
	live, _ := shared(t, "surrealdb://localhost/ns/db", func(c *surrealsql.Config) {
		c.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case dialled <- struct{}{}:
			default:
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	first, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	wg.Go(func() { _ = live.PingContext(first) })
	drivertest.Receive(t, dialled, "the dial")
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	err := live.PingContext(ctx)
	require.ErrorIs(t, err, why)
	require.ErrorIs(t, err, context.Canceled)
}

func TestLiveSocketGoesWithItsLastHandle(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	drivertest.MustExec(t, drivertest.OpenDB(t, dsn), `DEFINE TABLE person`)
	live, sockets := shared(t, dsn)
	live.SetMaxIdleConns(0)
	for i := range 3 {
		var all []*sql.Rows
		for range 4 {
			all = append(all, follow(t, live, `LIVE SELECT * FROM person`))
		}
		open, _ := sockets.Count()
		require.Equal(t, 1, open)
		for _, rows := range all {
			require.NoError(t, rows.Close())
		}
		sockets.AwaitOpen(t, 0)
		requireMade(t, sockets, i+1)
	}
}

func TestLiveQueriesAreManyBesideOrdinaryLoad(t *testing.T) {
	t.Parallel()
	n := drivertest.FromEnv(t, "SURREALSQL_TEST_LIVES", 200)
	dsn := surrealtest.DSN(t)
	db := drivertest.OpenDB(t, dsn)
	db.SetMaxOpenConns(4)
	drivertest.MustExec(t, db, `DEFINE TABLE person; DEFINE INDEX to ON person FIELDS to`)
	live, sockets := shared(t, dsn)
	live.SetMaxIdleConns(n)
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var readers, load sync.WaitGroup
	begun, got := make(chan struct{}, n), make(chan int, n)
	for i := range n {
		readers.Go(func() {
			for c, err := range surrealsql.LiveQuery[string](ctx, live, `LIVE SELECT VALUE text FROM person WHERE to = $1`, i) {
				switch {
				case err != nil:
					t.Errorf("reader %d: %v", i, err)
				case c.Action == surrealsql.ActionBegun:
					begun <- struct{}{}
					continue
				case c.Record != fmt.Sprint("for ", i):
					t.Errorf("reader %d got %q", i, c.Record)
				}
				break
			}
			got <- i
		})
	}
	for range n {
		drivertest.Receive(t, begun, "a live query that has begun")
	}
	stop := make(chan struct{})
	for range 2 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if v := drivertest.QueryOne[int](t, db, `RETURN 42`); v != 42 {
					t.Error(v)
				}
			}
		})
	}
	for i := range n {
		drivertest.MustExec(t, db, `CREATE person SET to = $1, text = $2`, i, fmt.Sprint("for ", i))
		drivertest.Receive(t, got, "its reader's end") // since 3.3 no more than 100 may be under way
	}
	close(stop)
	load.Wait()
	readers.Wait()
	requireMade(t, sockets, 1)
}
