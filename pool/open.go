package pool

// How a pool is opened, with its replicas.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/ctxerr"
	"github.com/surrealsql/surrealsql/internal/lending"
)

// Open opens a pool for a DSN, which may hold the keys of this package beside
// those of the driver; what change makes of the [Settings] goes before those. It makes
// the connections of pool_min, several at a time, and returns when they are there. If
// none of them can be made, it fails with the error of a dial; if only some, it logs
// that and goes on, unless there is pool_require_min. With a pool_min of zero nothing
// is dialled.
//
// What no DSN can say, such as a Tracer, needs [New].
//
// ctx bounds the opening, not the pool.
func Open(ctx context.Context, dsn string, change ...func(*Settings)) (*Pool, error) {
	var s Settings
	cfg, err := s.parse(dsn)
	if err != nil {
		return nil, err
	}
	return openChanged(ctx, cfg, s, change)
}

// parse reads a DSN: what it says of a pool into s, and the rest.
func (s *Settings) parse(dsn string) (*surrealsql.Config, error) {
	rest, err := s.parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return surrealsql.ParseDSN(rest)
}

// FromEnv is Open for what the environment says: SURREALDB_URL holds a DSN for
// Open, and each of its keys can be given by a variable of its own, as
// [surrealsql.ConfigFromEnv] describes: those of this package are SURREALDB_POOL_MAX
// and so on. Variables go before the URL, and changes before both.
func FromEnv(ctx context.Context, change ...func(*Settings)) (*Pool, error) {
	cfg, s, err := fromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	return openChanged(ctx, cfg, s, change)
}

func fromEnv(getenv func(string) string) (*surrealsql.Config, Settings, error) {
	const urlVariable = "SURREALDB_URL"
	var s Settings
	rest, err := s.parseDSN(getenv(urlVariable))
	if err != nil {
		return nil, s, fmt.Errorf("%s: %w", urlVariable, err)
	}
	if err := poolKeys.FromEnv(&s, getenv); err != nil {
		return nil, s, err
	}
	cfg, err := lending.ConfigFromGetenv(func(name string) string {
		if name == urlVariable {
			return rest
		}
		return getenv(name)
	})
	if err != nil {
		return nil, s, err
	}
	return cfg.(*surrealsql.Config), s, nil
}

func openChanged(
	ctx context.Context, cfg *surrealsql.Config, s Settings, change []func(*Settings),
) (*Pool, error) {
	for _, f := range change {
		f(&s)
	}
	return New(ctx, cfg, s)
}

// New is Open for a Config, which can say more than a DSN, and for the Settings as they
// are: neither keys nor variables of this package are read. Both are copied.
func New(ctx context.Context, cfg *surrealsql.Config, s Settings) (*Pool, error) {
	if err := s.checkTokens(cfg); err != nil {
		return nil, err
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
	if s.Logger == nil {
		s.Logger = cfg.Logger
	}
	if s.Breaker != nil {
		cfg = cfg.Clone()
		s.Breaker.Install(cfg)
	}
	source, err := surrealsql.NewConnector(hooked(cfg, s.AfterConnect))
	if err != nil {
		return nil, err
	}
	told := s.replicas()
	s.Replicas, s.ReplicaConfigs = nil, nil
	p := &Pool{set: s, source: source, checkNow: make(chan struct{}, 1), all: make(map[*entry]struct{})}
	p.tracer, _ = cfg.Tracer.(surrealsql.AcquireTracer)
	p.stats.ClosedBy = make(map[Reason]uint64)
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.serving, p.endServing = context.WithCancelCause(context.Background())
	p.routes.hosts, p.routes.told = lending.Hosts(source), told
	p.routes.routed = sync.OnceValue(func() *sql.DB { return openRouted(p) })
	p.db = sql.OpenDB(connector{p})
	p.db.SetMaxIdleConns(-1) // what database/sql does not need goes back at once
	every := s.roundFor(cfg)
	p.background(func() { p.keep(every) })
	return p, nil
}

// warmUp makes the minimum.
func (p *Pool) warmUp(ctx context.Context) error {
	warm := make(chan struct{})
	p.mu.Lock()
	p.warm = warm
	p.balanceLocked()
	p.mu.Unlock()
	select {
	case <-warm:
	case <-ctx.Done():
		select {
		case <-warm: // as it always is where there is none to make
		default:
			return fmt.Errorf("pool: open: the minimum of %d connections was not there in time: %w",
				p.set.Min, ctxerr.Of(ctx))
		}
	}
	p.mu.Lock()
	made, err := p.open, p.backoff.err
	p.mu.Unlock()
	switch {
	case made >= p.set.Min || err == nil:
		return nil
	case made == 0 || p.set.RequireMin:
		return fmt.Errorf("pool: open: %d of %d connections could be made: %w",
			made, p.set.Min, hideBadConn(err))
	}
	p.log(slog.LevelWarn, "opened with less than the minimum", slog.Int("made", made),
		slog.Int("min", p.set.Min), slog.String("error", err.Error()))
	return nil
}

// hooked returns the Config with the hook after its own: so the driver knows what
// the hook makes of the session, and resets go back to that.
func hooked(
	cfg *surrealsql.Config, hook func(context.Context, *surrealsql.Conn) error,
) *surrealsql.Config {
	if hook == nil {
		return cfg
	}
	first := cfg.AfterConnect
	cfg = cfg.Clone()
	cfg.AfterConnect = func(ctx context.Context, c *surrealsql.Conn) error {
		if first != nil {
			if err := first(ctx, c); err != nil {
				return err
			}
		}
		return hook(ctx, c)
	}
	return cfg
}

// checkTokens refuses a refresh token that two pools would exchange: it can be used once.
func (s *Settings) checkTokens(cfg *surrealsql.Config) error {
	used := map[string]bool{cfg.RefreshToken: true}
	for i, replica := range s.ReplicaConfigs {
		if token := replica.RefreshToken; token != "" && used[token] {
			return fmt.Errorf("pool: replica %d: its Config.RefreshToken is another pool's, and can be used once: expected one of its own", len(s.Replicas)+i+1)
		}
		used[replica.RefreshToken] = true
	}
	return nil
}

// addReplicas makes the replicas' pools, without connections yet.
func (p *Pool) addReplicas(s Settings) error {
	dsns, configs := s.Replicas, s.ReplicaConfigs
	s.Replicas, s.ReplicaConfigs = nil, nil
	if s.Breaker == nil {
		s.Breaker = breaker.New(breaker.Settings{})
	}
	for i := range len(dsns) + len(configs) {
		var r *Pool
		var err error
		if i < len(dsns) {
			r, err = buildReplicaDSN(dsns[i], s)
		} else {
			r, err = buildReplica(configs[i-len(dsns)], s)
		}
		if err != nil {
			return fmt.Errorf("pool: replica %d: %w", i+1, err)
		}
		p.routes.replicas = append(p.routes.replicas, r)
	}
	return nil
}

// buildReplicaDSN makes the pool of a replica; s are the settings of the writer's as
// they were told, over which the pool_ keys of the DSN go.
func buildReplicaDSN(dsn string, s Settings) (*Pool, error) {
	cfg, err := s.parse(dsn)
	if err != nil {
		return nil, err
	}
	return buildReplica(cfg, s)
}

func buildReplica(cfg *surrealsql.Config, s Settings) (*Pool, error) {
	cfg = cfg.Clone()
	cfg.ReadOnly = true
	r, err := build(cfg, s)
	if err != nil {
		return nil, err
	}
	r.routes.replica = true
	return r, nil
}

// warmUpAll makes the minimum of this pool and of its replicas, at the same time.
func (p *Pool) warmUpAll(ctx context.Context) error {
	own := make(chan error, 1)
	go func() { own <- p.warmUp(ctx) }()
	errs := p.routes.each(func(r *Pool) error {
		err := r.warmUp(ctx)
		if err != nil && !r.set.RequireMin {
			r.log(slog.LevelWarn, "a replica cannot be reached yet",
				slog.Any("hosts", r.routes.hosts), slog.String("error", err.Error()))
			err = nil
		}
		return err
	})
	return errors.Join(append(errs, <-own)...)
}
