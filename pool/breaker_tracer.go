package pool

import (
	"context"

	"github.com/surrealsql/surrealsql"
)

// breakerTracer tells a Breaker how connects and queries ended, and passes all on
// to the tracer that was there before.
type breakerTracer struct {
	breaker *Breaker
	query   surrealsql.Tracer
	connect surrealsql.ConnectTracer
	reset   surrealsql.ResetTracer
	close   surrealsql.CloseTracer
}

var (
	_ surrealsql.Tracer        = (*breakerTracer)(nil)
	_ surrealsql.ConnectTracer = (*breakerTracer)(nil)
	_ surrealsql.ResetTracer   = (*breakerTracer)(nil)
	_ surrealsql.CloseTracer   = (*breakerTracer)(nil)
)

func newBreakerTracer(b *Breaker, next surrealsql.Tracer) *breakerTracer {
	t := &breakerTracer{breaker: b, query: next}
	t.connect, _ = next.(surrealsql.ConnectTracer)
	t.reset, _ = next.(surrealsql.ResetTracer)
	t.close, _ = next.(surrealsql.CloseTracer)
	return t
}

func (t *breakerTracer) ConnectStart(ctx context.Context, start surrealsql.ConnectStart) context.Context {
	if t.connect != nil {
		ctx = t.connect.ConnectStart(ctx, start)
	}
	return context.WithValue(ctx, probeKey{}, new(probe))
}

func (t *breakerTracer) ConnectEnd(ctx context.Context, end surrealsql.ConnectEnd) {
	if p, ok := ctx.Value(probeKey{}).(*probe); ok && p.done != nil {
		err := end.Err
		if err != nil && ctx.Err() == context.Canceled { // whatever its cause
			err = context.Canceled
		}
		p.done(err)
	}
	if t.connect != nil {
		t.connect.ConnectEnd(ctx, end)
	}
}

func (t *breakerTracer) QueryStart(ctx context.Context, start surrealsql.QueryStart) context.Context {
	if t.query != nil {
		return t.query.QueryStart(ctx, start)
	}
	return ctx
}

// QueryEnd leaves out what a connect does on its way: that counts as one. When the
// query's context has ended the driver closed the connection itself.
func (t *breakerTracer) QueryEnd(ctx context.Context, end surrealsql.QueryEnd) {
	_, connecting := ctx.Value(probeKey{}).(*probe)
	if !connecting && (end.Err == nil || ctx.Err() == nil) {
		t.breaker.observe(end.Addr, end.Err)
	}
	if t.query != nil {
		t.query.QueryEnd(ctx, end)
	}
}

func (t *breakerTracer) ResetStart(ctx context.Context, start surrealsql.ResetStart) context.Context {
	if t.reset != nil {
		return t.reset.ResetStart(ctx, start)
	}
	return ctx
}

func (t *breakerTracer) ResetEnd(ctx context.Context, end surrealsql.ResetEnd) {
	if t.reset != nil {
		t.reset.ResetEnd(ctx, end)
	}
}

func (t *breakerTracer) CloseStart(ctx context.Context, start surrealsql.CloseStart) context.Context {
	if t.close != nil {
		return t.close.CloseStart(ctx, start)
	}
	return ctx
}

func (t *breakerTracer) CloseEnd(ctx context.Context, end surrealsql.CloseEnd) {
	if t.close != nil {
		t.close.CloseEnd(ctx, end)
	}
}
