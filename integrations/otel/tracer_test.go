package surrealotel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/pool"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// The spans of what a program does, on the real engine.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched keeps all spans and metrics.
type watched struct {
	*Tracer
	spans   *tracetest.SpanRecorder
	program trace.Tracer // for spans of the program's own
	reader  *sdkmetric.ManualReader
	meters  *sdkmetric.MeterProvider
}

func watch(t *testing.T, opts ...Option) *watched {
	t.Helper()
	w := &watched{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))
	w.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))
	w.program = provider.Tracer("program")
	var err error
	w.Tracer, err = New(append([]Option{WithTracerProvider(provider), WithMeterProvider(w.meters)}, opts...)...)
	require.NoError(t, err)
	return w
}

// config is that of an empty database.
func (w *watched) config(t *testing.T) *surrealsql.Config {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	w.Install(cfg)
	return cfg
}

// open opens a database that has one connection.
func (w *watched) open(t *testing.T, cfg *surrealsql.Config) *sql.DB {
	t.Helper()
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// take returns the spans that have ended since the last take, in the order of their ends.
func (w *watched) take() []sdktrace.ReadOnlySpan {
	ended := w.spans.Ended()
	w.spans.Reset()
	return ended
}

// outline is what spans are called, each with its parent's name.
func outline(spans []sdktrace.ReadOnlySpan) (lines []string) {
	names := make(map[trace.SpanID]string)
	for _, s := range spans {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	for _, s := range spans {
		line := s.Name()
		if parent, ok := names[s.Parent().SpanID()]; ok {
			line += " < " + parent
		}
		for _, l := range s.Links() {
			line += " ~ " + names[l.SpanContext.SpanID()]
		}
		if s.Status().Code == codes.Error {
			line += ": " + s.Status().Description
		}
		lines = append(lines, line)
	}
	return lines
}

func attributes(s sdktrace.ReadOnlySpan) map[string]any {
	all := make(map[string]any)
	for _, a := range s.Attributes() {
		all[string(a.Key)] = a.Value.AsInterface()
	}
	return all
}

func TestQuerysSpanHasWhatTheConventionsAskFor(t *testing.T) {
	t.Parallel()
	w := watch(t, WithAttributes(attribute.String("service.part", "orders")))
	cfg := w.config(t)
	db := w.open(t, cfg)
	_, err := db.ExecContext(t.Context(), `CREATE person:ada SET name = $1`, "s3cret")
	require.NoError(t, err)
	spans := w.take()
	require.Equal(t, []string{"connect", "CREATE person"}, outline(spans))
	host, port, _ := strings.Cut(cfg.Hosts[0], ":")
	query := attributes(spans[1])
	require.Equal(t, port, fmt.Sprint(query["server.port"]))
	delete(query, "server.port")
	require.Equal(t, map[string]any{
		"db.system.name": "surrealdb", "db.namespace": cfg.Namespace + "|" + cfg.Database,
		"db.operation.name": "CREATE", "db.collection.name": "person", "db.query.summary": "CREATE person",
		"server.address": host, "service.part": "orders",
	}, query)
	require.Equal(t, trace.SpanKindClient, spans[1].SpanKind())
	require.Equal(t, codes.Unset, spans[1].Status().Code)
	require.Equal(t, scope, spans[1].InstrumentationScope().Name)
	connect := attributes(spans[0])
	require.EqualValues(t, 1, connect["surrealdb.connect.attempt"])
	require.NotEmpty(t, connect["surrealdb.protocol"])

	_, err = db.ExecContext(t.Context(), `CREATE person:ada`)
	require.Error(t, err)
	failed := w.take()[0]
	if kind := attributes(failed)["error.type"]; strings.HasPrefix(version(t, db), "2.") {
		require.NotEmpty(t, kind)
	} else {
		require.Equal(t, "AlreadyExists", kind)
		require.Equal(t, kind, attributes(failed)["db.response.status_code"])
	}
	require.Equal(t, attributes(failed)["error.type"], failed.Status().Description)
}

func version(t *testing.T, db *sql.DB) (v string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.Raw(func(c any) error { v = c.(*surrealsql.Conn).ServerVersion(); return nil }))
	return v
}

func TestTransactionsSpanHoldsItsQueries(t *testing.T) {
	t.Parallel()
	w := watch(t)
	db := w.open(t, w.config(t))
	_, err := db.ExecContext(t.Context(), `DEFINE TABLE a`)
	require.NoError(t, err)
	w.take()

	ctx, handler := w.program.Start(t.Context(), "handler")
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, `CREATE a`)
	require.NoError(t, err)
	inner, step := w.program.Start(ctx, "step")
	_, err = tx.ExecContext(inner, `UPDATE a SET n = 1`)
	require.NoError(t, err)
	step.End()
	require.NoError(t, tx.Commit())
	handler.End()
	spans := w.take()
	require.Equal(t, []string{
		"begin < transaction", "CREATE a < transaction", "UPDATE a < step ~ transaction", "step < handler",
		"commit < transaction", "transaction < handler", "handler",
	}, outline(spans))
	require.Equal(t, "committed", attributes(spans[5])["surrealdb.transaction.outcome"])

	tx, err = db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `RETURN 1`)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	spans = w.take()
	require.Equal(t, []string{"begin < transaction", "RETURN < transaction", "cancel < transaction", "transaction"}, outline(spans))
	require.Equal(t, "rolled back", attributes(spans[3])["surrealdb.transaction.outcome"])
	require.Equal(t, true, attributes(spans[3])["surrealdb.transaction.read_only"])

	left := 0
	w.txs.Range(func(any, any) bool { left++; return true })
	require.Zero(t, left)
}

func TestResetAndTheWaitForAPoolHaveSpans(t *testing.T) {
	t.Parallel()
	w := watch(t)
	p, err := pool.New(t.Context(), w.config(t), pool.Settings{Max: 1})
	require.NoError(t, err)
	defer p.Close()
	ctx, handler := w.program.Start(t.Context(), "handler")
	conn, err := p.DB().Conn(ctx)
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(c any) error { return c.(*surrealsql.Conn).Let(ctx, "x", 1) }))
	require.NoError(t, conn.Close())
	_, err = p.DB().ExecContext(ctx, `RETURN 1`)
	require.NoError(t, err)
	handler.End()
	require.Equal(t, []string{
		"connect < acquire", "acquire < handler", "let < handler", "reset < acquire", "acquire < handler", "RETURN < handler", "handler",
	}, outline(w.take()))
}

func TestOnlyInsideSpansMakesNoneOfItsOwn(t *testing.T) {
	t.Parallel()
	w := watch(t, OnlyInsideSpans())
	db := w.open(t, w.config(t))
	_, err := db.ExecContext(t.Context(), `RETURN 1`)
	require.NoError(t, err)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Empty(t, w.take())
	ctx, handler := w.program.Start(t.Context(), "handler")
	_, err = db.ExecContext(ctx, `RETURN 1`)
	require.NoError(t, err)
	handler.End()
	require.Equal(t, []string{"RETURN < handler", "handler"}, outline(w.take()))
}

func TestTwoTracersDoNotTakeEachOthersCalls(t *testing.T) {
	t.Parallel()
	one, two := watch(t), watch(t)
	cfg := one.config(t)
	two.Install(cfg)
	db := one.open(t, cfg)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	for _, w := range []*watched{one, two} {
		var names []string
		for _, s := range w.take() {
			names = append(names, s.Name())
		}
		require.Equal(t, []string{"connect", "begin", "cancel", "transaction"}, names)
	}
}

func TestManyCallersShareATracerOfTwoConnectors(t *testing.T) {
	t.Parallel()
	w := watch(t)
	var work sync.WaitGroup
	for range 2 {
		db := w.open(t, w.config(t))
		db.SetMaxOpenConns(4)
		for i := range 8 {
			work.Go(func() {
				ctx, span := w.program.Start(context.Background(), "worker")
				defer span.End()
				tx, err := db.BeginTx(ctx, nil)
				if err == nil {
					_, err = tx.ExecContext(ctx, fmt.Sprintf(`RETURN %d`, i))
					err = errors.Join(err, tx.Rollback())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	work.Wait()
	spans := w.take()
	parents := make(map[trace.SpanID]sdktrace.ReadOnlySpan)
	for _, s := range spans {
		parents[s.SpanContext().SpanID()] = s
	}
	queries := 0
	for _, s := range spans {
		if s.Name() == "RETURN" {
			queries++
			require.Equal(t, "transaction", parents[s.Parent().SpanID()].Name())
			require.Equal(t, attributes(s)["db.namespace"], attributes(parents[s.Parent().SpanID()])["db.namespace"])
		}
	}
	require.Equal(t, 16, queries)
}

func TestEndWithoutItsStartIsNoSpan(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.QueryEnd(t.Context(), surrealsql.QueryEnd{})
	w.ConnectEnd(t.Context(), surrealsql.ConnectEnd{})
	w.TxEnd(t.Context(), surrealsql.TxEnd{Tx: 7})
	w.AcquireEnd(t.Context(), surrealsql.AcquireEnd{})
	require.Empty(t, w.take())
}
