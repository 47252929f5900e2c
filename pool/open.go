package pool

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"log/slog"

	"github.com/surrealsql/surrealsql"
)

// Open opens a pool for a DSN, which may hold the keys of this package beside
// those of the driver. It makes the connections of pool_min, several at a time,
// and returns when they are there. If none of them can be made, it fails with the
// error of a dial; if only some, it logs that and goes on, unless pool_lazy is
// false. With a pool_min of zero nothing is dialled.
//
// ctx bounds the opening, not the pool.
func Open(ctx context.Context, dsn string, opts ...Option) (*Pool, error) {
	s := Settings{Lazy: true}
	rest, err := s.parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg, err := surrealsql.ParseDSN(rest)
	if err != nil {
		return nil, err
	}
	return open(ctx, cfg, s, opts)
}

// New is Open for a Config, which can say more than a DSN. The Config is copied.
func New(ctx context.Context, cfg *surrealsql.Config, opts ...Option) (*Pool, error) {
	return open(ctx, cfg, Settings{Lazy: true}, opts)
}

func open(ctx context.Context, cfg *surrealsql.Config, s Settings, opts []Option) (*Pool, error) {
	for _, o := range opts {
		o(&s)
	}
	p, err := build(cfg, s)
	if err != nil {
		return nil, err
	}
	err = p.addReplicas(s)
	if err == nil {
		err = p.warmUpAll(ctx)
	}
	if err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// build makes a pool that has no connection yet.
func build(cfg *surrealsql.Config, s Settings) (*Pool, error) {
	if err := s.complete(); err != nil {
		return nil, err
	}
	if s.logger == nil {
		s.logger = cfg.Logger
	}
	if s.breaker != nil {
		cfg = cfg.Clone()
		s.breaker.Install(cfg)
	}
	source, err := surrealsql.NewConnector(hooked(cfg, s.afterConnect))
	if err != nil {
		return nil, err
	}
	p := &Pool{set: s, source: source, kick: make(chan struct{}, 1), all: make(map[*entry]struct{})}
	p.round = s.roundFor(cfg)
	p.stats.ClosedBy = make(map[Reason]uint64)
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.service, p.retire = context.WithCancelCause(context.Background())
	p.routes.hosts = source.Hosts()
	p.gate = p.whileServing(s.gate)
	p.guard()
	p.db = sql.OpenDB(lessor{p})
	p.db.SetMaxIdleConns(-1) // what database/sql does not need goes back at once
	p.background(p.keep)
	return p, nil
}

// warmUp makes the minimum.
func (p *Pool) warmUp(ctx context.Context) error {
	warm := make(chan struct{})
	p.mu.Lock()
	p.warm = warm
	p.balance()
	p.mu.Unlock()
	select {
	case <-warm:
	case <-ctx.Done():
		return fmt.Errorf("pool: open: the minimum of %d connections was not there in time: %w", p.set.Min, context.Cause(ctx))
	}
	p.mu.Lock()
	made, err := p.open, p.backoff.err
	p.mu.Unlock()
	switch {
	case made >= p.set.Min || err == nil:
		return nil
	case made == 0 || !p.set.Lazy:
		return fmt.Errorf("pool: open: %d of %d connections could be made: %w", made, p.set.Min, final(err))
	}
	p.log(slog.LevelWarn, "opened with less than the minimum", slog.Int("made", made),
		slog.Int("min", p.set.Min), slog.String("error", err.Error()))
	return nil
}

// lessor is the pool as database/sql sees it: connecting is leasing.
type lessor struct{ p *Pool }

var (
	_ driver.Connector = lessor{}
	_ io.Closer        = lessor{}
)

func (l lessor) Connect(ctx context.Context) (driver.Conn, error) {
	t := turn{pool: l.p, ctx: ctx, bySQL: true}
	c, err := t.acquire()
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (l lessor) Driver() driver.Driver { return l.p.source.Driver() }

func (l lessor) Close() error { return l.p.Close() }
