package surrealprometheus

// Durations and failures of queries, transactions and connects, from what a tracer is told.

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/surrealsql/surrealsql"
)

// Queries is a tracer that is a collector too:
//
//	surrealsql_query_duration_seconds        histogram   operation, table, error
//	surrealsql_transaction_duration_seconds  histogram   outcome: committed, rolled_back, failed
//	surrealsql_connect_duration_seconds      histogram   error
//
// The operation is the keyword of a text's statements (SELECT, DEFINE TABLE), "several", or
// "long" for a text of more than 16 KiB, or the name of another request (begin, ping); the table is the one that they name, else "".
// The error is "" where there is none, the kind that the server names (AlreadyExists), or
// server (before 3.0), cancelled, timeout, connection, other. A query lasts until its answer is there; its rows
// may be read later.
type Queries struct {
	queries, txs, connects *prometheus.HistogramVec

	mu    sync.RWMutex
	known map[string]labels // of texts
}

var (
	_ prometheus.Collector     = (*Queries)(nil)
	_ surrealsql.Tracer        = (*Queries)(nil)
	_ surrealsql.TxTracer      = (*Queries)(nil)
	_ surrealsql.ConnectTracer = (*Queries)(nil)
)

// DefaultBuckets are the upper bounds of the histograms, in seconds, where NewQueries is
// given none.
var DefaultBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewQueries makes one; buckets are the upper bounds of its histograms, in seconds. It may be
// the tracer of several connectors.
func NewQueries(buckets ...float64) *Queries {
	if len(buckets) == 0 {
		buckets = DefaultBuckets
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	return &Queries{
		queries:  histogram("surrealsql_query_duration_seconds", "How long queries and other requests took to be answered.", "operation", "table", "error"),
		txs:      histogram("surrealsql_transaction_duration_seconds", "How long transactions were open.", "outcome"),
		connects: histogram("surrealsql_connect_duration_seconds", "How long attempts to connect took.", "error"),
		known:    make(map[string]labels),
	}
}

// Describe is [prometheus.Collector]'s.
func (q *Queries) Describe(to chan<- *prometheus.Desc) {
	for _, h := range []*prometheus.HistogramVec{q.queries, q.txs, q.connects} {
		h.Describe(to)
	}
}

// Collect is [prometheus.Collector]'s.
func (q *Queries) Collect(to chan<- prometheus.Metric) {
	for _, h := range []*prometheus.HistogramVec{q.queries, q.txs, q.connects} {
		h.Collect(to)
	}
}

// begun is when a query, a transaction or a connect began, in the context of its Start.
type begun struct {
	at time.Time
	labels
}

type (
	queryKey   struct{ *Queries }
	txKey      struct{ *Queries }
	connectKey struct{ *Queries }
)

// QueryStart is [surrealsql.Tracer]'s.
func (q *Queries) QueryStart(ctx context.Context, start surrealsql.QueryStart) context.Context {
	return context.WithValue(ctx, queryKey{q}, &begun{time.Now(), q.labelsOf(start.Query)})
}

// QueryEnd is [surrealsql.Tracer]'s.
func (q *Queries) QueryEnd(ctx context.Context, end surrealsql.QueryEnd) {
	if b, ok := ctx.Value(queryKey{q}).(*begun); ok {
		q.queries.WithLabelValues(b.operation, b.table, errorName(end.Err)).Observe(time.Since(b.at).Seconds())
	}
}

// TxStart is [surrealsql.TxTracer]'s.
func (q *Queries) TxStart(ctx context.Context, _ surrealsql.TxStart) context.Context {
	return context.WithValue(ctx, txKey{q}, &begun{at: time.Now()})
}

// TxEnd is [surrealsql.TxTracer]'s.
func (q *Queries) TxEnd(ctx context.Context, end surrealsql.TxEnd) {
	b, ok := ctx.Value(txKey{q}).(*begun)
	if !ok {
		return
	}
	outcome := "rolled_back"
	switch {
	case end.Err != nil:
		outcome = "failed"
	case end.Committed:
		outcome = "committed"
	}
	q.txs.WithLabelValues(outcome).Observe(time.Since(b.at).Seconds())
}

// ConnectStart is [surrealsql.ConnectTracer]'s.
func (q *Queries) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return context.WithValue(ctx, connectKey{q}, &begun{at: time.Now()})
}

// ConnectEnd is [surrealsql.ConnectTracer]'s.
func (q *Queries) ConnectEnd(ctx context.Context, end surrealsql.ConnectEnd) {
	if b, ok := ctx.Value(connectKey{q}).(*begun); ok {
		q.connects.WithLabelValues(errorName(end.Err)).Observe(time.Since(b.at).Seconds())
	}
}

// labels are what a text does.
type labels struct{ operation, table string }

const (
	keptTexts = 1000     // that are remembered
	longText  = 16 << 10 // bytes; longer ones are not, and are not read
)

// labelsOf reads a text once, where it comes again.
func (q *Queries) labelsOf(text string) labels {
	if len(text) > longText {
		return labels{operation: "long"}
	}
	q.mu.RLock()
	l, ok := q.known[text]
	q.mu.RUnlock()
	if ok {
		return l
	}
	l = read(text)
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.known) >= keptTexts {
		clear(q.known)
	}
	q.known[strings.Clone(text)] = l
	return l
}

func read(text string) labels {
	// Another request than a query is one word in lower case, which is no statement.
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") == "" {
		return labels{operation: text}
	}
	o := surrealsql.OutlineOf(text)
	if o.Operation == "" && o.Statements > 0 {
		o.Operation = "several"
	}
	return labels{o.Operation, o.Table}
}

// errorName is a word for an error, of which there are few.
func errorName(err error) string {
	if err == nil {
		return ""
	}
	e, answered := errors.AsType[*surrealsql.Error](err)
	switch {
	case answered && e.Kind != "":
		return e.Kind
	case answered:
		return "server"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case surrealsql.IsTimeout(err):
		return "timeout"
	case surrealsql.IsConnectivity(err):
		return "connection"
	}
	return "other"
}
