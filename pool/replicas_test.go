package pool_test

// Readers of a pool with replicas, on the real engine.

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// family is a pool with replicas: ports of one engine, so that what the writer
// wrote is there at once, each behind a proxy that tells who was asked.
type family struct {
	*pool.Pool
	writer   *surrealtest.Proxy
	replicas []*surrealtest.Proxy
	seen     []int64
}

func newFamily(t testing.TB, replicas int, set pool.Settings) *family {
	t.Helper()
	server := surrealtest.New(t, surrealtest.Options{})
	dsn := server.TestDSN(t)
	f := &family{writer: surrealtest.NewProxy(t, server.Addr(0))}
	var dsns []string
	for range replicas {
		proxy := surrealtest.NewProxy(t, server.Addr(0))
		f.replicas = append(f.replicas, proxy)
		dsns = append(dsns, attempts1(proxy.DSN(dsn)))
	}
	f.seen = make([]int64, replicas+1)
	var err error
	f.Pool, err = pool.Open(t.Context(), attempts1(f.writer.DSN(dsn)), func(s *pool.Settings) { *s, s.Replicas = set, dsns })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func attempts1(dsn string) string { return dsn + "?connect_attempts=1&connect_timeout=30s" }

// asked tells which servers got a request since the last call: w is the writer, 1 the
// first replica. Answers to the pings of a server, of 6 bytes each, are none; a
// request has 40 or more.
func (f *family) asked() (who string) {
	const pongs = 24
	for i, proxy := range append([]*surrealtest.Proxy{f.writer}, f.replicas...) {
		now := proxy.Stats().BytesToServer
		if now > f.seen[i]+pongs {
			if i == 0 {
				who += "w"
			} else {
				who += fmt.Sprint(i)
			}
		}
		f.seen[i] = now
	}
	return who
}

// warm makes connections to all, so that afterwards only what is asked shows.
func (f *family) warm(t testing.TB) {
	t.Helper()
	drivertest.MustExec(t, f.DB(), `DEFINE TABLE a`)
	for range f.replicas {
		drivertest.QueryOne[int](t, f.Reader(t.Context()), `RETURN 1`)
	}
	f.asked()
}

func TestReadersTakeTurnsAndRefuseToWrite(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 3, pool.Settings{})
	f.warm(t)
	require.Same(t, f.DB(), f.DB())
	order := ""
	for range 6 {
		db := f.Reader(t.Context())
		require.Equal(t, 1, drivertest.QueryOne[int](t, db, `RETURN 1`))
		order += f.asked()
		for _, text := range []string{`CREATE a`, `RETURN 1; DELETE a`, `RETURN fn::f()`} {
			_, err := db.ExecContext(t.Context(), text)
			require.ErrorIs(t, err, surrealsql.ErrReadOnly, text)
		}
	}
	require.Equal(t, "123123", order)
	drivertest.MustExec(t, f.DB(), `CREATE a`)
	require.Equal(t, "w", f.asked())
	for i, r := range f.Replicas() {
		require.EqualValues(t, 1, r.Stats().Created, "replica %d", i)
	}
}

func TestReaderIsTheWriterWithoutReplicas(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 0, pool.Settings{})
	require.Same(t, f.DB(), f.Reader(t.Context()))
	drivertest.MustExec(t, f.Routed(), `CREATE a`)
	require.Equal(t, 1, drivertest.QueryOne[int](t, f.Routed(), `RETURN count(SELECT * FROM a)`))
}

func TestReaderThatMustSeeWhatWasWrittenIsTheWriter(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	f.warm(t)
	ctx := pool.ReadFromWriter(t.Context())
	require.Same(t, f.DB(), f.Reader(ctx))
	require.NotSame(t, f.DB(), f.Reader(t.Context()))
	var n int
	require.NoError(t, f.Routed().QueryRowContext(ctx, `RETURN 1`).Scan(&n))
	require.Equal(t, "w", f.asked())
}

func TestReadersWhoseBreakerIsOpenArePassedOverAndTheWriterStandsIn(t *testing.T) {
	t.Parallel()
	b := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Hour})
	f := newFamily(t, 2, pool.Settings{Breaker: b})
	require.NoError(t, f.replicas[0].Refuse(true))
	order := func(n int) (order string) {
		for range n {
			_ = f.Reader(t.Context()).QueryRowContext(t.Context(), `RETURN 1`).Scan(new(int))
			order += f.asked()
		}
		return order
	}
	order(2) // one of them fails
	require.Equal(t, breaker.Open, b.State(f.replicas[0].Addr()))
	require.Equal(t, "2222", order(4))

	require.NoError(t, f.replicas[1].Refuse(true))
	f.replicas[1].CutAll(surrealtest.CutRST)
	require.Eventually(t, func() bool { return f.replicas[1].Stats().Open == 0 }, 5*time.Second, time.Millisecond)
	// The proxy has cut its connection; the pool finds out when the reset arrives.
	require.Eventually(t, func() bool {
		conn, err := f.Replicas()[1].Acquire(t.Context())
		if err == nil {
			_ = conn.Close()
		}
		return surrealsql.IsConnectivity(err)
	}, drivertest.Patience, time.Millisecond)
	require.Equal(t, breaker.Open, b.State(f.replicas[1].Addr()))
	require.Same(t, f.DB(), f.Reader(t.Context()), "the writer stands in")
}

func TestOpenToleratesAReplicaThatCannotBeReachedUnlessItMustNot(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	const nobody = "surrealdb://root:root@127.0.0.1:1/ns/db?connect_attempts=1"
	p, err := pool.Open(t.Context(), dsn, func(s *pool.Settings) { s.Min, s.Replicas = 1, []string{nobody} })
	require.NoError(t, err)
	require.Equal(t, 1, drivertest.QueryOne[int](t, p.Routed(), `RETURN 1`), "the writer serves")
	require.NoError(t, p.Close())

	_, err = pool.Open(t.Context(), dsn, func(s *pool.Settings) {
		s.Min, s.RequireMin, s.Replicas = 1, true, []string{nobody}
	})
	require.True(t, surrealsql.IsConnectivity(err), "%v", err)
}

func TestReplicasSettingsAreTheWritersWhereItsDSNSaysNothingElse(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	p, err := pool.Open(t.Context(), dsn+"?pool_max=3", func(s *pool.Settings) {
		s.MaxUses = 7
		s.Replicas, s.ReplicaConfigs = []string{dsn + "?pool_max=5&read_only=false"}, []*surrealsql.Config{cfg}
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.Len(t, p.Replicas(), 2)
	for i, most := range []int{5, 3} {
		r := p.Replicas()[i]
		require.Equal(t, most, r.Settings().Max)
		require.Equal(t, most, r.Settings().Burst)
		require.Equal(t, 7, r.Settings().MaxUses)
		_, err := r.DB().ExecContext(t.Context(), `CREATE a`)
		require.ErrorIs(t, err, surrealsql.ErrReadOnly, "whatever its DSN says")
	}
	require.False(t, cfg.ReadOnly, "the program's Config is its own")
}

func TestReplicaThatIsBadIsAnErrorThatTellsWhich(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	for _, bad := range []string{"surrealdb://h?pool_max=x", "surrealdb://h?nonsense=1", "surrealdb://h?pool_max=2&pool_min=3"} {
		_, err := pool.Open(t.Context(), dsn, func(s *pool.Settings) { s.Replicas = []string{dsn, bad} })
		require.ErrorContains(t, err, "replica 2", bad)
	}
}

func TestReplicaWithTheRefreshTokenOfAnotherPoolIsRefused(t *testing.T) {
	t.Parallel()
	with := func(token string) *surrealsql.Config {
		return &surrealsql.Config{Hosts: []string{"h"}, Namespace: "n", Database: "d", Access: "app", RefreshToken: token}
	}
	for _, replicas := range [][]*surrealsql.Config{{with("a")}, {with("b"), with("b")}} {
		_, err := pool.New(t.Context(), with("a"), pool.Settings{ReplicaConfigs: replicas})
		require.ErrorContains(t, err, fmt.Sprintf("replica %d: its Config.RefreshToken is another pool's", len(replicas)))
	}
	p, err := pool.New(t.Context(), with("a"), pool.Settings{ReplicaConfigs: []*surrealsql.Config{with("b"), with(""), with("")}})
	require.NoError(t, err)
	require.NoError(t, p.Close())
}

func TestDrainWaitsForTheReplicasToo(t *testing.T) {
	t.Parallel()
	f := newFamily(t, 1, pool.Settings{})
	c, err := f.Replicas()[0].Acquire(t.Context())
	require.NoError(t, err)
	drained := make(chan error, 1)
	go func() { drained <- f.Drain(context.Background()) }()
	require.Eventually(t, func() bool {
		_, err := f.Acquire(t.Context())
		return err != nil
	}, 5*time.Second, time.Millisecond)
	select {
	case err := <-drained:
		require.Fail(t, "drained while a replica's connection is held", "%v", err)
	case <-time.After(50 * time.Millisecond):
	}
	require.NoError(t, c.Ping(t.Context()), "it goes on")
	require.NoError(t, c.Close())
	require.NoError(t, <-drained)
	for _, db := range []*sql.DB{f.DB(), f.Routed(), f.Reader(t.Context()), f.Replicas()[0].DB()} {
		require.Error(t, db.PingContext(t.Context()))
	}
}
