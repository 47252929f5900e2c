package breaker_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// When a circuit opens and closes, in fake time on a server of pipes.

func TestBreakerOpensProbesAndCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 3, OpenFor: 10 * time.Second}, nil, once)
		require.NoError(t, b.connect(t.Context()))
		b.Fail(drivertest.Refuse)
		for range 3 {
			require.Equal(t, breaker.Closed, b.breaker.State(home))
			require.ErrorIs(t, b.connect(t.Context()), drivertest.ErrRefused)
		}
		require.Equal(t, breaker.Open, b.breaker.State(home))
		require.Equal(t, 10*time.Second, b.requireOpen(t).Delay)
		time.Sleep(10*time.Second - 1)
		require.Equal(t, time.Duration(1), b.requireOpen(t).Delay)

		time.Sleep(time.Nanosecond)
		require.Equal(t, breaker.HalfOpen, b.breaker.State(home))
		require.ErrorIs(t, b.connect(t.Context()), drivertest.ErrRefused, "a probe, which fails")
		require.Equal(t, 10*time.Second, b.requireOpen(t).Delay, "open again for as long")

		time.Sleep(10 * time.Second)
		b.Fail(nil)
		require.NoError(t, b.connect(t.Context()), "a probe, which succeeds")
		require.Equal(t, breaker.Closed, b.breaker.State(home))
		require.Equal(t, []string{
			home + ": closed to open", home + ": open to half-open", home + ": half-open to open",
			home + ": open to half-open", home + ": half-open to closed",
		}, b.all)
		require.Equal(t, 6, b.Dialled(home))
	})
}

func TestBreakerStaysClosedWhereAnAnswerComesBetweenFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 2}, nil, once)
		for range 5 {
			b.Fail(drivertest.Refuse)
			require.ErrorIs(t, b.connect(t.Context()), drivertest.ErrRefused)
			b.Fail(nil)
			require.NoError(t, b.connect(t.Context()))
		}
		require.Empty(t, b.all)
	})
}

func TestBreakerCountsEachAttemptOfAConnectAndEndsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 2}, nil, func(c *surrealsql.Config) { c.ConnectAttempts = 50 })
		b.Fail(drivertest.Refuse)
		err := b.connect(t.Context())
		require.ErrorIs(t, err, breaker.ErrOpen)
		require.Equal(t, 2, b.Dialled(home))
	})
}

func TestBreakerOpensForAServerThatAcceptsAndStaysSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent := func(c *scripted.Conn) { c.Stall() }
		b := newSite(t, breaker.Settings{Failures: 2}, silent, once)
		for range 2 {
			require.True(t, surrealsql.IsTimeout(b.connect(t.Context())))
		}
		b.requireOpen(t)
	})
}

func TestBreakerLearnsNothingFromACancelledConnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		silent := func(c *scripted.Conn) { c.Stall() }
		b := newSite(t, breaker.Settings{Failures: 1, OpenFor: time.Second}, silent, once)
		leave := func() {
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := time.AfterFunc(time.Second, func() { cancel(errors.New("the program's own reason")) })
			defer stop.Stop()
			require.Error(t, b.connect(ctx))
		}
		leave()
		require.Equal(t, breaker.Closed, b.breaker.State(home))
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		time.Sleep(time.Second)
		b.Fail(nil)
		leave()
		require.Equal(t, breaker.HalfOpen, b.breaker.State(home), "the probe told nothing, and another one may follow")
		b.Fail(drivertest.Refuse)
		require.ErrorIs(t, b.connect(t.Context()), drivertest.ErrRefused)
		require.Equal(t, breaker.Open, b.breaker.State(home))
	})
}

func TestBreakerTakesWhatTheServerAnswersForNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script := func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { c.ReplyError(r.ID, -32000, "Internal", "An error occurred: no") })
		}
		b := newSite(t, breaker.Settings{Failures: 1}, script, once)
		c, err := b.connector.Connect(t.Context())
		require.NoError(t, err)
		for range 3 {
			_, err := c.(driver.ExecerContext).ExecContext(t.Context(), `THROW 'no'`, nil)
			require.True(t, surrealsql.IsThrown(err), "%v", err)
		}
		require.NoError(t, c.Close())
		require.Empty(t, b.all)
	})
}

func TestBreakerTakesAnAnswerThatIsTooLargeForAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		large := func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) { c.QueryResult(r.ID, strings.Repeat("x", 10_000)) })
		}
		b := newSite(t, breaker.Settings{Failures: 1}, large, once, func(c *surrealsql.Config) { c.MaxMessageSize = 5000 })
		for range 3 {
			c, err := b.connector.Connect(t.Context())
			require.NoError(t, err)
			_, err = c.(driver.ExecerContext).ExecContext(t.Context(), `RETURN large`, nil)
			require.ErrorIs(t, err, surrealsql.ErrMessageTooLarge)
			_ = c.Close()
		}
		require.Empty(t, b.all)
	})
}

func TestBreakerTakesARefusedPasswordAndAHookThatFailsForNoFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script := func(c *scripted.Conn) {
			for {
				if r := c.Request(); r.Method == "signin" {
					c.ReplyError(r.ID, -32002, "NotAllowed", "There was a problem with authentication")
				} else {
					c.Answer(r)
				}
			}
		}
		b := newSite(t, breaker.Settings{Failures: 1}, script, once)
		require.True(t, surrealsql.IsAuth(b.connect(t.Context())))

		b = newSite(t, breaker.Settings{Failures: 1}, nil, once, func(c *surrealsql.Config) {
			c.AfterConnect = func(context.Context, *surrealsql.Conn) error { return errors.New("not today") }
		})
		require.ErrorContains(t, b.connect(t.Context()), "not today")
		require.Empty(t, b.all)

		b = newSite(t, breaker.Settings{Failures: 1}, nil, once, func(c *surrealsql.Config) {
			c.CredentialSource = func(context.Context) (string, string, error) {
				return "", "", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("the vault is down")}
			}
		})
		require.ErrorContains(t, b.connect(t.Context()), "the vault is down")
		require.Empty(t, b.all)
	})
}

func TestBreakerTakesARefusalAtTheHandshakeForAnAnswerUnlessTheServerHasNoTime(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]breaker.State{
		http.StatusUnauthorized:       breaker.Closed,
		http.StatusForbidden:          breaker.Closed,
		http.StatusServiceUnavailable: breaker.Open,
	} {
		srv := scripted.Listen(t, func(c *scripted.Conn) { c.Refuse(status, "no") })
		cfg, err := surrealsql.ParseDSN(srv.DSN("connect_attempts=1"))
		require.NoError(t, err)
		circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Hour})
		circuit.Install(cfg)
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		_, err = connector.Connect(t.Context())
		require.ErrorContains(t, err, http.StatusText(status))
		require.Equal(t, want, circuit.State(srv.Addr()), status)
	}
}

// onQuery serves queries with a script of the connection.
func onQuery(f func(*scripted.Conn)) func(*scripted.Conn) {
	return func(c *scripted.Conn) { c.Serve(func(scripted.Request) { f(c) }) }
}

func TestBreakerCountsAQueryThatLosesItsConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 2}, onQuery((*scripted.Conn).Drop), once)
		conns := make([]driver.Conn, 2)
		for i := range conns {
			var err error
			conns[i], err = b.connector.Connect(t.Context())
			require.NoError(t, err)
		}
		for _, c := range conns {
			require.Empty(t, b.all)
			_, err := c.(driver.ExecerContext).ExecContext(t.Context(), `CREATE a`, nil)
			require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			_ = c.Close()
		}
		b.requireOpen(t)
	})
}

func TestBreakerLearnsNothingFromAQueryWhoseContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 1}, onQuery((*scripted.Conn).Stall), once)
		c, err := b.connector.Connect(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.(driver.ExecerContext).ExecContext(ctx, `SLEEP 1h`, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_ = c.Close()
		require.Empty(t, b.all)
	})
}

func TestBreakerThatIsHalfOpenClosesWhenAQueryIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 1, OpenFor: time.Second}, nil, once)
		c, err := b.connector.Connect(t.Context())
		require.NoError(t, err)
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		query := func() {
			_, err := c.(driver.ExecerContext).ExecContext(t.Context(), `CREATE a`, nil)
			require.NoError(t, err)
		}
		query()
		require.Equal(t, breaker.Open, b.breaker.State(home), "not while it is open")
		time.Sleep(time.Second)
		query()
		require.Equal(t, breaker.Closed, b.breaker.State(home))
		require.NoError(t, c.Close())
	})
}

func TestBreakerRefusesOthersWhileProbesAreUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 1, OpenFor: time.Second, Probes: 2}, nil, once)
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		time.Sleep(time.Second)
		answer := make(chan struct{})
		b.Fail(func(ctx context.Context) (net.Conn, error) {
			<-answer
			return b.Server.Dial(ctx, "", "")
		})
		probes := make(chan error, 2)
		for range 2 {
			go func() { probes <- b.connect(t.Context()) }()
		}
		synctest.Wait()
		require.Zero(t, b.requireOpen(t).Delay)
		close(answer)
		require.NoError(t, errors.Join(<-probes, <-probes))
		require.Equal(t, breaker.Closed, b.breaker.State(home))
		require.Equal(t, 3, b.Dialled(home))
	})
}

func TestBreakerIsOneForEachHostAndTheNextOneServes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 2, OpenFor: time.Hour}, nil, func(c *surrealsql.Config) {
			c.Hosts = []string{"down", "up"}
			inner := c.DialContext
			c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				nc, err := inner(ctx, network, addr)
				if addr == "down:8000" && err == nil {
					_ = nc.Close()
				}
				return nc, err
			}
		})
		for range 10 {
			require.NoError(t, b.connect(t.Context()))
			time.Sleep(10 * time.Second) // so long the driver itself leaves a host alone
		}
		require.Equal(t, 2, b.Dialled("down:8000"))
		require.Equal(t, 10, b.Dialled("up:8000"))
		require.Equal(t, breaker.Open, b.breaker.State("down:8000"))
		require.Equal(t, breaker.Closed, b.breaker.State("up:8000"))
	})
}

// A server that accepts and never answers is worse than one that refuses.
func TestBreakerOfPlainSQLOpensForASilentServer(t *testing.T) {
	t.Parallel()
	server := surrealtest.New(t, surrealtest.Options{})
	proxy := surrealtest.NewProxy(t, server.Addr(0))
	circuit := breaker.New(breaker.Settings{Failures: 2, OpenFor: time.Hour})
	db := drivertest.PlainDB(t, proxy.DSN(server.TestDSN(t))+"?connect_attempts=1&connect_timeout=100ms", circuit.Install)
	proxy.BlackHole(true)
	for range 2 {
		require.True(t, surrealsql.IsTimeout(db.PingContext(t.Context())))
	}
	require.ErrorIs(t, db.PingContext(t.Context()), breaker.ErrOpen)
}

func TestBreakerErrTellsWhileItIsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newSite(t, breaker.Settings{Failures: 1, OpenFor: time.Second}, nil, once)
		require.NoError(t, b.breaker.Err(home))
		b.Fail(drivertest.Refuse)
		require.Error(t, b.connect(t.Context()))
		require.Equal(t, &breaker.OpenError{Addr: home, Delay: time.Second}, b.breaker.Err(home))
		require.NoError(t, b.breaker.Err("another:8000"))
		time.Sleep(time.Second)
		require.NoError(t, b.breaker.Err(home), "a probe may be made")
	})
}
