package surrealsql_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// How a Connector connects: its timeout, its attempts and the pauses between them, and what it
// sends first.

// silence is a server that falls silent at some stage of connecting.
type silence struct {
	stage  string
	script func(*scripted.Conn)
	change func(*surrealsql.Config)
}

func silences() []silence {
	// until answers requests up to one, and falls silent there.
	until := func(method string) func(*scripted.Conn) {
		return func(c *scripted.Conn) {
			c.Upgrade()
			for {
				r := c.Request()
				if r.Method == method {
					c.AwaitClose()
				}
				c.Answer(r)
			}
		}
	}
	serve := func(c *scripted.Conn) { c.Upgrade(); c.Serve(nil) }
	ends := func(c *scripted.Conn) { _ = c.AwaitEnd() }
	waits := func(ctx context.Context) error { <-ctx.Done(); return errors.Join(ctx.Err(), context.Cause(ctx)) }
	return []silence{
		{"in the TCP connect", serve, func(cfg *surrealsql.Config) {
			cfg.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, waits(ctx) }
		}},
		{"in the TLS handshake", ends, func(cfg *surrealsql.Config) { cfg.TLS = true }},
		{"before the upgrade", ends, nil},
		{"in the answer to the upgrade", func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Drip([]byte("HTTP/1.1 101 Switching Protocols\r\n"), 20*time.Millisecond)
			ends(c)
		}, nil},
		{"at signin", until("signin"), nil},
		{"at use", until("use"), nil},
		{"at version", until("version"), nil},
		{"at the schema", until("query"), func(cfg *surrealsql.Config) { cfg.Schema = "DEFINE TABLE x" }},
		{"at an Init statement", until("query"), func(cfg *surrealsql.Config) { cfg.Init = []string{"DEFINE TABLE x"} }},
		{"in BeforeConnect", serve, func(cfg *surrealsql.Config) {
			cfg.BeforeConnect = func(ctx context.Context, _ *surrealsql.Config) error { return waits(ctx) }
		}},
		{"in AfterConnect", serve, func(cfg *surrealsql.Config) {
			cfg.AfterConnect = func(ctx context.Context, _ *surrealsql.Conn) error { return waits(ctx) }
		}},
		{"in CredentialSource", serve, func(cfg *surrealsql.Config) {
			cfg.CredentialSource = func(ctx context.Context) (string, string, error) { return "", "", waits(ctx) }
		}},
		{"in TokenSource", serve, func(cfg *surrealsql.Config) {
			cfg.User, cfg.Password = "", ""
			cfg.TokenSource = func(ctx context.Context) (string, error) { return "", waits(ctx) }
		}},
	}
}

func TestConnectTimeoutBoundsEveryStage(t *testing.T) {
	t.Parallel()
	const timeout = 150 * time.Millisecond
	for _, s := range silences() {
		t.Run("silent "+s.stage, func(t *testing.T) {
			t.Parallel()
			srv := scripted.Listen(t, s.script)
			var used drivertest.Sockets
			cfg, err := surrealsql.ParseDSN(srv.DSN())
			require.NoError(t, err)
			used.Use(cfg)
			cfg.ConnectTimeout = timeout
			if s.change != nil {
				s.change(cfg)
			}
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			drivertest.RequireOnTime(t, func() time.Duration {
				started := time.Now()
				_, err := connector.Connect(context.Background())
				after := time.Since(started) - timeout
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.True(t, surrealsql.IsTimeout(err))
				require.ErrorContains(t, err, "connect_timeout is over")
				setUp := strings.HasPrefix(s.stage, "at the schema") || strings.HasPrefix(s.stage, "at an Init")
				require.Equal(t, setUp, errors.Is(err, surrealsql.ErrOutcomeUnknown), "%v", err)
				open, _ := used.Count()
				require.Zero(t, open, "nothing is left of it")
				return after
			})
			srv.AwaitOpen(0)
		})
	}
}

func TestConnectEndsWithItsContextToo(t *testing.T) {
	t.Parallel()
	srv := scripted.Listen(t, func(c *scripted.Conn) { c.Stall() })
	db := drivertest.OpenDB(t, srv.DSN())
	drivertest.RequireOnTime(t, func() time.Duration {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, db.PingContext(ctx), context.DeadlineExceeded)
		return drivertest.SinceDeadline(ctx)
	})
}

// A context that has a cause has an error of its own besides.
func TestConnectTellsWhyItsContextEndedAndThatItDid(t *testing.T) {
	t.Parallel()
	why := errors.New("the request is over")
	between := silence{"between two attempts", func(c *scripted.Conn) { c.Arrived(); c.Reset() }, func(cfg *surrealsql.Config) {
		cfg.ConnectAttempts = 1000
	}}
	for _, s := range append(silences(), between) {
		t.Run("silent "+s.stage, func(t *testing.T) {
			t.Parallel()
			cfg, err := surrealsql.ParseDSN(scripted.Listen(t, s.script).DSN())
			require.NoError(t, err)
			orNothing(s.change)(cfg)
			connector, err := surrealsql.NewConnector(cfg)
			require.NoError(t, err)
			defer connector.Close()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer time.AfterFunc(50*time.Millisecond, func() { cancel(why) }).Stop()
			_, err = connector.Connect(ctx) // database/sql tells no cause where ctx ends before that
			require.ErrorIs(t, err, why)
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, surrealsql.IsRetryable(err), "%v", err)
		})
	}
}

func TestConnectToABlackHoleFailsWithinTheTimeoutAndSucceedsOnceItIsBack(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	proxy.BlackHole(true)
	db := drivertest.OpenDB(t, proxy.DSN(dsn), func(cfg *surrealsql.Config) { cfg.ConnectTimeout = 200 * time.Millisecond })
	drivertest.RequireOnTime(t, func() time.Duration {
		started := time.Now()
		err := drivertest.Exec(context.Background(), db, "CREATE x")
		after := time.Since(started) - 200*time.Millisecond
		require.True(t, surrealsql.IsTimeout(err), err)
		return after
	})
	proxy.BlackHole(false)
	require.Eventually(t, func() bool { return drivertest.Exec(t.Context(), db, "CREATE x") == nil }, drivertest.Patience, time.Millisecond)
}

func TestConnectIsTriedAgainOnlyAfterErrorsThatCanPass(t *testing.T) {
	t.Parallel()
	upgraded := func(f func(*scripted.Conn)) func(*scripted.Conn) {
		return func(c *scripted.Conn) { c.Upgrade(); f(c) }
	}
	refuse := func(status int) func(*scripted.Conn) {
		return func(c *scripted.Conn) { c.Refuse(status, "no") }
	}
	for _, c := range []struct {
		name   string
		passes bool
		script func(*scripted.Conn)
		change func(*surrealsql.Config)
	}{
		{"a reset before the upgrade", true, func(c *scripted.Conn) { c.Arrived(); c.Reset() }, nil},
		{"a FIN before the upgrade", true, func(c *scripted.Conn) { c.Arrived(); c.Drop() }, nil},
		{"a FIN in the answer to the upgrade", true, func(c *scripted.Conn) { c.ReadUpgrade(); c.Write([]byte("HTTP/1.1 101 Sw")); c.Drop() }, nil},
		{"a reset at signin", true, upgraded(func(c *scripted.Conn) { c.Request(); c.Reset() }), nil},
		{"a Close frame at signin", true, upgraded(func(c *scripted.Conn) { c.Request(); c.CloseFrame(1012, "restart"); c.Drop() }), nil},
		{"HTTP 429", true, refuse(http.StatusTooManyRequests), nil},
		{"HTTP 502", true, refuse(http.StatusBadGateway), nil},
		{"HTTP 503", true, refuse(http.StatusServiceUnavailable), nil},
		{"HTTP 400", false, refuse(http.StatusBadRequest), nil},
		{"HTTP 401", false, refuse(http.StatusUnauthorized), nil},
		{"HTTP 403", false, refuse(http.StatusForbidden), nil},
		{"HTTP 404", false, refuse(http.StatusNotFound), nil},
		{"another subprotocol", false, func(c *scripted.Conn) { c.UpgradeAs("json"); c.AwaitClose() }, nil},
		{"no subprotocol", false, func(c *scripted.Conn) { c.UpgradeAs(""); c.AwaitClose() }, nil},
		{"no WebSocket", false, func(c *scripted.Conn) { c.ReadUpgrade(); c.Write([]byte("220 smtp ready\r\n\r\n")); c.Drop() }, nil},
		{"no TLS", false, func(c *scripted.Conn) { c.Write([]byte("220 smtp ready\r\n")); c.Drop() }, func(cfg *surrealsql.Config) { cfg.TLS = true }},
		{"junk at signin", false, upgraded(func(c *scripted.Conn) { c.Request(); c.Write([]byte("junk")); c.Drop() }), nil},
		{"a refused password", false, upgraded(func(c *scripted.Conn) {
			c.ReplyError(c.Request().ID, -32002, "NotAllowed", "There was a problem with authentication")
			c.Serve(nil)
		}), nil},
		{"a schema that does not parse", false, upgraded(func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { c.ReplyError(r.ID, -32000, "Validation", "Parse error: no") })
		}), func(cfg *surrealsql.Config) { cfg.Schema = "DEFINE" }},
		{"an error of AfterConnect", false, upgraded(func(c *scripted.Conn) { c.Serve(nil) }), func(cfg *surrealsql.Config) {
			cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { return errors.New("no") }
		}},
		{"an error of CredentialSource", false, upgraded(func(c *scripted.Conn) { c.Serve(nil) }), func(cfg *surrealsql.Config) {
			cfg.CredentialSource = func(context.Context) (string, string, error) { return "", "", errors.New("no") }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := scripted.Listen(t, c.script)
			var used drivertest.Sockets
			db := drivertest.OpenDB(t, srv.DSN("connect_attempts=3", "connect_backoff=1ms"), used.Use, orNothing(c.change))
			err := drivertest.Exec(t.Context(), db, "CREATE x")
			require.Error(t, err)
			require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "of the call nothing was sent")
			open, opened := used.Count()
			require.Zero(t, open, "nothing is left of it")
			if require.Equal(t, c.passes, surrealsql.IsRetryable(err), "%v", err); c.passes {
				require.Equal(t, 3, opened)
			} else {
				require.Equal(t, 1, opened)
			}
		})
	}
}

func orNothing(change func(*surrealsql.Config)) func(*surrealsql.Config) {
	if change == nil {
		return func(*surrealsql.Config) {}
	}
	return change
}

func TestConnectThatIsRefusedIsTriedAgainUntilTheServerIsThere(t *testing.T) {
	t.Parallel()
	dsn := surrealtest.DSN(t)
	proxy := surrealtest.NewProxy(t, drivertest.HostOf(t, dsn))
	require.NoError(t, proxy.Refuse(true))
	tries := 0
	db := drivertest.OpenDB(t, proxy.DSN(dsn), func(cfg *surrealsql.Config) {
		cfg.ConnectAttempts, cfg.ConnectBackoff = 3, time.Millisecond
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if tries++; tries == 3 {
				if err := proxy.Refuse(false); err != nil {
					return nil, err
				}
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	})
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"), "the caller hears nothing of it")
	require.Equal(t, 2+drivertest.FirstDials(t), tries)
}

func TestConnectAttemptsWaitWithExponentialBackoffAndFullJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		cfg := &surrealsql.Config{
			Hosts: []string{"db.example"}, ConnectAttempts: 6, ConnectBackoff: time.Second, ConnectTimeout: time.Hour,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				at = append(at, time.Now())
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			},
		}
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		longest := make([]time.Duration, 5)
		const rounds = 50
		for range rounds {
			at = nil
			_, err := connector.Connect(t.Context())
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			require.Len(t, at, 6)
			for i := range longest {
				pause := at[i+1].Sub(at[i])
				require.LessOrEqual(t, pause, time.Second<<i)
				longest[i] = max(longest[i], pause)
			}
		}
		for i, pause := range longest { // of 50 random parts one is larger than three quarters
			bound := min(time.Second<<i, 10*time.Second)
			require.Greater(t, pause, bound*3/4, "pause %d", i+1)
		}
	})
}

func TestConnectTimeoutBoundsAllAttemptsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := drivertest.OpenDB(t, "surrealdb://db.example", func(cfg *surrealsql.Config) {
			cfg.ConnectAttempts, cfg.ConnectBackoff, cfg.ConnectTimeout = 1000, 3*time.Second, 7*time.Second
			cfg.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
		})
		started := time.Now()
		err := db.PingContext(context.Background())
		require.Equal(t, 7*time.Second, time.Since(started))
		require.ErrorContains(t, err, "connect_timeout is over")
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "and why")
	})
}

func TestConnectOpensTheSessionInOnePipelineAfterTheUpgrade(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, nil)
	var writes writeCounter
	db := drivertest.OpenDB(t, srv.DSN(), func(cfg *surrealsql.Config) {
		cfg.Variables = map[string]any{"a": 1, "b": 2}
		cfg.DialContext = writes.dial
	})
	require.NoError(t, drivertest.Lease(t, db).Close())
	require.Equal(t, 2, writes.n, "the upgrade, and all that opens the session")
	require.Len(t, srv.Requests(), 5)
}

// writeCounter counts the writes of one connection.
type writeCounter struct {
	net.Conn
	n int
}

func (w *writeCounter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var err error
	w.Conn, err = new(net.Dialer).DialContext(ctx, network, addr)
	return w, err
}

func (w *writeCounter) Write(b []byte) (int, error) {
	w.n++
	return w.Conn.Write(b)
}

func TestConnectHeadersReachTheServer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	srv := scripted.New(t, func(c *scripted.Conn) {
		mu.Lock()
		got = append(got, c.Path()+" "+c.Header().Get("X-Tenant")+" "+c.Header().Get("X-Request"))
		mu.Unlock()
		c.Serve(nil)
	})
	connects := 0
	db := drivertest.OpenDB(t, srv.DSN("max_uses=1"), func(cfg *surrealsql.Config) {
		cfg.Headers = http.Header{"X-Tenant": {"acme"}}
		cfg.BeforeConnect = func(_ context.Context, cfg *surrealsql.Config) error {
			connects++
			cfg.Headers.Set("X-Request", fmt.Sprint(connects))
			return nil
		}
	})
	for range 2 {
		require.NoError(t, db.PingContext(t.Context()))
	}
	require.Equal(t, []string{"/rpc acme 1", "/rpc acme 2"}, got)
}
