package breaker

import (
	"context"
	"errors"
	"net"

	"github.com/surrealsql/surrealsql"
)

// How a Breaker hears of connects and queries: it is asked before a dial, and told by a
// tracer how what followed has ended, because a server may accept and say nothing.

// Install makes connectors of cfg ask the breaker: it wraps DialContext and joins Tracer,
// which therefore must be set before. BeforeConnect must leave them alone.
func (b *Breaker) Install(cfg *surrealsql.Config) {
	dial := cfg.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return b.dial(ctx, network, addr, dial)
	}
	cfg.Tracer = surrealsql.JoinTracers(cfg.Tracer, tracer{b})
}

// probe is a connect that the breaker has let through: done wants to know its outcome.
type probe struct{ done func(error) }

// probeKey is where a Breaker finds its own: a Config may have those of several.
type probeKey struct{ of *Breaker }

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// dial asks the breaker first, once for a connect, which may dial a server again to agree on a
// subprotocol. Whether the connect succeeds is seen at its end.
func (b *Breaker) dial(ctx context.Context, network, addr string, dial dialFunc) (net.Conn, error) {
	p, watched := ctx.Value(probeKey{b}).(*probe)
	if watched && p.done != nil {
		return dial(ctx, network, addr)
	}
	done, err := b.endpoint(addr).allow()
	if err != nil {
		return nil, err
	}
	if watched {
		p.done = done
		return dial(ctx, network, addr)
	}
	nc, err := dial(ctx, network, addr) // by who asks whether a host is back
	if err != nil {
		done(&surrealsql.ConnError{Op: "connect", Addr: addr, Err: err})
	} else {
		done(errAccepted)
	}
	return nc, err
}

// errAccepted tells nothing of a server: one that hangs accepts connections too.
var errAccepted = errors.New("breaker: it was dialled, and what it answered is not known")

// tracer tells a Breaker how connects and queries ended. Joined with the tracer that was
// there before it comes last: so it gets the context that the other returned, and is told
// of an end before a panic of the other's can keep it from it.
type tracer struct{ breaker *Breaker }

var (
	_ surrealsql.Tracer        = tracer{}
	_ surrealsql.ConnectTracer = tracer{}
)

func (t tracer) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return context.WithValue(ctx, probeKey{t.breaker}, new(probe))
}

func (t tracer) ConnectEnd(ctx context.Context, end surrealsql.ConnectEnd) {
	if p, ok := ctx.Value(probeKey{t.breaker}).(*probe); ok && p.done != nil {
		err := end.Err
		if err != nil && ctx.Err() == context.Canceled { // whatever its cause
			err = context.Canceled
		}
		p.done(err)
	}
}

func (tracer) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return ctx
}

// QueryEnd leaves out what a connect does on its way: that counts as one. When the query's
// context has ended the driver closed the connection itself.
func (t tracer) QueryEnd(ctx context.Context, end surrealsql.QueryEnd) {
	_, connecting := ctx.Value(probeKey{t.breaker}).(*probe)
	if !connecting && (end.Err == nil || ctx.Err() == nil) {
		t.breaker.endpoint(end.Addr).observe(end.Err)
	}
}
