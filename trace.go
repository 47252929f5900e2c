package surrealsql

import (
	"context"
)

// Tracers as one, and what they are told of transactions. trace_events.go has what they are.

// JoinTracers returns a tracer that tells several ones, each of what it implements: of
// queries, and where it is a [TxTracer], [ConnectTracer], [ResetTracer], [CloseTracer] or
// [AcquireTracer], of those events too. Those that are a [TracePropagator] are asked in the order given, until one
// says a traceparent. Nil ones are left out; of none it is nil, of one it is that one.
//
// The Starts are called in the order given, each with the context that the one before
// returned, and the caller gets the last one's. The Ends are called the other way round,
// as spans are nested, each with the context that its own Start returned: so two tracers
// that keep a value under the same key do not see each other's.
//
// Where an End panics the others are told all the same, and the panic goes on. Where a
// Start panics there is no End, as with a single tracer.
func JoinTracers(ts ...Tracer) Tracer {
	var (
		all  tracers
		only Tracer
		n    int
	)
	for _, t := range ts {
		if t != nil {
			all.add(t)
			only = t
			n++
		}
	}
	if n < 2 {
		return only
	}
	return &all
}

// tracers are several tracers as one, taken apart once, so that what each implements
// need not be asked for every query. The zero value traces nothing.
type tracers struct {
	query   []Tracer
	connect []ConnectTracer
	reset   []ResetTracer
	close   []CloseTracer
	tx      []TxTracer
	acquire []AcquireTracer

	propagators []TracePropagator
}

var (
	_ Tracer        = (*tracers)(nil)
	_ ConnectTracer = (*tracers)(nil)
	_ ResetTracer   = (*tracers)(nil)
	_ CloseTracer   = (*tracers)(nil)
	_ TxTracer      = (*tracers)(nil)
	_ AcquireTracer = (*tracers)(nil)

	_ TracePropagator = (*tracers)(nil)
)

// tracersOf takes a Config's tracer apart, which may be nil.
func tracersOf(t Tracer) tracers {
	var all tracers
	if t != nil {
		all.add(t)
	}
	return all
}

func (ts *tracers) add(t Tracer) {
	if joined, ok := t.(*tracers); ok {
		ts.query = append(ts.query, joined.query...)
		ts.connect = append(ts.connect, joined.connect...)
		ts.reset = append(ts.reset, joined.reset...)
		ts.close = append(ts.close, joined.close...)
		ts.tx = append(ts.tx, joined.tx...)
		ts.acquire = append(ts.acquire, joined.acquire...)
		ts.propagators = append(ts.propagators, joined.propagators...)
		return
	}
	ts.query = append(ts.query, t)
	ts.connect = appendIf(ts.connect, t)
	ts.reset = appendIf(ts.reset, t)
	ts.close = appendIf(ts.close, t)
	ts.tx = appendIf(ts.tx, t)
	ts.acquire = appendIf(ts.acquire, t)
	ts.propagators = appendIf(ts.propagators, t)
}

// appendIf appends t if it is a T.
func appendIf[T any](to []T, t Tracer) []T {
	if it, ok := t.(T); ok {
		return append(to, it)
	}
	return to
}

func (ts *tracers) QueryStart(ctx context.Context, start QueryStart) context.Context {
	return startAll(ctx, ts.query, start, Tracer.QueryStart)
}

func (ts *tracers) QueryEnd(ctx context.Context, end QueryEnd) {
	endAll(ctx, ts.query, end, Tracer.QueryEnd)
}

func (ts *tracers) ConnectStart(ctx context.Context, start ConnectStart) context.Context {
	return startAll(ctx, ts.connect, start, ConnectTracer.ConnectStart)
}

func (ts *tracers) ConnectEnd(ctx context.Context, end ConnectEnd) {
	endAll(ctx, ts.connect, end, ConnectTracer.ConnectEnd)
}

func (ts *tracers) ResetStart(ctx context.Context, start ResetStart) context.Context {
	return startAll(ctx, ts.reset, start, ResetTracer.ResetStart)
}

func (ts *tracers) ResetEnd(ctx context.Context, end ResetEnd) {
	endAll(ctx, ts.reset, end, ResetTracer.ResetEnd)
}

func (ts *tracers) CloseStart(ctx context.Context, start CloseStart) context.Context {
	return startAll(ctx, ts.close, start, CloseTracer.CloseStart)
}

func (ts *tracers) CloseEnd(ctx context.Context, end CloseEnd) {
	endAll(ctx, ts.close, end, CloseTracer.CloseEnd)
}

func (ts *tracers) TxStart(ctx context.Context, start TxStart) context.Context {
	return startAll(ctx, ts.tx, start, TxTracer.TxStart)
}

func (ts *tracers) TxEnd(ctx context.Context, end TxEnd) {
	endAll(ctx, ts.tx, end, TxTracer.TxEnd)
}

func (ts *tracers) AcquireStart(ctx context.Context, start AcquireStart) context.Context {
	return startAll(ctx, ts.acquire, start, AcquireTracer.AcquireStart)
}

func (ts *tracers) AcquireEnd(ctx context.Context, end AcquireEnd) {
	endAll(ctx, ts.acquire, end, AcquireTracer.AcquireEnd)
}

// TraceContext is that of the first who gives one.
func (ts *tracers) TraceContext(ctx context.Context) (traceparent, tracestate string) {
	for _, p := range ts.propagators {
		if traceparent, tracestate = p.TraceContext(ctx); traceparent != "" {
			return traceparent, tracestate
		}
	}
	return "", ""
}

// startAll calls the Start of each tracer. Where there are several, the context that it
// returns remembers which one returned what. The key is the list's address: so a query
// does not take the contexts of the connect that it belongs to for its own.
func startAll[T, S any](ctx context.Context, ts []T, start S,
	call func(T, context.Context, S) context.Context) context.Context {
	switch len(ts) {
	case 0:
		return ctx
	case 1:
		return call(ts[0], ctx, start)
	}
	returned := make([]context.Context, len(ts))
	for i, t := range ts {
		ctx = call(t, ctx, start)
		returned[i] = ctx
	}
	return context.WithValue(ctx, &ts[0], returned)
}

// endAll calls the End of each tracer, the last one's first, with what its Start
// returned.
func endAll[T, E any](ctx context.Context, ts []T, end E, call func(T, context.Context, E)) {
	switch len(ts) {
	case 0:
		return
	case 1:
		call(ts[0], ctx, end)
		return
	}
	returned, known := ctx.Value(&ts[0]).([]context.Context)
	for i, t := range ts {
		own := ctx // of somebody who calls an End with another context than its Start's
		if known {
			own = returned[i]
		}
		defer call(t, own, end) // the last one first, and all, also when one panics
	}
}
