package surrealprometheus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// What the collectors give of a program's work, on the real engine.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openPool opens a pool of an empty database, whose queries are counted.
func openPool(t *testing.T, q *Queries, s pool.Settings) *pool.Pool {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Tracer = q
	p, err := pool.New(t.Context(), cfg, s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// gather returns each number of a registry by its name and labels; of a histogram or a
// summary the count, and the quantiles.
func gather(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			key := f.GetName() + "{" + strings.Join(labels, ",") + "}"
			switch {
			case m.GetHistogram() != nil:
				all[key] = float64(m.GetHistogram().GetSampleCount())
			case m.GetSummary() != nil:
				all[key] = float64(m.GetSummary().GetSampleCount())
				for _, q := range m.GetSummary().GetQuantile() {
					all[fmt.Sprint(key, q.GetQuantile())] = q.GetValue()
				}
			case m.GetCounter() != nil:
				all[key] = m.GetCounter().GetValue()
			default:
				all[key] = m.GetGauge().GetValue()
			}
		}
	}
	return all
}

func TestPoolsCollectorGivesAllOfItsStatistics(t *testing.T) {
	t.Parallel()
	p := openPool(t, NewQueries(), pool.Settings{Min: 2, Max: 2, AcquireTimeout: time.Millisecond})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewPool(p, "shop"))
	one, err := p.Acquire(t.Context())
	require.NoError(t, err)
	two, err := p.Acquire(t.Context())
	require.NoError(t, err)
	_, err = p.Acquire(t.Context())
	require.Error(t, err)
	require.NoError(t, two.Close())

	got := gather(t, registry)
	for name, want := range map[string]float64{
		"held": 1, "idle": 1, "total": 2, "waiters": 0, "created_total": 2, "acquires_total": 2,
		"releases_total": 1, "timeouts_total": 1, "peak_held": 2, "acquire_wait_seconds": 2,
	} {
		require.Equal(t, want, got["surrealsql_pool_"+name+"{pool=shop}"], name)
	}
	require.Contains(t, got, "surrealsql_pool_closed_total{pool=shop,reason=lifetime}")
	require.Contains(t, got, "surrealsql_pool_acquire_wait_seconds{pool=shop}0.99")
	metrics := 0
	p.Collect(func(pool.Metric) { metrics++ })
	require.Len(t, got, metrics-1, "a summary's sum is not among them")
	require.NoError(t, one.Close())
}

func TestPoolsCollectorHasItsReplicasAndPoolsHaveNames(t *testing.T) {
	t.Parallel()
	replica := surrealtest.DSN(t)
	p := openPool(t, NewQueries(), pool.Settings{Replicas: []string{replica}})
	other := openPool(t, NewQueries(), pool.Settings{})
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(NewPool(p, "shop")))
	require.NoError(t, registry.Register(NewPool(other, "other")))
	require.Error(t, registry.Register(NewPool(other, "shop")), "the name is taken")
	got := gather(t, registry)
	require.Contains(t, got, "surrealsql_pool_held{pool=shop}")
	require.Contains(t, got, "surrealsql_pool_held{pool=shop/replica-1}")
	require.Contains(t, got, "surrealsql_pool_held{pool=other}")
}

func TestQueriesAreCountedByWhatTheyDo(t *testing.T) {
	t.Parallel()
	q := NewQueries()
	db := openPool(t, q, pool.Settings{Max: 1}).DB()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(q)
	run := func(text string, args ...any) error { _, err := db.ExecContext(t.Context(), text, args...); return err }
	require.NoError(t, run(`DEFINE TABLE person; DEFINE TABLE sale`))
	require.NoError(t, run(`CREATE person SET name = $1`, "s3cret"))
	require.NoError(t, run(`CREATE person:s3cret; UPDATE sale SET n = 1`))
	require.NoError(t, db.PingContext(t.Context()))
	require.Error(t, run(`CREATE person:s3cret`))
	require.Error(t, run(`THROW 's3cret'`))
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, end(tx))
	}
	got := gather(t, registry)
	duplicate, thrown := "AlreadyExists", "Thrown"
	for name, want := range map[string]float64{
		"query_duration_seconds{error=,operation=CREATE,table=person}":                  1,
		"query_duration_seconds{error=" + duplicate + ",operation=CREATE,table=person}": 1,
		"query_duration_seconds{error=" + thrown + ",operation=THROW,table=}":           1,
		"query_duration_seconds{error=,operation=several,table=}":                       1,
		"query_duration_seconds{error=,operation=ping,table=}":                          1,
		"query_duration_seconds{error=,operation=begin,table=}":                         2,
		"transaction_duration_seconds{outcome=committed}":                               1,
		"transaction_duration_seconds{outcome=rolled_back}":                             1,
		"connect_duration_seconds{error=}":                                              1,
	} {
		require.Equal(t, want, got["surrealsql_"+name], "%s in %v", name, got)
	}
	require.NotContains(t, fmt.Sprint(got), "s3cret")
}

func TestQueriesTakeAnEndWithoutItsStart(t *testing.T) {
	t.Parallel()
	q := NewQueries(1)
	q.QueryEnd(t.Context(), surrealsql.QueryEnd{})
	q.TxEnd(t.Context(), surrealsql.TxEnd{})
	q.ConnectEnd(t.Context(), surrealsql.ConnectEnd{})
	require.Zero(t, testutil.CollectAndCount(q))
}

func TestErrorsAreCalledByAFewNames(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"":              nil,
		"AlreadyExists": &surrealsql.Error{Kind: "AlreadyExists"},
		"server":        &surrealsql.Error{Message: "x"},
		"cancelled":     fmt.Errorf("x: %w", context.Canceled),
		"timeout":       context.DeadlineExceeded,
		"connection":    &surrealsql.ConnError{Err: errors.New("x")},
		"other":         errors.New("x"),
	} {
		require.Equal(t, want, errorName(err), "%v", err)
	}
}

func TestTextsAreRememberedWithinABound(t *testing.T) {
	t.Parallel()
	q := NewQueries()
	for i := range keptTexts + 10 {
		q.labelsOf(fmt.Sprint("CREATE a", i))
	}
	require.Len(t, q.known, 10)
	require.Equal(t, labels{operation: "long"}, q.labelsOf(strings.Repeat("CREATE a;", longText)))
	require.Equal(t, labels{}, q.labelsOf(""))
}

func TestManyGoroutinesCountAndCollect(t *testing.T) {
	t.Parallel()
	q := NewQueries()
	p := openPool(t, q, pool.Settings{Max: 4})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(q, NewPool(p, "shop"))
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			for range 20 {
				_, err := p.DB().ExecContext(t.Context(), fmt.Sprint("RETURN ", i))
				_, gatherErr := registry.Gather()
				if err = errors.Join(err, gatherErr); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	require.EqualValues(t, 160, gather(t, registry)["surrealsql_query_duration_seconds{error=,operation=RETURN,table=}"])
}
