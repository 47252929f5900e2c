package pool

// Which replica serves a read.

import (
	"context"
	"database/sql"
	"iter"

	"github.com/surrealsql/surrealsql"
)

// Replicas returns the replicas' pools, in the order of the [Settings]: for their
// statistics and leaks, which this one's do not count, or to pause one. They are
// paused, resumed, drained and closed with this one.
func (p *Pool) Replicas() []*Pool { return append([]*Pool(nil), p.routes.replicas...) }

// Reader returns the *sql.DB of a replica, the next one at each call, for one piece
// of work. It passes over replicas that are known to be degraded: whose circuit breaker
// is not closed, or whose last dial failed and which have no connection left. Passing
// one over sets off a probe of it in the background, when it is due; the reads after
// its success go there again. If none is healthy, or there are none, or ctx comes from
// [ReadFromWriter], it returns that of the writer; only where the writer is degraded
// too, that of a degraded replica.
//
// A replica refuses statements that may write with [surrealsql.ErrReadOnly], before
// they are sent; where the writer stands in nothing is refused. What a replica
// answers may be older than what was just written. The *sql.DB must not be closed.
func (p *Pool) Reader(ctx context.Context) *sql.DB {
	if fromWriter(ctx) {
		return p.db
	}
	first := p.routes.nextRead()
	for r := range p.routes.of(first, healthy) {
		return r.db
	}
	if p.standsIn() {
		return p.db
	}
	for r := range p.routes.of(first, degraded) {
		return r.db
	}
	return p.db
}

// standsIn reports whether the writer can serve the read, and has it probed if it is
// degraded.
func (p *Pool) standsIn() bool {
	h := p.health()
	if h == degraded {
		p.probe()
	}
	return h == healthy
}

// nextRead is the number of the replica that is asked first for a read.
func (r *routes) nextRead() uint64 { return r.nextReplica.Add(1) - 1 }

// of gives the replicas of that health, from the first one on, and has the degraded ones
// probed that it passes over.
func (r *routes) of(first uint64, want health) iter.Seq[*Pool] {
	return func(yield func(*Pool) bool) {
		for i := range uint64(len(r.replicas)) {
			replica := r.replicas[(first+i)%uint64(len(r.replicas))]
			switch replica.health() {
			case want:
				if !yield(replica) {
					return
				}
			case degraded:
				replica.probe()
			}
		}
	}
}

// lendReader leases a connection of a replica, or returns nil if the writer has to
// serve. It waits for a degraded replica only where the writer is degraded too.
func (p *Pool) lendReader(ctx context.Context) (*surrealsql.Conn, error) {
	first := p.routes.nextRead()
	c, err := p.lendFrom(ctx, first, healthy)
	if c != nil || err != nil || p.standsIn() {
		return c, err
	}
	return p.lendFrom(ctx, first, degraded)
}

// lendFrom leases a connection of the first replica of that health that can give one.
func (p *Pool) lendFrom(ctx context.Context, first uint64, want health) (*surrealsql.Conn, error) {
	for replica := range p.routes.of(first, want) {
		a := acquisition{pool: replica, ctx: ctx, bySQL: true, canFailOver: want == healthy}
		c, err := a.acquire()
		if err == nil || ctx.Err() != nil || !elsewhere(err) {
			return c, err
		}
	}
	return nil, nil
}

type fromWriterKey struct{}

// ReadFromWriter returns a context whose reads go to the writer: for those that must
// see what was just written.
func ReadFromWriter(ctx context.Context) context.Context {
	return context.WithValue(ctx, fromWriterKey{}, true)
}

func fromWriter(ctx context.Context) bool { return ctx.Value(fromWriterKey{}) != nil }
