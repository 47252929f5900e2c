package surrealotel

// The metrics: how long things took, and what pools hold.

import (
	"context"
	"database/sql"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/dbconv"

	"github.com/surrealsql/surrealsql/pool"
)

// bounds are those that the conventions recommend, in seconds.
var bounds = metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)

// instruments are those that a Tracer records with.
type instruments struct {
	duration dbconv.ClientOperationDuration
	create   dbconv.ClientConnectionCreateTime
	wait     dbconv.ClientConnectionWaitTime
	pool     attribute.Set
	more     []attribute.KeyValue
}

func meterOf(o options) metric.Meter {
	return o.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
}

func (m *instruments) make(o options) error {
	meter := meterOf(o)
	var errs [3]error
	m.duration, errs[0] = dbconv.NewClientOperationDuration(meter, bounds)
	m.create, errs[1] = dbconv.NewClientConnectionCreateTime(meter, bounds)
	m.wait, errs[2] = dbconv.NewClientConnectionWaitTime(meter, bounds)
	m.pool, m.more = poolLabels(o, o.poolName), o.attributes
	return errors.Join(errs[:]...)
}

func (m *instruments) operation(ctx context.Context, seconds float64, labels []attribute.KeyValue) {
	if m.duration.Enabled(ctx) {
		m.duration.RecordSet(ctx, seconds, attribute.NewSet(append(labels, m.more...)...))
	}
}

func (m *instruments) created(ctx context.Context, seconds float64) {
	m.create.RecordSet(ctx, seconds, m.pool)
}

func (m *instruments) waited(ctx context.Context, seconds float64) {
	m.wait.RecordSet(ctx, seconds, m.pool)
}

// poolLabels are the attributes of a pool's metrics.
func poolLabels(o options, name string, more ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(append(more, semconv.DBClientConnectionPoolName(name)), o.attributes...)...)
}

// holding is what a pool holds at a moment.
type holding struct {
	idle, used, limit int64
	waiting, timeouts int64 // of package pool alone
}

// ObserveDB reports what a *sql.DB holds, whenever metrics are collected, until the
// registration is ended: db.client.connection.count by state, and db.client.connection.max
// where there is a limit. The name is db.client.connection.pool.name, and must be the
// only one of its kind in the program. For the *sql.DB of a package pool take [ObservePool].
func ObserveDB(db *sql.DB, name string, opts ...Option) (metric.Registration, error) {
	return observe(name, opts, false, func() holding {
		s := db.Stats()
		return holding{idle: int64(s.Idle), used: int64(s.InUse), limit: int64(s.MaxOpenConnections)}
	})
}

// ObservePool is ObserveDB for a pool of package pool, which also knows how many callers
// wait, db.client.connection.pending_requests, and how many have waited in vain,
// db.client.connection.timeouts. Replicas are pools of their own ([pool.Pool.Replicas]).
func ObservePool(p *pool.Pool, name string, opts ...Option) (metric.Registration, error) {
	limit := int64(p.Settings().Burst)
	return observe(name, opts, true, func() holding {
		s := p.Stats()
		return holding{
			idle: int64(s.Idle), used: int64(s.Held), limit: limit,
			waiting: int64(s.Waiters), timeouts: int64(s.Timeouts),
		}
	})
}

func observe(name string, opts []Option, queue bool, look func() holding) (metric.Registration, error) {
	o := optionsOf(opts)
	meter := meterOf(o)
	count, err1 := dbconv.NewClientConnectionCountObservable(meter)
	limit, err2 := dbconv.NewClientConnectionMaxObservable(meter)
	pending, err3 := dbconv.NewClientConnectionPendingRequestsObservable(meter)
	timeouts, err4 := dbconv.NewClientConnectionTimeoutsObservable(meter)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	all := metric.WithAttributeSet(poolLabels(o, name))
	idle := metric.WithAttributeSet(poolLabels(o, name, count.AttrClientConnectionState(dbconv.ClientConnectionStateIdle)))
	used := metric.WithAttributeSet(poolLabels(o, name, count.AttrClientConnectionState(dbconv.ClientConnectionStateUsed)))
	return meter.RegisterCallback(func(_ context.Context, to metric.Observer) error {
		h := look()
		to.ObserveInt64(count.Inst(), h.idle, idle)
		to.ObserveInt64(count.Inst(), h.used, used)
		if h.limit > 0 {
			to.ObserveInt64(limit.Inst(), h.limit, all)
		}
		if queue {
			to.ObserveInt64(pending.Inst(), h.waiting, all)
			to.ObserveInt64(timeouts.Inst(), h.timeouts, all)
		}
		return nil
	}, count.Inst(), limit.Inst(), pending.Inst(), timeouts.Inst())
}
