package pool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/surrealsql/surrealsql"
)

// WithReplicas adds servers that hold the same data and may be read from: see
// [Pool.Reader] and [Pool.Routed]. Each DSN gets a pool of its own, with the
// settings and options of this one where its own pool_ keys say nothing else, and
// is read-only ([surrealsql.Config].ReadOnly) whatever it says. Without a
// [WithBreaker] the replicas share a default one. A [WithLimiter] is shared too: it
// counts the leases of all.
//
// Opening tolerates replicas that cannot be reached and logs them, unless
// pool_lazy is false.
func WithReplicas(dsn ...string) Option {
	return func(s *Settings) {
		for _, d := range dsn {
			s.replicas = append(s.replicas, replicaSource{dsn: d})
		}
	}
}

// WithReplicaConfigs is WithReplicas for Configs, which can say more than a DSN.
func WithReplicaConfigs(cfg ...*surrealsql.Config) Option {
	return func(s *Settings) {
		for _, c := range cfg {
			s.replicas = append(s.replicas, replicaSource{cfg: c})
		}
	}
}

// replicaSource is what a replica is opened from: one of the two.
type replicaSource struct {
	dsn string
	cfg *surrealsql.Config
}

// build makes the replica's pool; s are the settings of the writer's as they were
// told.
func (r replicaSource) build(s Settings) (*Pool, error) {
	cfg := r.cfg
	if cfg == nil {
		rest, err := s.parseDSN(r.dsn)
		if err != nil {
			return nil, err
		}
		if cfg, err = surrealsql.ParseDSN(rest); err != nil {
			return nil, err
		}
	}
	cfg = cfg.Clone()
	cfg.ReadOnly = true
	return build(cfg, s)
}

// routes is what a Pool knows of its replicas and its own servers.
type routes struct {
	hosts    []string // host:port
	replicas []*Pool
	turn     atomic.Uint64
	once     sync.Once
	routed   *sql.DB
}

// addReplicas makes the replicas' pools, without connections yet.
func (p *Pool) addReplicas(s Settings) error {
	sources := s.replicas
	s.replicas = nil
	if s.breaker == nil {
		s.breaker = NewBreaker(BreakerSettings{})
	}
	for i, source := range sources {
		r, err := source.build(s)
		if err != nil {
			return fmt.Errorf("pool: replica %d: %w", i+1, err)
		}
		p.routes.replicas = append(p.routes.replicas, r)
	}
	return nil
}

// warmUpAll makes the minimum of this pool and of its replicas, at the same time.
func (p *Pool) warmUpAll(ctx context.Context) error {
	own := make(chan error, 1)
	go func() { own <- p.warmUp(ctx) }()
	errs := p.routes.each(func(r *Pool) error {
		err := r.warmUp(ctx)
		if err != nil && r.set.Lazy {
			r.log(slog.LevelWarn, "a replica cannot be reached yet", slog.Any("hosts", r.routes.hosts), slog.String("error", err.Error()))
			err = nil
		}
		return err
	})
	return errors.Join(append(errs, <-own)...)
}

// Replicas returns the replicas' pools, in the order of [WithReplicas]: for their
// statistics, or to pause one. They are drained and closed with this one.
func (p *Pool) Replicas() []*Pool { return append([]*Pool(nil), p.routes.replicas...) }

// Writer is DB, for programs that tell apart what they write with and what they
// read with.
func (p *Pool) Writer() *sql.DB { return p.db }

// Reader returns the *sql.DB of a replica, the next one at each call, for one piece
// of work. It passes over replicas whose circuit breaker is open, and those where a
// probe of a half-open one is under way. If none is left, or there are none, or ctx
// comes from [ReadFromWriter], it returns that of the writer.
//
// A replica refuses statements that may write with [surrealsql.ErrReadOnly], before
// they are sent; where the writer stands in nothing is refused. What a replica
// answers may be older than what was just written. The *sql.DB must not be closed.
func (p *Pool) Reader(ctx context.Context) *sql.DB {
	if r := p.reader(ctx); r != nil {
		return r.db
	}
	return p.db
}

// reader returns the next replica that can be expected to serve, or nil.
func (p *Pool) reader(ctx context.Context) *Pool {
	n := uint64(len(p.routes.replicas))
	if n == 0 || fromWriter(ctx) {
		return nil
	}
	first := p.routes.turn.Add(1) - 1
	for i := range n {
		if r := p.routes.replicas[(first+i)%n]; r.promising() {
			return r
		}
	}
	return nil
}

// promising reports whether a caller may expect to be served: a host's breaker is
// closed, or half-open and nobody probes it yet.
func (p *Pool) promising() bool {
	best := BreakerOpen
	for _, addr := range p.routes.hosts {
		if s := p.set.breaker.State(addr); s == BreakerClosed || best == BreakerOpen {
			best = s
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == serving && (best == BreakerClosed || best == BreakerHalfOpen && p.dials.len == 0)
}

type fromWriterKey struct{}

// ReadFromWriter returns a context whose reads go to the writer: for those that must
// see what was just written.
func ReadFromWriter(ctx context.Context) context.Context {
	return context.WithValue(ctx, fromWriterKey{}, true)
}

func fromWriter(ctx context.Context) bool { return ctx.Value(fromWriterKey{}) != nil }

// each calls f for all replicas at once, and returns what it returned.
func (r *routes) each(f func(*Pool) error) []error {
	errs := make([]error, len(r.replicas))
	var all sync.WaitGroup
	for i, replica := range r.replicas {
		all.Go(func() { errs[i] = f(replica) })
	}
	all.Wait()
	return errs
}

// drainReplicas drains them while the pool itself drains.
func (p *Pool) drainReplicas(ctx context.Context) error {
	return errors.Join(p.routes.each(func(r *Pool) error { return r.Drain(ctx) })...)
}

// closeRoutes closes the replicas, and the *sql.DB over them.
func (p *Pool) closeRoutes() error {
	errs := p.routes.each((*Pool).Close)
	return errors.Join(append(errs, p.Routed().Close())...)
}
