package pool

// What the pool takes away, and what its borrowers are told.

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/limiter"
)

// drained is Drain whose time is over at once.
func drained(p *Pool) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	return p.Drain(over)
}

// newSilentSite is a site whose server leaves the query `SLEEP` without an answer.
func newSilentSite(t *testing.T) *site {
	return newSite(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SLEEP 1h" {
				c.Answer(r)
			}
		})
	})
}

func TestDrainTakesAwayWhatThenSaysThatThePoolIsClosed(t *testing.T) {
	t.Parallel()
	for name, replica := range map[string]bool{"a pool": false, "a pool with replicas": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { drainWithEverythingHeld(t, newSilentSite(t), replica) })
		})
	}
}

func drainWithEverythingHeld(t *testing.T, s *site, replica bool) {
	ctx := t.Context()
	set := Settings{Max: 8}
	if replica {
		set.ReplicaConfigs = []*surrealsql.Config{s.config(t)}
	}
	p := s.open(t, set)
	own := acquire(t, p)
	conn, err := p.DB().Conn(ctx)
	require.NoError(t, err)
	prepared, err := conn.PrepareContext(ctx, "CREATE x")
	require.NoError(t, err)
	tx, err := p.DB().BeginTx(ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback()
	routed, err := p.Routed().BeginTx(ctx, nil)
	require.NoError(t, err)
	defer routed.Rollback()
	inTx, err := tx.Prepare("CREATE x")
	require.NoError(t, err)
	commit, err := p.DB().Begin()
	require.NoError(t, err)
	rollback, err := p.DB().Begin()
	require.NoError(t, err)
	underWay := make(chan error, 1)
	go func() { _, err := p.DB().Exec("SLEEP 1h"); underWay <- err }()
	synctest.Wait()

	require.ErrorContains(t, drained(p), "taken away")
	exec := func(db interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}) error {
		_, err := db.ExecContext(ctx, "CREATE x")
		return err
	}
	query := func(db interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	}) error {
		_, err := db.QueryContext(ctx, "SELECT 1")
		return err
	}
	stated := func(stmt *sql.Stmt) error { _, err := stmt.ExecContext(ctx); return err }
	_, begun := conn.BeginTx(ctx, nil)
	_, again := conn.PrepareContext(ctx, "CREATE x")
	_, owned := own.ExecContext(ctx, "CREATE x", nil)
	_, txPrepared := tx.Prepare("CREATE x")
	for call, err := range map[string]error{
		"Exec of the Conn": exec(conn), "Query of the Conn": query(conn), "Ping of the Conn": conn.PingContext(ctx),
		"Begin of the Conn": begun, "Prepare of the Conn": again, "a Stmt of the Conn": stated(prepared),
		"Exec of the Tx": exec(tx), "Query of the Tx": query(tx), "a Stmt of the Tx": stated(inTx), "Exec of a routed Tx": exec(routed), "Query of a routed Tx": query(routed),
		"Prepare of the Tx": txPrepared,
		"Commit":            commit.Commit(), "what was under way": <-underWay,
		"a lease": owned, "Ping of a lease": own.Ping(ctx), "Use of a lease": own.Use(ctx, "a", "b"),
	} {
		require.ErrorIs(t, err, ErrClosed, call)
		require.False(t, surrealsql.IsRetryable(err), "%s: %v", call, err)
	}
	require.NoError(t, rollback.Rollback(), "the server has dropped it")
	require.NoError(t, tx.Rollback())
	require.NoError(t, routed.Rollback())
	require.NoError(t, conn.Close())
	require.NoError(t, own.Close())
	synctest.Wait()
	require.Zero(t, s.Open())
	requireSound(t, p.Stats())
}

func TestDrainLetsRowsThatAreHeldPastItSayThatThePoolIsClosed(t *testing.T) {
	t.Parallel()
	more := make(chan struct{})
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text != "SELECT n FROM x" {
				c.Answer(r)
				return
			}
			var rows []any
			for i := range 20_000 {
				rows = append(rows, map[string]any{"n": i})
			}
			whole := scripted.Binary(scripted.Result(r.ID, scripted.Entries(scripted.OK(rows))))
			c.Write(whole[:len(whole)/2])
			c.Wait(more)
		})
	})
	defer close(more)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	p, err := New(t.Context(), cfg, Settings{})
	require.NoError(t, err)
	rows, err := p.DB().Query("SELECT n FROM x")
	require.NoError(t, err)
	defer rows.Close()
	require.True(t, rows.Next())
	require.Error(t, drained(p))
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), ErrClosed)
}

func TestDrainIsNotOutlivedByALeaseThatWasAboutToBegin(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		hold := make(chan struct{})
		p := s.open(t, Settings{BeforeAcquire: func(context.Context, *surrealsql.Conn) (bool, error) { <-hold; return true, nil }})
		late := make(chan error, 2)
		go func() { _, err := p.Acquire(context.Background()); late <- err }()
		go func() { _, err := p.DB().Exec("CREATE x"); late <- err }()
		synctest.Wait()
		require.NoError(t, drained(p), "nobody had one yet")
		close(hold)
		for range cap(late) {
			require.ErrorIs(t, <-late, ErrClosed)
		}
		synctest.Wait()
		require.Zero(t, s.Open())
		requireSound(t, p.Stats())
	})
}

func TestBreakerLearnsNothingFromWhatAPoolTakesAway(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(p *Pool){
		"Drain":   func(p *Pool) { _ = drained(p) },
		"Reclaim": func(*Pool) { time.Sleep(2 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSilentSite(t)
				circuit := breaker.New(breaker.Settings{Failures: 1})
				old := s.open(t, Settings{Max: 8, Breaker: circuit, LeakAfter: time.Second, Reclaim: true})
				lost := make(chan error, 4)
				for range cap(lost) {
					go func() { _, err := old.DB().Exec("SLEEP 1h"); lost <- err }()
				}
				idle := acquire(t, old)
				synctest.Wait()
				take(old)
				for range cap(lost) {
					require.ErrorIs(t, <-lost, surrealsql.ErrOutcomeUnknown)
				}
				require.Error(t, idle.Ping(t.Context()))
				release(t, idle)
				next := s.open(t, Settings{Breaker: circuit}) // of the same server
				release(t, acquire(t, next))
			})
		})
	}
}

// exhausted is a limiter that gives no token any more.
func exhausted() *limiter.Limiter {
	l := limiter.New(limiter.Settings{})
	_ = l.Wait(context.Background())
	return l
}

func TestGateAndLimiterLetGoWhenThePoolEnds(t *testing.T) {
	for name, settings := range map[string]func() Settings{
		"a gate": func() Settings {
			return Settings{Gate: func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }}
		},
		"a gate with an error of its own": func() Settings {
			return Settings{Gate: func(ctx context.Context) error { <-ctx.Done(); return errors.New("no") }}
		},
		"a gate that lets go without an error": func() Settings {
			return Settings{Gate: func(ctx context.Context) error { <-ctx.Done(); return nil }}
		},
		"a limiter": func() Settings { return Settings{Gate: exhausted().Wait} },
		"a limiter beside a breaker": func() Settings {
			return Settings{Breaker: breaker.New(breaker.Settings{}), Gate: exhausted().Wait}
		},
	} {
		for ending, end := range map[string]func(*Pool) error{
			"Close": (*Pool).Close,
			"Drain": func(p *Pool) error { return p.Drain(context.Background()) },
		} {
			t.Run(name+", "+ending, func(t *testing.T) {
				inBubble(t, func(t *testing.T, s *site) {
					p := s.open(t, settings())
					waits := make(chan error, 3)
					go func() { _, err := p.Acquire(context.Background()); waits <- err }()
					go func() { _, err := p.DB().Exec("CREATE x"); waits <- err }()
					go func() { _, err := p.Routed().Exec("CREATE x"); waits <- err }()
					synctest.Wait()
					began := time.Now()
					require.NoError(t, end(p))
					for range cap(waits) {
						require.ErrorIs(t, <-waits, ErrClosed)
					}
					require.Zero(t, time.Since(began))
				})
			})
		}
	}
}

func TestSettingsOfAClosedPoolServeForAnother(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		first := s.open(t, Settings{Gate: context.Cause, Breaker: breaker.New(breaker.Settings{})})
		require.NoError(t, first.Close())
		second := s.open(t, first.Settings())
		release(t, acquire(t, second))
	})
}
