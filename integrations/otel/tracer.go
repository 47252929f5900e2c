package surrealotel

// The tracer: what it is told of, as spans and durations.

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/surrealsql/surrealsql"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/surrealsql/surrealsql/integrations/otel"

// Tracer makes spans and metrics of what the driver tells it. It is safe for concurrent use,
// and may be that of several connectors.
type Tracer struct {
	options
	tracer  trace.Tracer
	metrics instruments
	texts   texts
	txs     sync.Map // the number of an open transaction to its *openTx
}

var (
	_ surrealsql.Tracer          = (*Tracer)(nil)
	_ surrealsql.TxTracer        = (*Tracer)(nil)
	_ surrealsql.ConnectTracer   = (*Tracer)(nil)
	_ surrealsql.ResetTracer     = (*Tracer)(nil)
	_ surrealsql.AcquireTracer   = (*Tracer)(nil)
	_ surrealsql.TracePropagator = (*Tracer)(nil)
)

// New makes a Tracer. The error is one of the MeterProvider's, which cannot make an instrument.
func New(opts ...Option) (*Tracer, error) {
	o := optionsOf(opts)
	t := &Tracer{
		options: o,
		tracer:  o.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		texts:   texts{show: o.text},
	}
	return t, t.metrics.make(o)
}

// Install makes the Tracer that of the Config, beside one that it has already.
func (t *Tracer) Install(cfg *surrealsql.Config) {
	cfg.Tracer = surrealsql.JoinTracers(cfg.Tracer, t)
}

// call is what is under way between a Start and its End. The context of the Start's brings
// it there.
type call struct {
	started time.Time
	span    trace.Span // one that records nothing where there is none
	labels  []attribute.KeyValue
}

// callKey is that of a Tracer's newest call: a query's within a connect's.
type callKey struct{ *Tracer }

// begin starts a call, and a span for it where one is wanted.
func (t *Tracer) begin(ctx context.Context, name string, kind trace.SpanKind, labels, more []attribute.KeyValue, opts ...trace.SpanStartOption) (context.Context, *call) {
	c := &call{started: time.Now(), span: trace.SpanFromContext(context.Background()), labels: labels}
	if !t.onlyInside || trace.SpanContextFromContext(ctx).IsValid() {
		opts = append(opts, trace.WithTimestamp(c.started), trace.WithSpanKind(kind), trace.WithAttributes(labels...),
			trace.WithAttributes(more...), trace.WithAttributes(t.attributes...))
		ctx, c.span = t.tracer.Start(ctx, name, opts...)
	}
	return context.WithValue(ctx, callKey{t}, c), c
}

// end ends the span of a call, and returns the call and how long it took in seconds. The call is nil
// where somebody calls an End without the context of its Start.
func (t *Tracer) end(ctx context.Context, err error, attributes ...attribute.KeyValue) (*call, float64) {
	c, _ := ctx.Value(callKey{t}).(*call)
	if c == nil {
		return nil, 0
	}
	now := time.Now()
	if c.span.IsRecording() {
		c.span.SetAttributes(attributes...)
		t.fail(c.span, err)
	}
	c.span.End(trace.WithTimestamp(now))
	return c, now.Sub(c.started).Seconds()
}

// QueryStart starts the span of a query, or of another request.
func (t *Tracer) QueryStart(ctx context.Context, start surrealsql.QueryStart) context.Context {
	q := t.texts.of(start.Query)
	labels := append(whereabouts(start.Addr, start.Namespace, start.Database), q.labels...)
	parent := trace.SpanContextFromContext(ctx)
	var opts []trace.SpanStartOption
	if tx, ok := t.openTx(start.Tx); ok && !parent.Equal(tx.span.SpanContext()) {
		if parent.Equal(tx.parent) {
			ctx = trace.ContextWithSpan(ctx, tx.span) // called where the transaction was begun
		} else {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: tx.span.SpanContext()}))
		}
	}
	ctx, _ = t.begin(ctx, q.name, trace.SpanKindClient, labels, q.text, opts...)
	return ctx
}

// QueryEnd ends it. Rows may still be read after it.
func (t *Tracer) QueryEnd(ctx context.Context, end surrealsql.QueryEnd) {
	if c, took := t.end(ctx, end.Err); c != nil {
		t.metrics.operation(ctx, took, append(c.labels, failure(end.Err)...))
	}
}

// openTx is a transaction whose end was not told yet.
type openTx struct {
	span   trace.Span
	parent trace.SpanContext // of the span
}

func (t *Tracer) openTx(number uint64) (*openTx, bool) {
	if number == 0 {
		return nil, false
	}
	tx, ok := t.txs.Load(number)
	if !ok {
		return nil, false
	}
	return tx.(*openTx), true
}

// TxStart starts the span of a transaction, of which those of its queries are children, or
// links to it where their callers have spans of their own.
func (t *Tracer) TxStart(ctx context.Context, start surrealsql.TxStart) context.Context {
	parent := trace.SpanContextFromContext(ctx)
	labels := whereabouts(start.Addr, start.Namespace, start.Database)
	ctx, c := t.begin(ctx, "transaction", trace.SpanKindInternal, labels, []attribute.KeyValue{readOnlyKey.Bool(start.ReadOnly)})
	if c.span.SpanContext().IsValid() {
		t.txs.Store(start.Tx, &openTx{span: c.span, parent: parent})
	}
	return ctx
}

// TxEnd ends it.
func (t *Tracer) TxEnd(ctx context.Context, end surrealsql.TxEnd) {
	t.txs.Delete(end.Tx)
	outcome := "rolled back"
	if end.Committed {
		outcome = "committed"
	}
	t.end(ctx, end.Err, outcomeKey.String(outcome))
}

// ConnectStart starts the span of one attempt to connect.
func (t *Tracer) ConnectStart(ctx context.Context, start surrealsql.ConnectStart) context.Context {
	labels := whereabouts(start.Addr, "", "")
	ctx, _ = t.begin(ctx, "connect", trace.SpanKindClient, labels, []attribute.KeyValue{attemptKey.Int(start.Attempt)})
	return ctx
}

// ConnectEnd ends it.
func (t *Tracer) ConnectEnd(ctx context.Context, end surrealsql.ConnectEnd) {
	c, took := t.end(ctx, end.Err, versionKey.String(end.Version), protocolKey.String(string(end.Protocol)))
	if c != nil && end.Err == nil {
		t.metrics.created(ctx, took)
	}
}

// ResetStart starts the span of a reset.
func (t *Tracer) ResetStart(ctx context.Context, _ surrealsql.ResetStart) context.Context {
	ctx, _ = t.begin(ctx, "reset", trace.SpanKindClient, []attribute.KeyValue{systemName}, nil)
	return ctx
}

// ResetEnd ends it.
func (t *Tracer) ResetEnd(ctx context.Context, end surrealsql.ResetEnd) { t.end(ctx, end.Err) }

// AcquireStart starts the span of a caller's way to a connection of package pool.
func (t *Tracer) AcquireStart(ctx context.Context, _ surrealsql.AcquireStart) context.Context {
	labels := []attribute.KeyValue{systemName, semconv.DBClientConnectionPoolName(t.poolName)}
	ctx, _ = t.begin(ctx, "acquire", trace.SpanKindInternal, labels, nil)
	return ctx
}

// AcquireEnd ends it.
func (t *Tracer) AcquireEnd(ctx context.Context, end surrealsql.AcquireEnd) {
	c, _ := t.end(ctx, end.Err, waitedKey.Float64(end.Waited.Seconds()))
	if c != nil && end.Err == nil {
		t.metrics.waited(ctx, end.Waited.Seconds())
	}
}

// TraceContext is the trace context of the span in ctx, for the server.
func (t *Tracer) TraceContext(ctx context.Context) (traceparent, tracestate string) {
	if t.noHandOver {
		return "", ""
	}
	headers := make(propagation.MapCarrier, 2)
	propagation.TraceContext{}.Inject(ctx, headers)
	return headers["traceparent"], headers["tracestate"]
}
