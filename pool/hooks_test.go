package pool

// The hooks of a pool: when they are called, what they decide, and what they break.

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// user has hooks that use their connection, and notice when that does not work.
type user struct {
	t     *testing.T
	calls [6]atomic.Int64
}

const (
	inAfterConnect = iota
	inBeforeAcquire
	inAfterRelease
	inBeforeClose
	inConfigAfterConnect
	inConfigBeforeClose
)

// use queries three times: whatever else reads from the connection takes an answer
// away, or is seen by the race detector.
func (u *user) use(which int, c *surrealsql.Conn) {
	u.calls[which].Add(1)
	for range 3 {
		if _, err := c.ExecContext(context.Background(), "CREATE hooked", nil); err != nil {
			u.t.Errorf("hook %d: %v", which, err)
			return
		}
	}
}

func TestHooksHaveTheirConnectionToThemselves(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	u := &user{t: t}
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	// Everything that may look at an idle connection does so all the time.
	cfg.HealthCheckInterval, cfg.PingAfterIdle = 100*time.Microsecond, time.Microsecond
	cfg.MaxUses, cfg.MaxLifetime = 40, 60*time.Millisecond
	cfg.AfterConnect = func(_ context.Context, c *surrealsql.Conn) error { u.use(inConfigAfterConnect, c); return nil }
	cfg.BeforeClose = func(c *surrealsql.Conn) { u.use(inConfigBeforeClose, c) }
	p, err := New(t.Context(), cfg, Settings{Min: 2, Max: 4, Burst: 6, MinIdle: 1,
		MaxUses: 30, MaxLifetime: 50 * time.Millisecond, MaxIdleTime: 10 * time.Millisecond, HealthCheckInterval: 5 * time.Millisecond,
		AfterConnect: func(_ context.Context, c *surrealsql.Conn) error { u.use(inAfterConnect, c); return nil },
		BeforeAcquire: func(_ context.Context, c *surrealsql.Conn) (bool, error) {
			u.use(inBeforeAcquire, c)
			switch rand.IntN(20) {
			case 0:
				return true, errors.New("not now")
			case 1:
				return false, nil
			}
			return true, nil
		},
		AfterRelease: func(c *surrealsql.Conn) bool { u.use(inAfterRelease, c); return rand.IntN(20) > 0 },
		BeforeClose:  func(c *surrealsql.Conn) { u.use(inBeforeClose, c) }})
	require.NoError(t, err)

	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			for range 60 {
				if rand.IntN(2) == 0 {
					_, _ = p.DB().ExecContext(t.Context(), "CREATE x")
				} else if c, err := p.Acquire(t.Context()); err == nil {
					_ = c.Close()
				}
				time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, p.Drain(ctx))
	for which := range u.calls {
		require.NotZero(t, u.calls[which].Load(), "hook %d was not called", which)
	}
	requireSound(t, p.Stats())
}

func TestBeforeAcquireThatRefusesACallerLeavesTheConnectionToTheIdleChecker(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	cfg.HealthCheckInterval, cfg.PingAfterIdle = time.Millisecond, time.Millisecond
	busy := errors.New("busy")
	p, err := New(t.Context(), cfg, Settings{HealthCheckInterval: Disabled,
		BeforeAcquire: func(context.Context, *surrealsql.Conn) (bool, error) { return true, busy }})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	_, err = p.Acquire(t.Context())
	require.ErrorIs(t, err, busy)
	require.Equal(t, 1, p.Stats().Idle)
	srv.AwaitCount("ping", 3) // the driver keeps it alive, which it does for no lease
}

func TestHookThatLeavesSomethingOpenCostsTheConnection(t *testing.T) {
	t.Parallel()
	begin := func(c *surrealsql.Conn) {
		_, err := c.BeginTx(context.Background(), driver.TxOptions{})
		require.NoError(t, err)
	}
	busy := errors.New("busy")
	for name, hook := range map[string]Settings{
		"BeforeAcquire, for its caller": {BeforeAcquire: func(_ context.Context, c *surrealsql.Conn) (bool, error) {
			begin(c)
			return true, nil
		}},
		"BeforeAcquire, which refuses": {BeforeAcquire: func(_ context.Context, c *surrealsql.Conn) (bool, error) {
			begin(c)
			return true, busy
		}},
		"AfterRelease": {AfterRelease: func(c *surrealsql.Conn) bool { begin(c); return true }},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := s.open(t, hook)
				c, err := p.Acquire(t.Context())
				if name == "AfterRelease" {
					require.NoError(t, err)
					release(t, c)
				} else {
					require.Error(t, err)
					require.Nil(t, c)
				}
				require.EqualValues(t, 1, p.Stats().ClosedBy[ReasonLeftover])
				require.Zero(t, p.Stats().Idle)
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestBeforeCloseThatPanicsLeavesNoSocket(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{BeforeClose: func(*surrealsql.Conn) { panic("hook") }})
		conn, err := p.DB().Conn(t.Context())
		require.NoError(t, err)
		require.Panics(t, func() {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closed on this goroutine
		})
		time.Sleep(time.Second)
		require.Zero(t, s.Open())
		require.Zero(t, p.Stats().Total)
	})
}

func TestReasonsCountTheDriversOwnLimitsAsThePools(t *testing.T) {
	cases := map[string]struct {
		change func(*surrealsql.Config)
		want   Reason
	}{
		"max_uses":     {func(c *surrealsql.Config) { c.MaxUses = 2 }, ReasonUses},
		"max_lifetime": {func(c *surrealsql.Config) { c.MaxLifetime = time.Minute }, ReasonLifetime},
	}
	faces := map[string]func(*testing.T, *Pool, time.Duration){
		"Acquire": func(t *testing.T, p *Pool, hold time.Duration) {
			c := acquire(t, p)
			time.Sleep(hold)
			release(t, c)
		},
		"sql.DB": func(t *testing.T, p *Pool, hold time.Duration) {
			conn, err := p.DB().Conn(t.Context())
			require.NoError(t, err)
			time.Sleep(hold)
			require.NoError(t, conn.Close())
		},
	}
	for limit, c := range cases {
		for face, lease := range faces {
			for name, idle := range map[string]bool{"while it is held": false, "while it is idle": true} {
				if limit == "max_uses" && idle {
					continue // it is reached by giving a connection back
				}
				t.Run(limit+" by "+face+" "+name, func(t *testing.T) {
					inBubble(t, func(t *testing.T, s *site) {
						cfg := s.config(t)
						c.change(cfg)
						p, err := New(t.Context(), cfg, Settings{})
						require.NoError(t, err)
						defer func() { require.NoError(t, p.Close()) }()
						hold := 2 * time.Minute
						if idle || limit == "max_uses" {
							hold = 0
						}
						lease(t, p, hold)
						if limit == "max_uses" {
							lease(t, p, hold)
						} else if idle {
							time.Sleep(2 * time.Minute)
						}
						stats := p.Stats()
						require.Equal(t, map[Reason]uint64{c.want: 1}, stats.ClosedBy)
						require.Zero(t, stats.CheckFailures)
						requireSound(t, stats)
					})
				})
			}
		}
	}
}

func TestBeforeCloseKeepsNobodyWaitingWhoseConnectionIsRetired(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		cfg := s.config(t)
		cfg.MaxUses = 1
		p, err := New(t.Context(), cfg, Settings{BeforeClose: func(*surrealsql.Conn) { time.Sleep(time.Minute) }})
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		begun := time.Now()
		_, err = p.DB().Exec("CREATE x")
		require.NoError(t, err)
		release(t, acquire(t, p))
		require.Zero(t, time.Since(begun))
		require.EqualValues(t, 2, p.Stats().ClosedBy[ReasonUses])
	})
}

func TestLeaseOfAConnectionWhoseFirstCallerWasGoneIsItsOwn(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	cfg.HealthCheckInterval, cfg.PingAfterIdle = 100*time.Microsecond, time.Microsecond
	source, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	made, err := source.Connect(t.Context())
	require.NoError(t, err)
	c := made.(*surrealsql.Conn)
	// What database/sql does where the context of a waiting caller has ended in the
	// moment in which the connection was there (Go 1.26 and 1.27, DB.conn): it asks whether the
	// connection is valid, keeps it, and leases it without a reset.
	require.True(t, c.IsValid())
	_, err = c.ExecContext(t.Context(), "CREATE x", nil)
	require.NoError(t, err)
	before := srv.Count("ping")
	for range 300 {
		_, err := c.ExecContext(t.Context(), "CREATE x", nil)
		require.NoError(t, err)
		time.Sleep(50 * time.Microsecond)
	}
	require.Equal(t, before, srv.Count("ping"), "it is held: nobody else may ask anything on it")
	require.NoError(t, c.Close())
}

func TestBeforeAcquireInEachOfItsOutcomes(t *testing.T) {
	refusal := errors.New("refused")
	cases := map[string]struct {
		ok     bool
		err    error
		served bool
		closed uint64
	}{
		"true, nil":   {true, nil, true, 0},
		"false, nil":  {false, nil, true, 1},
		"true, err":   {true, refusal, false, 0},
		"false, err":  {false, refusal, false, 1},
		"it panicked": {closed: 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				first := true
				p := s.open(t, Settings{Min: 1, BeforeAcquire: func(context.Context, *surrealsql.Conn) (bool, error) {
					if !first {
						return true, nil
					}
					first = false
					if name == "it panicked" {
						panic("hook")
					}
					return c.ok, c.err
				}})
				acquire := func() {
					conn, err := p.Acquire(t.Context())
					require.Equal(t, c.err, err)
					if c.served {
						release(t, conn)
					}
				}
				if name == "it panicked" {
					require.PanicsWithValue(t, "hook", acquire)
				} else {
					acquire()
				}
				synctest.Wait()
				require.Equal(t, c.closed, p.Stats().ClosedBy[ReasonHook])
				require.Zero(t, p.Stats().Held)
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestHooksDecideOverAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var mu sync.Mutex
		var seen []string
		note := func(what string) { mu.Lock(); seen = append(seen, what); mu.Unlock() }
		keep := true
		var refuse error
		p := s.open(t,
			Settings{AfterConnect: func(context.Context, *surrealsql.Conn) error { note("connect"); return refuse },
				AfterRelease: func(*surrealsql.Conn) bool { note("release"); return keep },
				BeforeClose:  func(*surrealsql.Conn) { note("close") }})
		require.NoError(t, p.DB().PingContext(t.Context()))
		keep = false
		require.NoError(t, p.DB().PingContext(t.Context()))
		synctest.Wait()
		require.Equal(t, []string{"connect", "release", "release", "close"}, seen)

		refuse = errors.New("not this one")
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, refuse)
		synctest.Wait()
		require.Zero(t, s.Open())
		requireSound(t, p.Stats())
	})
}

func TestHookThatPanicsLosesNoConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		boom := true
		p := s.open(t, Settings{Max: 1, AfterRelease: func(*surrealsql.Conn) bool {
			if boom {
				panic("release")
			}
			return true
		}})
		c := acquire(t, p)
		require.PanicsWithValue(t, "release", func() { _ = c.Close() })
		boom = false
		require.NoError(t, p.DB().PingContext(t.Context()))

		q := s.open(t, Settings{AfterConnect: func(context.Context, *surrealsql.Conn) error { panic("connect") }})
		_, err := q.Acquire(t.Context())
		require.ErrorContains(t, err, "a hook panicked while connecting: connect")
		synctest.Wait()
		require.Equal(t, 1, s.Open())
	})
}
