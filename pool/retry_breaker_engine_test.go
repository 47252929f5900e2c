package pool_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

func TestAServerThatGoesAndComesBackIsRefusedAtOnceAndServedAgain(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	breaker := pool.NewBreaker(pool.BreakerSettings{Failures: 2, OpenFor: 200 * time.Millisecond})
	p, err := pool.Open(t.Context(), attempts1(proxy.DSN(server.TestDSN(t))), pool.WithBreaker(breaker))
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	mustRun(t, p.DB(), `CREATE a:1`)

	proxy.Refuse()
	proxy.CutAll(surrealtest.CutRST)
	_, err = proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := p.DB().ExecContext(t.Context(), `CREATE a`)
		require.True(t, surrealsql.IsConnectivity(err), "%v", err)
		return breaker.State(proxy.Addr()) == pool.BreakerOpen
	}, 10*time.Second, time.Millisecond)
	started := time.Now()
	_, err = p.DB().ExecContext(t.Context(), `CREATE a`)
	require.ErrorIs(t, err, pool.ErrBreakerOpen)
	require.Less(t, time.Since(started), 100*time.Millisecond)

	require.NoError(t, proxy.Accept())
	retry := pool.Retry{Attempts: -1, MaxPause: 50 * time.Millisecond}
	require.NoError(t, pool.RunTx(t.Context(), p.DB(), nil, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE a:2`)
		return err
	}, retry))
	require.Equal(t, pool.BreakerClosed, breaker.State(proxy.Addr()))
	require.Equal(t, 2, number(t, p.DB(), `RETURN count(SELECT * FROM a)`))
}

// A server that accepts and never answers is worse than one that refuses.
func TestASilentServerOpensTheBreakerOfPlainSQLToo(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	breaker := pool.NewBreaker(pool.BreakerSettings{Failures: 2, OpenFor: time.Hour})
	db := plainDB(t, proxy.DSN(server.TestDSN(t))+"?connect_attempts=1&dial_timeout=100ms", breaker.Install)
	proxy.BlackHole(true)
	for range 2 {
		require.True(t, surrealsql.IsTimeout(db.PingContext(t.Context())))
	}
	require.ErrorIs(t, db.PingContext(t.Context()), pool.ErrBreakerOpen)
}

// What was lost on the way is not repeated, whatever stands around.
func TestACommitThatIsLostOnTheWayIsNotRepeatedThroughAPoolEither(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	p, err := pool.Open(t.Context(), attempts1(proxy.DSN(server.TestDSN(t))), pool.WithBreaker(pool.NewBreaker(pool.BreakerSettings{})))
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	mustRun(t, p.DB(), `DEFINE TABLE a`)
	runs := 0
	err = pool.RunTx(t.Context(), p.DB(), nil, func(ctx context.Context, tx *sql.Tx) error {
		runs++
		if _, err := tx.ExecContext(ctx, `CREATE a:1`); err != nil {
			return err
		}
		proxy.CutAfter(surrealtest.ToServer, 3, surrealtest.CutRST)
		return nil
	}, pool.Retry{})
	proxy.Heal()
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Equal(t, 1, runs)
	require.Equal(t, 0, number(t, p.DB(), `RETURN count(SELECT * FROM a)`))
}
