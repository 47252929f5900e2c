package failures

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Several hosts of which some do not serve: connecting to the others beside them.

// nodes are proxies before the server of the tests, as so many nodes of a cluster, and a DSN
// of a database behind all of them.
func nodes(t testing.TB, n int, params ...string) (dsn string, proxies []*surrealtest.Proxy) {
	t.Helper()
	one := surrealtest.DSN(t)
	host := drivertest.HostOf(t, one)
	addrs := make([]string, n)
	for i := range addrs {
		proxies = append(proxies, surrealtest.NewProxy(t, host))
		addrs[i] = proxies[i].Addr()
	}
	dsn = strings.Replace(one, host, strings.Join(addrs, ","), 1)
	if len(params) > 0 {
		dsn += "?" + strings.Join(params, "&")
	}
	return dsn, proxies
}

// across is a DSN of scripted servers as hosts.
func across(servers []*scripted.Server, params ...string) string {
	addrs := make([]string, len(servers))
	for i, srv := range servers {
		addrs[i] = srv.Addr()
	}
	return "surrealdb://root:root@" + strings.Join(addrs, ",") + "/ns/db?" + strings.Join(params, "&")
}

// serving is a server that answers everything.
func serving(t testing.TB) *scripted.Server { return scripted.New(t, nil) }

// connecting makes one connection and closes it, and tells how long it took to make it.
func connecting(t testing.TB, c *surrealsql.Connector) time.Duration {
	t.Helper()
	began := time.Now()
	conn, err := c.Connect(t.Context())
	took := time.Since(began)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	return took
}

func connectorOf(t testing.TB, dsn string, change ...func(*surrealsql.Config)) *surrealsql.Connector {
	t.Helper()
	cfg, err := surrealsql.ParseDSN(dsn)
	require.NoError(t, err)
	for _, c := range change {
		c(cfg)
	}
	c, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

func TestHostThatIsABlackHoleCostsMilliseconds(t *testing.T) {
	t.Parallel()
	const tries, delay = 5, 50 * time.Millisecond
	dsn, proxies := nodes(t, 3)
	// Each connector is a new one, which knows nothing of its hosts.
	best := func() time.Duration {
		var took []time.Duration
		for range tries {
			took = append(took, connecting(t, connectorOf(t, dsn)))
		}
		return slices.Min(took)
	}
	healthy := best()
	proxies[0].BlackHole(true)
	first := best()
	require.Less(t, first, healthy+delay+5*drivertest.Late, "the first connect of a connector waits for host_delay")

	known := connectorOf(t, dsn)
	connecting(t, known)
	dialled := proxies[0].Stats().Accepted
	var later []time.Duration
	for range 10 {
		later = append(later, connecting(t, known))
	}
	t.Logf("healthy %v; with a black hole first %v (%.1f times), later %v (%.1f times)", healthy, first,
		float64(first)/float64(healthy), slices.Min(later), float64(slices.Min(later))/float64(healthy))
	require.LessOrEqual(t, proxies[0].Stats().Accepted, dialled+1, "it rests, and is tried once a second at most")
	require.LessOrEqual(t, slices.Min(later), healthy+drivertest.Late)
	proxies[0].BlackHole(false)
}

func TestHostThatIsSlowIsOvertakenBeforeAnybodySignsInThere(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	slow := scripted.Listen(t, func(c *scripted.Conn) {
		c.ReadUpgrade()
		c.Wait(answer)
		c.Upgrade()
		c.Serve(nil)
	})
	quick := serving(t)
	c := connectorOf(t, across([]*scripted.Server{slow, quick}, "host_delay=10ms"))
	connecting(t, c)
	close(answer)
	slow.AwaitOpen(0)
	require.Equal(t, []int{0, 1}, []int{slow.Count("signin"), quick.Count("signin")})
	require.Equal(t, 1, slow.Connections())
}

// One that has a socket waits while another signs in, and needs no further dial where that
// fails.
func TestHostThatAnsweredServesWhereTheOneBeforeFailsAtTheSignIn(t *testing.T) {
	t.Parallel()
	both := make(chan struct{})
	first := scripted.New(t, func(c *scripted.Conn) {
		c.Request()
		c.Wait(both)
		c.Reset()
	})
	// The second is slow to answer the dial, so that it is under way when the first signs in.
	second := scripted.Listen(t, func(c *scripted.Conn) {
		c.Upgrade()
		if c.Number() == 1 {
			close(both)
		}
		c.Serve(nil)
	})
	gate, tried := make(chan struct{}), sync.Once{}
	c := connectorOf(t, across([]*scripted.Server{first, second}, "host_delay=1ms"), func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == second.Addr() {
				tried.Do(func() { close(gate) })
			} else {
				<-gate // until the second one is tried, too
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	})
	connecting(t, c)
	require.LessOrEqual(t, first.Count("signin"), 1)
	require.Equal(t, 1, second.Connections())
	require.Equal(t, 1, second.Count("signin"))
}

func TestHostThatRefusesThePasswordIsTheLastThatIsAsked(t *testing.T) {
	t.Parallel()
	strict := scripted.New(t, func(c *scripted.Conn) {
		c.ReplyError(c.Request().ID, -32002, "NotAllowed", "There was a problem with authentication")
		c.Serve(nil)
	})
	other := serving(t)
	_, err := connectorOf(t, across([]*scripted.Server{strict, other}, "host_delay=0")).Connect(t.Context())
	require.True(t, surrealsql.IsAuth(err), err)
	require.ErrorContains(t, err, "authentication")
	require.Equal(t, []int{1, 0}, []int{strict.Connections(), other.Connections()})
}

func TestHostThatCannotBeReachedAsOneIsPassedOver(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]func(*scripted.Conn){
		"a proxy without a server behind it": func(c *scripted.Conn) { c.Refuse(http.StatusServiceUnavailable, "no") },
		"a proxy without a route":            func(c *scripted.Conn) { c.Refuse(http.StatusNotFound, "no") },
		"another service":                    func(c *scripted.Conn) { c.ReadUpgrade(); c.Write([]byte("220 smtp ready\r\n\r\n")); c.Drop() },
		"another subprotocol":                func(c *scripted.Conn) { c.UpgradeAs("json"); c.AwaitClose() },
		"a reset":                            func(c *scripted.Conn) { c.Arrived(); c.Reset() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log drivertest.Logbook
			strange, other := scripted.Listen(t, script), serving(t)
			c := connectorOf(t, across([]*scripted.Server{strange, other}, "host_delay=0"), drivertest.WithLog(&log))
			for range 3 {
				connecting(t, c)
			}
			require.Equal(t, 1, strange.Connections(), "then it rests")
			require.Equal(t, 3, other.Connections())
			told := log.Records(t, "a host does not serve")
			require.Len(t, told, 1, "once")
			require.Equal(t, strange.Addr(), told[0]["addr"])
		})
	}
}

func TestHostsThatAreAllGoneAreNamedEachWithItsReason(t *testing.T) {
	t.Parallel()
	const timeout = 600 * time.Millisecond
	refusing := surrealtest.NewProxy(t, "127.0.0.1:1")
	require.NoError(t, refusing.Refuse(true))
	silent := scripted.Listen(t, func(c *scripted.Conn) { c.Stall() })
	mute := scripted.New(t, func(c *scripted.Conn) { c.Stall() }) // from the sign-in on
	busy := scripted.Listen(t, func(c *scripted.Conn) { c.Refuse(http.StatusServiceUnavailable, "overloaded") })
	dsn := "surrealdb://root:root@" + strings.Join([]string{silent.Addr(), mute.Addr(), refusing.Addr(), busy.Addr()}, ",") + "/ns/db"
	for name, delay := range map[string]time.Duration{"beside each other": 10 * time.Millisecond, "one after the other": surrealsql.Disabled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var used drivertest.Sockets
			c := connectorOf(t, dsn, used.Use, func(cfg *surrealsql.Config) {
				cfg.ConnectTimeout, cfg.HostDelay, cfg.ConnectAttempts = timeout, delay, 1
			})
			began := time.Now()
			_, err := c.Connect(t.Context())
			require.Less(t, time.Since(began), timeout+time.Second)
			for addr, why := range map[string]string{
				silent.Addr(): "share of connect_timeout is over", mute.Addr(): "share of connect_timeout is over",
				refusing.Addr(): "refused", busy.Addr(): "503",
			} {
				line := slices.IndexFunc(strings.Split(err.Error(), "\n"), func(line string) bool {
					return strings.Contains(line, addr) && strings.Contains(line, why)
				})
				require.GreaterOrEqual(t, line, 0, "%s: %s in: %v", addr, why, err)
			}
			require.True(t, surrealsql.IsConnectivity(err), err)
			open, _ := used.Count()
			require.Zero(t, open, "nothing is left of it")
		})
	}
}

func TestHostsBesideEachOtherEndWithTheContext(t *testing.T) {
	t.Parallel()
	var silent []*scripted.Server
	for range 3 {
		silent = append(silent, scripted.Listen(t, func(c *scripted.Conn) { _ = c.AwaitEnd() }))
	}
	var used drivertest.Sockets
	c := connectorOf(t, across(silent, "host_delay=1ms"), used.Use)
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*drivertest.Late)
		if end == context.Canceled {
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(drivertest.Late, cancel)
		}
		began := time.Now()
		_, err := c.Connect(ctx)
		cancel()
		require.Error(t, err)
		require.Less(t, time.Since(began), drivertest.Patience/2, "long before connect_timeout would be over")
		require.ErrorIs(t, err, end)
		for _, srv := range silent {
			require.ErrorContains(t, err, srv.Addr())
		}
		open, _ := used.Count()
		require.Zero(t, open, "nothing is left of it")
	}
	for _, srv := range silent {
		require.NotZero(t, srv.Connections())
		srv.AwaitOpen(0)
	}
}

// The caller waits for no dialer of the program's that does not heed its context, and what
// that comes to is closed.
func TestHostWhoseDialDoesNotEndIsLeftBehind(t *testing.T) {
	t.Parallel()
	late, quick := serving(t), serving(t)
	release := make(chan struct{})
	c := connectorOf(t, across([]*scripted.Server{late, quick}, "host_delay=10ms"), func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != late.Addr() {
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
			<-release
			return net.Dial(network, addr)
		}
	})
	began := time.Now()
	connecting(t, c)
	require.Less(t, time.Since(began), drivertest.Patience/2)
	close(release)
	late.Await("the late dial to be closed", func() bool { return late.Connections() == 1 && late.Open() == 0 })
	require.Zero(t, late.Count("signin"))
}

func TestHookThatPanicsBesideAnotherHostPanicsInItsCaller(t *testing.T) {
	t.Parallel()
	first, second := serving(t), serving(t)
	for name, end := range map[string]func(){"a panic": func() { panic("boom") }, "an end of the goroutine": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			var used drivertest.Sockets
			c := connectorOf(t, across([]*scripted.Server{first, second}), used.Use, func(cfg *surrealsql.Config) {
				cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { end(); return nil }
			})
			ended := make(chan any)
			go func() {
				defer close(ended)
				defer func() {
					if v := recover(); v != nil {
						ended <- v
					}
				}()
				_, _ = c.Connect(t.Context())
				ended <- errors.New("Connect has returned")
			}()
			v, panicked := <-ended
			require.Equal(t, name == "a panic", panicked, "%v", v)
			if panicked {
				require.Equal(t, "boom", v)
			}
			used.AwaitOpen(t, 0)
		})
	}
}

func TestHookThatPanicsInAnOvertakenDialLosesNoSocket(t *testing.T) {
	t.Parallel()
	silent, quick := scripted.Listen(t, func(c *scripted.Conn) { c.Stall() }), serving(t)
	var used drivertest.Sockets
	c := connectorOf(t, across([]*scripted.Server{silent, quick}, "host_delay=1ms"), used.Use, func(cfg *surrealsql.Config) {
		cfg.Tracer = panicsWhere(func(end surrealsql.ConnectEnd) bool { return end.Addr == silent.Addr() })
	})
	require.PanicsWithValue(t, "boom", func() { _, _ = c.Connect(t.Context()) })
	used.AwaitOpen(t, 0)
}

// panicsWhere is a tracer that panics at the end of some connects.
type panicsWhere func(surrealsql.ConnectEnd) bool

func (panicsWhere) QueryStart(ctx context.Context, _ surrealsql.QueryStart) context.Context {
	return ctx
}
func (panicsWhere) QueryEnd(context.Context, surrealsql.QueryEnd) {}
func (panicsWhere) ConnectStart(ctx context.Context, _ surrealsql.ConnectStart) context.Context {
	return ctx
}
func (p panicsWhere) ConnectEnd(_ context.Context, end surrealsql.ConnectEnd) {
	if p(end) {
		panic("boom")
	}
}

// What is learnt of one host says nothing of the connections to another.
func TestHostThatIsLostDisturbsNoConnectionToAnother(t *testing.T) {
	t.Parallel()
	dying := make(chan struct{})
	first := scripted.New(t, func(c *scripted.Conn) {
		c.Greet()
		c.Wait(dying)
		c.Reset()
	})
	second := serving(t)
	var log drivertest.Logbook
	db := drivertest.PlainDB(t, across([]*scripted.Server{first, second}, "load_balance=round_robin", "host_delay=0", "health_check_interval=20ms", "ping_after_idle=0"), drivertest.WithLog(&log))
	drivertest.FillIdle(t, db, 6)
	require.Equal(t, []int{3, 3}, []int{first.Open(), second.Open()})
	close(dying)
	require.Eventually(t, func() bool { return len(log.Records(t, "idle connection ended")) == 3 }, drivertest.Patience, time.Millisecond)
	for range 20 {
		require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	}
	require.Equal(t, []int{3, 0}, []int{second.Connections(), second.Count("ping")}, "neither pinged nor replaced")
	require.Equal(t, 20, second.Count("query"))
}

// A server that takes no requests for now upgrades connections all the same.
func TestHostThatTurnsRequestsAwayIsNotTakenForOneThatIsBack(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := scripted.Pipes(t, turning.do)
				second := scripted.Pipes(t, nil)
				var log drivertest.Logbook
				c := connectorOf(t, "surrealdb://root:root@first,second/ns/db", drivertest.WithLog(&log), func(cfg *surrealsql.Config) {
					cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
						to := map[string]*scripted.Server{"first:8000": first, "second:8000": second}[addr]
						return to.Dial(ctx, network, addr)
					}
				})
				conn, err := c.Connect(t.Context())
				require.NoError(t, err)
				time.Sleep(time.Minute)
				require.Greater(t, first.Count("ping"), 3, "it is asked again and again")
				require.Equal(t, 1, first.Count("signin"))
				require.Empty(t, log.Records(t, "a host serves again"))
				require.True(t, conn.(driver.Validator).IsValid())
				require.NoError(t, conn.Close())
			})
		})
	}
}
