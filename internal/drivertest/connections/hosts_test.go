package connections

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// Several hosts: in which order they are tried, and what is said where none serves.

// nodes are several ports of the real engine.
func nodes(t testing.TB, n int) (*surrealtest.Server, []string) {
	t.Helper()
	server := surrealtest.New(t, surrealtest.Options{Ports: n})
	hosts := make([]string, n)
	for i := range hosts {
		hosts[i] = server.Addr(i)
	}
	return server, hosts
}

func TestHostsAreTriedInTheirOrderInTurnOrAtRandom(t *testing.T) {
	t.Parallel()
	server, hosts := nodes(t, 3)
	dsn := server.TestDSN(t)
	dialled := func(order surrealsql.LoadBalance, connects int) (addrs []string) {
		// One after the other, or a busy machine's dials would overlap.
		db := drivertest.OpenDB(t, dsn, func(cfg *surrealsql.Config) {
			cfg.Hosts, cfg.LoadBalance, cfg.MaxUses, cfg.HostDelay = hosts, order, 1, surrealsql.Disabled
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				addrs = append(addrs, addr)
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		})
		for range connects {
			drivertest.RequireGood(t, db)
		}
		return addrs
	}
	require.Equal(t, slices.Repeat(hosts[:1], 4), dialled(surrealsql.BalanceInOrder, 4))
	require.Equal(t, slices.Repeat(hosts, 2), dialled(surrealsql.BalanceRoundRobin, 6))
	random := dialled(surrealsql.BalanceRandom, 40) // misses one of three once in 5 million times
	require.Len(t, random, 40)
	for _, host := range hosts {
		require.Contains(t, random, host)
	}
}

func TestHostsServeForOneThatIsDownOrSilent(t *testing.T) {
	t.Parallel()
	_, hosts := nodes(t, 2)
	faults := map[string]func(*surrealtest.Proxy) error{
		"refuses": func(p *surrealtest.Proxy) error { return p.Refuse(true) },
		"resets":  func(p *surrealtest.Proxy) error { p.CutAfter(surrealtest.ToServer, 0, surrealtest.CutRST); return nil },
		"silent":  func(p *surrealtest.Proxy) error { p.BlackHole(true); return nil },
	}
	for name, fault := range faults {
		t.Run("the first "+name, func(t *testing.T) {
			t.Parallel()
			first := surrealtest.NewProxy(t, hosts[0])
			require.NoError(t, fault(first))
			db := drivertest.OpenDB(t, "surrealdb://root:root@"+first.Addr()+","+hosts[1]+"/ns/db?connect_timeout=40s&connect_attempts=1")
			started := time.Now()
			require.NoError(t, db.PingContext(context.Background()))
			require.Less(t, time.Since(started), 20*time.Second, "a silent host does not use up its share of the time")
		})
	}
}

func TestHostsAreAllNamedByTheErrorWhereNoneServes(t *testing.T) {
	t.Parallel()
	var addrs []string
	for range 3 {
		proxy := surrealtest.NewProxy(t, "127.0.0.1:1")
		require.NoError(t, proxy.Refuse(true))
		addrs = append(addrs, proxy.Addr())
	}
	db := drivertest.OpenDB(t, "surrealdb://"+addrs[0]+","+addrs[1]+","+addrs[2]+"?connect_attempts=1")
	err := db.PingContext(t.Context())
	for _, addr := range addrs {
		require.ErrorContains(t, err, addr)
	}
	require.True(t, surrealsql.IsRetryable(err))
}

// refusal is an error of a DialContext that did not ask the host.
type refusal struct{}

func (refusal) Error() string  { return "not now" }
func (refusal) FailFast() bool { return true }

func TestHostThatIsNotEvenAskedCostsNoFurtherAttempt(t *testing.T) {
	t.Parallel()
	_, hosts := nodes(t, 1)
	dials := make(map[string]int)
	dsn := "surrealdb://root:root@h1,h2/ns/db?connect_attempts=3&connect_backoff=1ms"
	open := func(other string) *sql.DB {
		clear(dials)
		return drivertest.OpenDB(t, dsn, func(cfg *surrealsql.Config) {
			cfg.Hosts[1], cfg.HostDelay = other, surrealsql.Disabled
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials[addr]++
				if addr != hosts[0] && addr != "refusing:8000" {
					return nil, refusal{}
				}
				if addr == "refusing:8000" {
					return nil, syscall.ECONNREFUSED
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		})
	}
	require.ErrorIs(t, open("h2:8000").PingContext(t.Context()), refusal{})
	require.Equal(t, map[string]int{"h1:8000": 1, "h2:8000": 1}, dials)

	require.ErrorIs(t, open("refusing:8000").PingContext(t.Context()), syscall.ECONNREFUSED)
	require.Equal(t, 3, dials["refusing:8000"], "for whose sake it is tried again")

	require.NoError(t, open(hosts[0]).PingContext(t.Context()))
	require.Equal(t, 1, dials["h1:8000"])
}

func TestHookThatPanicsEndsTheTracersConnect(t *testing.T) {
	t.Parallel()
	var d diary
	// Package pool dials on a goroutine of its own, where a panic becomes an error.
	db := drivertest.PlainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) {
		c.Tracer = &d
		c.AfterConnect = func(context.Context, *surrealsql.Conn) error { panic("boom") }
	})
	require.PanicsWithValue(t, "boom", func() { _ = db.PingContext(t.Context()) })
	require.Equal(t, []string{"connect 1", "/connect 1 failed"}, d.take())
}

// lateConn has the context end, and the socket be closed for it, while the answer
// to a request is already on its way up.
type lateConn struct {
	net.Conn
	last   []byte // a part of that answer
	end    func()
	once   sync.Once
	closed chan struct{}
	came   atomic.Bool // the answer, before the socket was closed
}

func (c *lateConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if bytes.Contains(b[:n], c.last) {
		c.came.Store(true)
		c.end()
		<-c.closed
	}
	return n, err
}

func (c *lateConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// The share of the first host's time is over when its last answer comes. Where a loaded
// machine's server has not answered by then, Init's outcome is unknown and no other host is
// tried, rightly: so the test gives the next connect a longer share.
func TestConnectTriesTheNextHostWhereAShareEndsWithTheLastAnswer(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Hosts = append(cfg.Hosts, cfg.Hosts[0])
	cfg.ConnectAttempts, cfg.HostDelay = 1, surrealsql.Disabled
	cfg.Protocol = surrealsql.ProtocolCBOR // by which every server is dialled once
	cfg.Init = []string{`RETURN "the last answer"`}
	for _, cfg.ConnectTimeout = range []time.Duration{4 * time.Second, 16 * time.Second, 64 * time.Second} {
		if connectWithTheFirstHostLate(t, cfg) {
			return
		}
	}
	t.Fatal("the first host never answered within its share, not even in half a minute")
}

// connectWithTheFirstHostLate connects, and reports whether the first host's last answer had
// come when its share was over. Only then it requires that the second served.
func connectWithTheFirstHostLate(t *testing.T, cfg *surrealsql.Config) bool {
	cfg = cfg.Clone()
	hooked, dials := 0, 0
	cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error { hooked++; return nil }
	var first *lateConn
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if dials++; dials > 1 || err != nil {
			return conn, err
		}
		first = &lateConn{Conn: conn, last: []byte("the last answer"), end: func() {}, closed: make(chan struct{})}
		return first, nil
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(t.Context())
	if err == nil {
		require.NoError(t, conn.Close())
	}
	if first == nil || !first.came.Load() {
		t.Logf("the first host had not answered within its share of %s: %v", cfg.ConnectTimeout, err)
		return false
	}
	require.NoError(t, err)
	require.Equal(t, []int{2, 1}, []int{dials, hooked})
	return true
}

func TestConnectWhoseContextEndsWithTheLastAnswerFails(t *testing.T) {
	t.Parallel()
	cfg, err := surrealsql.ParseDSN(surrealtest.DSN(t))
	require.NoError(t, err)
	cfg.Init = []string{`RETURN "the last answer"`}
	cfg.AfterConnect = func(context.Context, *surrealsql.Conn) error {
		t.Error("a hook got a connection that is given up")
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		return &lateConn{Conn: conn, last: []byte("the last answer"), end: cancel, closed: make(chan struct{})}, err
	}
	connector, err := surrealsql.NewConnector(cfg)
	require.NoError(t, err)
	conn, err := connector.Connect(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, conn)
}

// What a source of credentials cannot reach is no server of the Config's.
func TestHostIsNotPassedOverForASourceOfCredentialsThatFails(t *testing.T) {
	t.Parallel()
	server, hosts := nodes(t, 2)
	var asked atomic.Int64
	var dialled []string
	db := drivertest.PlainDB(t, server.TestDSN(t), func(cfg *surrealsql.Config) {
		user, password := cfg.User, cfg.Password
		cfg.Hosts, cfg.MaxUses, cfg.HostDelay = hosts, 1, surrealsql.Disabled
		cfg.CredentialSource = func(context.Context) (string, string, error) {
			if asked.Add(1) == 1 {
				return "", "", &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			}
			return user, password, nil
		}
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialled = append(dialled, addr)
			return new(net.Dialer).DialContext(ctx, network, addr)
		}
	})
	drivertest.RequireGood(t, db)
	drivertest.RequireGood(t, db)
	require.Equal(t, []string{hosts[0], hosts[1], hosts[0]}, dialled)
}
