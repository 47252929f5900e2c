package surrealsql_test

import (
	"context"
	"database/sql"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/surrealtest"
)

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

func TestSeveralHostsAreTriedInTheirOrderInTurnOrAtRandom(t *testing.T) {
	t.Parallel()
	server, hosts := nodes(t, 3)
	dsn := server.TestDSN(t)
	dialled := func(order surrealsql.LoadBalance, connects int) (addrs []string) {
		db := openDB(t, dsn, func(cfg *surrealsql.Config) {
			cfg.Hosts, cfg.LoadBalance, cfg.MaxUses = hosts, order, 1
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				addrs = append(addrs, addr)
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		})
		for range connects {
			requireGood(t, db)
		}
		return addrs
	}
	require.Equal(t, slices.Repeat(hosts[:1], 4), dialled(surrealsql.InOrder, 4))
	require.Equal(t, slices.Repeat(hosts, 2), dialled(surrealsql.RoundRobin, 6))
	random := dialled(surrealsql.Random, 40) // misses one of three once in 5 million times
	require.Len(t, random, 40)
	for _, host := range hosts {
		require.Contains(t, random, host)
	}
}

func TestAnotherHostServesWhereTheFirstIsDownOrSilent(t *testing.T) {
	t.Parallel()
	_, hosts := nodes(t, 2)
	faults := map[string]func(*surrealtest.Proxy){
		"refuses": (*surrealtest.Proxy).Refuse,
		"resets":  func(p *surrealtest.Proxy) { p.CutAfter(surrealtest.ToServer, 0, surrealtest.CutRST) },
		"silent":  func(p *surrealtest.Proxy) { p.BlackHole(true) },
	}
	for name, fault := range faults {
		t.Run("the first "+name, func(t *testing.T) {
			t.Parallel()
			first := surrealtest.NewProxy(t, hosts[0])
			fault(first)
			db := openDB(t, "surrealdb://root:root@"+first.Addr()+","+hosts[1]+"/ns/db?dial_timeout=2s&connect_attempts=1")
			started := time.Now()
			require.NoError(t, db.PingContext(context.Background()))
			require.Less(t, time.Since(started), 2*time.Second, "a silent host does not use up the others' time")
		})
	}
}

func TestWhereNoHostServesTheErrorNamesThemAll(t *testing.T) {
	t.Parallel()
	var addrs []string
	for range 3 {
		proxy := surrealtest.NewProxy(t, "127.0.0.1:1")
		proxy.Refuse()
		addrs = append(addrs, proxy.Addr())
	}
	db := openDB(t, "surrealdb://"+addrs[0]+","+addrs[1]+","+addrs[2]+"?connect_attempts=1")
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

func TestAHostThatIsNotEvenAskedCostsNoFurtherAttempt(t *testing.T) {
	t.Parallel()
	_, hosts := nodes(t, 1)
	dials := make(map[string]int)
	dsn := "surrealdb://root:root@h1,h2/ns/db?connect_attempts=3&connect_backoff=1ms"
	open := func(other string) *sql.DB {
		clear(dials)
		return openDB(t, dsn, func(cfg *surrealsql.Config) {
			cfg.Hosts[1] = other
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

func TestAPanicOfAHookEndsTheTracersConnect(t *testing.T) {
	t.Parallel()
	var d diary
	// Package pool dials on a goroutine of its own, where a panic becomes an error.
	db := plainDB(t, surrealtest.DSN(t), func(c *surrealsql.Config) {
		c.Tracer = &d
		c.AfterConnect = func(context.Context, *surrealsql.Conn) error { panic("boom") }
	})
	require.PanicsWithValue(t, "boom", func() { _ = db.PingContext(t.Context()) })
	require.Equal(t, []string{"connect 1", "/connect 1 failed"}, d.take())
}
