package pool

// Callbacks that call the pool.

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/limiter"
)

// reentrant is a program's code that is called from a pool, and asks the pool for
// everything in return. What it is called for does not matter to it.
type reentrant struct {
	pool  atomic.Pointer[Pool]
	close bool
	looks bool        // it leases nothing
	busy  atomic.Bool // it does not call itself
	calls atomic.Int64
}

func (c *reentrant) call() {
	p := c.pool.Load()
	if p == nil || !c.busy.CompareAndSwap(false, true) {
		return
	}
	defer c.busy.Store(false)
	c.calls.Add(1)
	_ = p.Settings()
	_ = p.Stats()
	_ = p.String()
	_ = p.Leaks()
	p.Collect(func(Metric) {})
	_ = p.Reader(context.Background())
	_ = p.DB().Stats()
	p.Pause()
	p.Resume()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if c.looks {
		return
	}
	if conn, err := p.Acquire(ctx); err == nil {
		_ = conn.Close()
	}
	if c.close && c.calls.Load() > 2 {
		_ = p.Close()
	}
}

func (c *reentrant) Enabled(context.Context, slog.Level) bool          { c.call(); return true }
func (c *reentrant) Handle(context.Context, slog.Record) error         { c.call(); return nil }
func (c *reentrant) WithAttrs([]slog.Attr) slog.Handler                { return c }
func (c *reentrant) WithGroup(string) slog.Handler                     { return c }
func (c *reentrant) QueryEnd(context.Context, surrealsql.QueryEnd)     { c.call() }
func (c *reentrant) ConnectEnd(context.Context, surrealsql.ConnectEnd) { c.call() }
func (c *reentrant) ResetEnd(context.Context, surrealsql.ResetEnd)     { c.call() }
func (c *reentrant) CloseEnd(context.Context, surrealsql.CloseEnd)     { c.call() }

func (c *reentrant) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	c.call()
	return ctx
}

func (c *reentrant) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	c.call()
	return ctx
}

func (c *reentrant) ResetStart(ctx context.Context, _ surrealsql.ResetStart) context.Context {
	c.call()
	return ctx
}

func (c *reentrant) CloseStart(ctx context.Context, _ surrealsql.CloseStart) context.Context {
	c.call()
	return ctx
}

// talkative is an error, and a context, whose every method calls.
type talkative struct {
	context.Context
	*reentrant
}

func (t talkative) Error() string         { t.call(); return "refused" }
func (t talkative) Is(error) bool         { t.call(); return false }
func (t talkative) As(any) bool           { t.call(); return false }
func (t talkative) Unwrap() error         { t.call(); return driver.ErrBadConn }
func (t talkative) Err() error            { t.call(); return t.Context.Err() }
func (t talkative) Value(key any) any     { t.call(); return t.Context.Value(key) }
func (t talkative) Done() <-chan struct{} { t.call(); return t.Context.Done() }

func (t talkative) Deadline() (time.Time, bool) { t.call(); return t.Context.Deadline() }

// talkativeSocket is a socket whose methods call.
type talkativeSocket struct {
	net.Conn
	*reentrant
}

func (s talkativeSocket) Read(b []byte) (int, error)    { s.call(); return s.Conn.Read(b) }
func (s talkativeSocket) Write(b []byte) (int, error)   { s.call(); return s.Conn.Write(b) }
func (s talkativeSocket) SetDeadline(t time.Time) error { s.call(); return s.Conn.SetDeadline(t) }
func (s talkativeSocket) SetReadDeadline(t time.Time) error {
	s.call()
	return s.Conn.SetReadDeadline(t)
}
func (s talkativeSocket) SetWriteDeadline(t time.Time) error {
	s.call()
	return s.Conn.SetWriteDeadline(t)
}
func (s talkativeSocket) Close() error { s.call(); return s.Conn.Close() }

// A callback under a mutex of the pool's hangs for ever when it asks the pool for
// anything, and a slow one stalls every caller.
func TestCallbackMayCallThePool(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(*reentrant, *surrealsql.Config, *Settings){
		"a logger": func(c *reentrant, _ *surrealsql.Config, set *Settings) { set.Logger = slog.New(c) },
		"the driver's logger": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) {
			cfg.Logger, cfg.LogQueries = slog.New(c), true
		},
		"a tracer": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) { cfg.Tracer = c },
		"a dialer, and the errors it gives": func(c *reentrant, cfg *surrealsql.Config, set *Settings) {
			dial, n := new(net.Dialer).DialContext, new(atomic.Int64)
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				c.call()
				if n.Add(1)%2 == 0 {
					return nil, talkative{ctx, c}
				}
				return dial(ctx, network, addr)
			}
			set.Breaker = breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Millisecond})
		},
		"the sockets of a dialer": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) {
			c.looks = true // a socket cannot wait for the connection that it carries
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				nc, err := new(net.Dialer).DialContext(ctx, network, addr)
				return talkativeSocket{nc, c}, err
			}
		},
		"credentials": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) {
			cfg.CredentialSource = func(context.Context) (string, string, error) { c.call(); return "root", "root", nil }
		},
		"BeforeConnect": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) {
			cfg.BeforeConnect = func(context.Context, *surrealsql.Config) error { c.call(); return nil }
		},
		"AfterConnect": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.AfterConnect = func(context.Context, *surrealsql.Conn) error { c.call(); return nil }
		},
		"BeforeAcquire": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.BeforeAcquire = func(ctx context.Context, _ *surrealsql.Conn) (bool, error) {
				c.call()
				return c.calls.Load()%3 > 0, talkative{ctx, c}
			}
		},
		"AfterRelease": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.AfterRelease = func(*surrealsql.Conn) bool { c.call(); return true }
		},
		"BeforeClose": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.BeforeClose = func(*surrealsql.Conn) { c.call() }
		},
		"the driver's BeforeClose": func(c *reentrant, cfg *surrealsql.Config, _ *Settings) {
			cfg.BeforeClose = func(*surrealsql.Conn) { c.call() }
		},
		"a gate": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.Gate = func(context.Context) error { c.call(); return nil }
		},
		"a limiter's context": func(c *reentrant, _ *surrealsql.Config, set *Settings) {
			set.Gate = limiter.New(limiter.Settings{Rate: 1000, Burst: 2}).Wait
		},
		"a breaker's OnChange": func(c *reentrant, cfg *surrealsql.Config, set *Settings) {
			var b *breaker.Breaker
			b = breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Millisecond, OnChange: func(addr string, _, _ breaker.State) {
				_ = b.State(addr)
				c.call()
			}})
			dial, n := new(net.Dialer).DialContext, new(atomic.Int64)
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if n.Add(1)%2 == 1 {
					return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
				}
				return dial(ctx, network, addr)
			}
			set.Breaker = b
		},
	}
	for name, kind := range kinds {
		for ending, closes := range map[string]bool{"asks": false, "closes": true} {
			t.Run(name+" "+ending, func(t *testing.T) {
				t.Parallel()
				srv := scripted.New(t, nil)
				cfg, err := surrealsql.ParseDSN(srv.DSN(
					"health_check_interval=1ms", "ping_after_idle=1ms", "reset=always", "connect_attempts=1"))
				require.NoError(t, err)
				c := &reentrant{close: closes}
				set := Settings{Max: 2, MaxUses: 3, HealthCheckInterval: 5 * time.Millisecond,
					LeakAfter: 5 * time.Millisecond, Reclaim: true, ConnectBackoff: time.Millisecond, MaxConnectBackoff: time.Millisecond}
				kind(c, cfg, &set)
				p, err := New(t.Context(), cfg, set)
				require.NoError(t, err)
				c.pool.Store(p)
				done := make(chan struct{})
				go func() {
					defer close(done)
					for range 40 {
						ctx, cancel := context.WithTimeout(talkative{context.Background(), c}, 50*time.Millisecond)
						if conn, err := p.Acquire(talkative{ctx, c}); err == nil {
							_, _ = conn.ExecContext(ctx, "CREATE x", nil)
							_ = conn.Close()
						}
						_, _ = p.DB().ExecContext(ctx, "CREATE y")
						cancel()
					}
					if conn, err := p.Acquire(context.Background()); err == nil {
						time.Sleep(20 * time.Millisecond) // a leak
						_ = conn.Close()
					}
					srv.HangUp() // the checks fail
					time.Sleep(20 * time.Millisecond)
					_ = p.Close()
				}()
				select {
				case <-done:
				case <-time.After(3 * patience):
					t.Fatal("it hangs")
				}
				require.NotZero(t, c.calls.Load())
			})
		}
	}
}

func TestCallbackMayCloseThePoolWhereSeveralHostsAreTried(t *testing.T) {
	t.Parallel()
	one, other := scripted.New(t, nil), scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(one.DSN())
	require.NoError(t, err)
	cfg.Hosts = []string{one.Addr(), other.Addr()}
	var p *Pool
	closed := make(chan struct{})
	cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { // each host has a goroutine of its own
		_ = p.Close()
		close(closed)
		return nil
	}
	p, err = New(t.Context(), cfg, Settings{})
	require.NoError(t, err)
	require.ErrorIs(t, p.DB().PingContext(t.Context()), ErrClosed)
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("it hangs")
	}
}

func TestCallbackOfAReplicaMayDrainThePool(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	cfg, err := surrealsql.ParseDSN(srv.DSN())
	require.NoError(t, err)
	replica := cfg.Clone()
	var p *Pool
	drained := make(chan struct{})
	replica.AfterConnect = func(context.Context, *surrealsql.Conn) error {
		_ = p.Drain(context.Background())
		close(drained)
		return nil
	}
	p, err = New(t.Context(), cfg, Settings{ReplicaConfigs: []*surrealsql.Config{replica}})
	require.NoError(t, err)
	_, err = p.Routed().ExecContext(t.Context(), "SELECT * FROM x")
	require.ErrorIs(t, err, ErrClosed)
	select {
	case <-drained:
	case <-time.After(patience):
		t.Fatal("it hangs")
	}
}
