package pool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
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
			s.replicas = append(s.replicas, func(s *Settings) (*surrealsql.Config, error) {
				rest, err := s.parseDSN(d)
				if err != nil {
					return nil, err
				}
				return surrealsql.ParseDSN(rest)
			})
		}
	}
}

// WithReplicaConfigs is WithReplicas for Configs, which can say more than a DSN.
func WithReplicaConfigs(cfg ...*surrealsql.Config) Option {
	return func(s *Settings) {
		for _, c := range cfg {
			s.replicas = append(s.replicas, func(*Settings) (*surrealsql.Config, error) { return c, nil })
		}
	}
}

// replicaSource is what a replica is opened from; pool_ keys in it go into the
// settings. It is a function and not a DSN because package fmt looks into a *sql.DB
// for some verbs, past every method, and prints what it finds; of functions it prints
// no more than where they are.
type replicaSource func(*Settings) (*surrealsql.Config, error)

// build makes the replica's pool; s are the settings of the writer's as they were
// told.
func (r replicaSource) build(s Settings) (*Pool, error) {
	cfg, err := r(&s)
	if err != nil {
		return nil, err
	}
	cfg = cfg.Clone()
	cfg.ReadOnly = true
	return build(cfg, s)
}

// routes is what a Pool knows of its replicas and its own servers.
type routes struct {
	hosts    []string // host:port
	replicas []*Pool
	replica  bool       // it is one itself
	pausing  sync.Mutex // held while all are paused or resumed
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
		r.routes.replica = true
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
// statistics and leaks, which this one's do not count, or to pause one. They are
// paused, resumed, drained and closed with this one.
func (p *Pool) Replicas() []*Pool { return append([]*Pool(nil), p.routes.replicas...) }

// Writer is DB, for programs that tell apart what they write with and what they
// read with.
func (p *Pool) Writer() *sql.DB { return p.db }

// Reader returns the *sql.DB of a replica, the next one at each call, for one piece
// of work. It passes over replicas that are known to be unwell: whose circuit breaker
// is not closed, or whose last dial failed and which have no connection left. Passing
// one over sets off a probe of it in the background, when it is due; the reads after
// its success go there again. If none is well, or there are none, or ctx comes from
// [ReadFromWriter], it returns that of the writer; only where the writer is unwell
// too, that of an unwell replica.
//
// A replica refuses statements that may write with [surrealsql.ErrReadOnly], before
// they are sent; where the writer stands in nothing is refused. What a replica
// answers may be older than what was just written. The *sql.DB must not be closed.
func (p *Pool) Reader(ctx context.Context) *sql.DB {
	if fromWriter(ctx) {
		return p.db
	}
	first := p.routes.next()
	for r := range p.routes.of(first, well) {
		return r.db
	}
	if p.standsIn() {
		return p.db
	}
	for r := range p.routes.of(first, unwell) {
		return r.db
	}
	return p.db
}

// standsIn reports whether the writer is well, and has it probed if it is not.
func (p *Pool) standsIn() bool {
	h := p.health()
	if h == unwell {
		p.probe()
	}
	return h == well
}

// next begins the turn of a read: the number of the replica that is asked first.
func (r *routes) next() uint64 { return r.turn.Add(1) - 1 }

// of gives the replicas of that health, from a turn's first one on, and has the unwell
// ones probed that it passes over.
func (r *routes) of(first uint64, want health) iter.Seq[*Pool] {
	return func(yield func(*Pool) bool) {
		for i := range uint64(len(r.replicas)) {
			replica := r.replicas[(first+i)%uint64(len(r.replicas))]
			switch replica.health() {
			case want:
				if !yield(replica) {
					return
				}
			case unwell:
				replica.probe()
			}
		}
	}
}

// lendReader leases a connection of a replica, or returns nil if the writer has to
// serve. It waits for an unwell replica only where the writer is unwell too.
func (p *Pool) lendReader(ctx context.Context) (*surrealsql.Conn, error) {
	first := p.routes.next()
	c, err := p.lendFrom(ctx, first, well)
	if c != nil || err != nil || p.standsIn() {
		return c, err
	}
	return p.lendFrom(ctx, first, unwell)
}

// lendFrom leases a connection of the first replica of that health that can give one.
func (p *Pool) lendFrom(ctx context.Context, first uint64, want health) (*surrealsql.Conn, error) {
	for replica := range p.routes.of(first, want) {
		t := turn{pool: replica, ctx: ctx, mobile: want == well}
		c, err := t.acquire()
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
