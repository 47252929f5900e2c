package surrealotel

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/surrealsql/surrealsql/pool"
)

// The metrics: durations of calls, and what pools hold.

// collect returns the metrics by name.
func (w *watched) collect(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var m metricdata.ResourceMetrics
	require.NoError(t, w.reader.Collect(context.Background(), &m))
	all := make(map[string]metricdata.Metrics)
	for _, scope := range m.ScopeMetrics {
		for _, one := range scope.Metrics {
			all[one.Name] = one
		}
	}
	return all
}

// counts are the numbers of a sum, by the value of an attribute.
func counts(t *testing.T, m metricdata.Metrics, key attribute.Key) map[string]int64 {
	t.Helper()
	all := make(map[string]int64)
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		v, _ := p.Attributes.Value(key)
		all[v.AsString()] = p.Value
	}
	return all
}

const (
	poolKey  = attribute.Key("db.client.connection.pool.name")
	stateKey = attribute.Key("db.client.connection.state")
)

func TestMetricsCountQueriesByWhatTheyDo(t *testing.T) {
	t.Parallel()
	w := watch(t)
	db := w.open(t, w.config(t))
	for range 3 {
		_, err := db.ExecContext(t.Context(), `CREATE person SET n = $1`, 1)
		require.NoError(t, err)
	}
	_, err := db.ExecContext(t.Context(), `THROW 'no'`)
	require.Error(t, err)
	all := w.collect(t)
	duration := all["db.client.operation.duration"]
	require.Equal(t, "s", duration.Unit)
	got := make(map[string]uint64)
	for _, p := range duration.Data.(metricdata.Histogram[float64]).DataPoints {
		summary, _ := p.Attributes.Value("db.query.summary")
		failed, _ := p.Attributes.Value("error.type")
		name := summary.AsString()
		if failed.AsString() != "" {
			name += " failed"
		}
		got[name] += p.Count
		require.Equal(t, []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}, p.Bounds)
	}
	require.Equal(t, map[string]uint64{"CREATE person": 3, "THROW failed": 1}, got)
	created := all["db.client.connection.create_time"].Data.(metricdata.Histogram[float64]).DataPoints
	require.Len(t, created, 1)
	require.EqualValues(t, 1, created[0].Count)
}

func TestMetricsTellWhatAPoolHolds(t *testing.T) {
	t.Parallel()
	w := watch(t, WithPoolName("orders"))
	p, err := pool.New(t.Context(), w.config(t), pool.Settings{Min: 2, Max: 2, AcquireTimeout: time.Millisecond})
	require.NoError(t, err)
	defer p.Close()
	reg, err := ObservePool(p, "orders", WithMeterProvider(w.meters))
	require.NoError(t, err)
	one, err := p.Acquire(t.Context())
	require.NoError(t, err)
	all := w.collect(t)
	require.Equal(t, map[string]int64{"idle": 1, "used": 1}, counts(t, all["db.client.connection.count"], stateKey))
	require.Equal(t, map[string]int64{"orders": 2}, counts(t, all["db.client.connection.max"], poolKey))
	require.Equal(t, map[string]int64{"orders": 0}, counts(t, all["db.client.connection.pending_requests"], poolKey))

	two, err := p.Acquire(t.Context())
	require.NoError(t, err)
	_, err = p.Acquire(t.Context())
	require.Error(t, err)
	all = w.collect(t)
	require.Equal(t, map[string]int64{"idle": 0, "used": 2}, counts(t, all["db.client.connection.count"], stateKey))
	require.Equal(t, map[string]int64{"orders": 1}, counts(t, all["db.client.connection.timeouts"], poolKey))
	waits := all["db.client.connection.wait_time"].Data.(metricdata.Histogram[float64]).DataPoints
	require.EqualValues(t, 2, waits[0].Count)
	name, _ := waits[0].Attributes.Value(poolKey)
	require.Equal(t, "orders", name.AsString())

	require.NoError(t, one.Close())
	require.NoError(t, two.Close())
	require.NoError(t, reg.Unregister())
	require.NotContains(t, w.collect(t), "db.client.connection.count")
}

func TestMetricsTellWhatASqlDBHolds(t *testing.T) {
	t.Parallel()
	w := watch(t)
	db := w.open(t, w.config(t))
	require.NoError(t, db.PingContext(t.Context()))
	reg, err := ObserveDB(db, "main", WithMeterProvider(w.meters), WithAttributes(attribute.String("a", "b")))
	require.NoError(t, err)
	defer func() { require.NoError(t, reg.Unregister()) }()
	all := w.collect(t)
	require.Equal(t, map[string]int64{"idle": 1, "used": 0}, counts(t, all["db.client.connection.count"], stateKey))
	require.Equal(t, map[string]int64{"b": 1}, counts(t, all["db.client.connection.max"], "a"))
	require.NotContains(t, all, "db.client.connection.pending_requests")

	db.SetMaxOpenConns(0)
	require.NotContains(t, w.collect(t), "db.client.connection.max")
}
