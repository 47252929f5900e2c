package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"github.com/surrealsql/surrealsql"
	surrealhealth "github.com/surrealsql/surrealsql/integrations/health"
	surrealprometheus "github.com/surrealsql/surrealsql/integrations/prometheus"
	"github.com/surrealsql/surrealsql/pool"
)

// The shops, each in a database of its own, and what is open for them.

// shop is a tenant.
type shop struct {
	name string  // of its database too
	live *sql.DB // for LIVE SELECT alone: all who follow this shop share one connection
}

// service is the program while it runs.
type service struct {
	log       *slog.Logger
	pool      *pool.Pool
	db        *sql.DB // of the pool: whose session a call runs in says its context
	namespace string
	shops     map[string]*shop
	metrics   *metrics
	health    *surrealhealth.Health
	traces    trace.TracerProvider
	stops     []func(context.Context) error // what is to be ended last, in that order

	// ending is closed when the program is asked to end. What would never end by itself, such as a
	// stream of events, looks at it; all else goes on for as long as the drain takes.
	ending chan struct{}
}

// open migrates the shops and opens what serves them. What it has opened is closed when it fails.
func open(ctx context.Context, cfg config, diag io.Writer) (s *service, err error) {
	s = &service{
		log:     newLogger(cfg, diag),
		metrics: newMetrics(),
		shops:   make(map[string]*shop),
		ending:  make(chan struct{}),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx)))
			s = nil
		}
	}()
	database := cfg.database
	if database == nil {
		var stop func() error
		if database, stop, err = startEngine(ctx, diag); err != nil {
			return s, err
		}
		s.stops = append(s.stops, func(context.Context) error { return stop() })
	}
	database = database.Clone()
	database.Logger = s.log
	var stop func(context.Context) error
	s.traces, stop, err = startTracing(database, cfg.spans)
	s.stops = append(s.stops, stop)
	if err != nil {
		return s, err
	}
	database.Tracer = surrealsql.JoinTracers(database.Tracer, s.metrics.queries)
	s.namespace = database.Namespace
	for _, name := range cfg.shops {
		if err := s.openShop(ctx, database, name); err != nil {
			return s, fmt.Errorf("shop %s: %w", name, err)
		}
	}
	s.pool, err = pool.New(ctx, database, pool.Settings{Max: cfg.poolMax, Min: 1})
	if err != nil {
		return s, err
	}
	s.db = s.pool.DB()
	s.health = surrealhealth.ForPool(s.pool, surrealhealth.Settings{})
	return s, s.metrics.registry.Register(surrealprometheus.NewPool(s.pool, "api"))
}

func (s *service) openShop(ctx context.Context, database *surrealsql.Config, name string) error {
	cfg := database.Clone()
	cfg.Database = name
	if err := migrate(ctx, cfg, s.log); err != nil {
		return err
	}
	connector, err := surrealsql.NewConnector(cfg)
	if err != nil {
		return err
	}
	live := sql.OpenDB(connector.Live())
	live.SetMaxIdleConns(1) // keeps the socket while nobody follows
	s.shops[name] = &shop{name: name, live: live}
	s.metrics.countFollowers(s.shops[name])
	return nil
}

// close ends what open has opened. Requests must have ended, but for those that hold a connection
// beyond ctx, from whom it is taken.
func (s *service) close(ctx context.Context) (err error) {
	if s.pool != nil {
		err = s.pool.Drain(ctx)
	}
	for _, sh := range s.shops {
		err = errors.Join(err, sh.live.Close())
	}
	for _, stop := range s.stops {
		err = errors.Join(err, stop(ctx))
	}
	return err
}

// asService has the calls of ctx run in the shop's database as the service itself, whom no
// permissions bind.
func (sh *shop) asService(ctx context.Context) context.Context {
	return surrealsql.WithSession(ctx, surrealsql.Session{Database: sh.name})
}

// asUser has the calls of ctx run as the user of the shop who was given the token: the database
// shows, and lets be changed, what that user may see and change.
func (sh *shop) asUser(ctx context.Context, token string) context.Context {
	return surrealsql.WithSession(ctx, surrealsql.Session{
		Database:    sh.name,
		Credentials: surrealsql.Credentials{Token: token},
	})
}
