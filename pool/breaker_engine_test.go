package pool_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A pool with a circuit breaker, on the real engine through a proxy.

func TestBreakerOfAPoolRefusesAtOnceAndServesAgainWhenTheServerIsBack(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	circuit := breaker.New(breaker.Settings{Failures: 2, OpenFor: 2 * time.Second})
	p, err := pool.Open(t.Context(), attempts1(proxy.DSN(server.TestDSN(t))), func(s *pool.Settings) { s.Breaker = circuit })
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	drivertest.MustExec(t, p.DB(), `CREATE a:1`)

	require.NoError(t, proxy.Refuse(true))
	proxy.CutAll(surrealtest.CutRST)
	_, err = proxy.Wait(t.Context(), func(s surrealtest.ProxyStats) bool { return s.Open == 0 })
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := p.DB().ExecContext(t.Context(), `CREATE a`)
		require.True(t, surrealsql.IsConnectivity(err), "%v", err)
		return circuit.State(proxy.Addr()) == breaker.Open
	}, 10*time.Second, time.Millisecond)
	started := time.Now()
	_, err = p.DB().ExecContext(t.Context(), `CREATE a`)
	require.ErrorIs(t, err, breaker.ErrOpen)
	require.Less(t, time.Since(started), time.Second)

	require.NoError(t, proxy.Refuse(false))
	retry := surrealsql.Retry{Attempts: -1, MaxPause: 50 * time.Millisecond}
	require.NoError(t, retry.RunTx(t.Context(), p.DB(), nil, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `CREATE a:2`)
		return err
	}))
	require.Equal(t, breaker.Closed, circuit.State(proxy.Addr()))
	require.Equal(t, 2, drivertest.QueryOne[int](t, p.DB(), `RETURN count(SELECT * FROM a)`))
}

// What was lost on the way is not repeated, whatever stands around.
func TestRunTxNeverRepeatsALostCommitThroughAPoolEither(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	p, err := pool.Open(t.Context(), attempts1(proxy.DSN(server.TestDSN(t))), func(s *pool.Settings) {
		s.Breaker = breaker.New(breaker.Settings{})
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	drivertest.MustExec(t, p.DB(), `DEFINE TABLE a`)
	runs := 0
	err = surrealsql.Retry{}.RunTx(t.Context(), p.DB(), nil, func(ctx context.Context, tx *sql.Tx) error {
		runs++
		if _, err := tx.ExecContext(ctx, `CREATE a:1`); err != nil {
			return err
		}
		proxy.CutAfter(surrealtest.ToServer, 3, surrealtest.CutRST)
		return nil
	})
	proxy.Heal()
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.Equal(t, 1, runs)
	require.Equal(t, 0, drivertest.QueryOne[int](t, p.DB(), `RETURN count(SELECT * FROM a)`))
}
