package failures

import (
	"context"
	"database/sql/driver"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// How long a host is left alone that does not serve, in fake time.

// twoInBubble are a connector of the hosts first and second, and what decides on the dials of
// the first.
type twoInBubble struct {
	*surrealsql.Connector
	first *scripted.Server
	mu    sync.Mutex
	down  bool
	dials []time.Time // of the first
}

func newTwoInBubble(t *testing.T, params string) *twoInBubble {
	serve := func(c *scripted.Conn) { c.Serve(nil) }
	second := scripted.Pipes(t, serve)
	two := &twoInBubble{first: scripted.Pipes(t, serve)}
	two.Connector = connectorOf(t, "surrealdb://root:root@first,second/ns/db?"+params, func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			switch {
			case addr == "second:8000":
				return second.Dial(ctx, network, addr)
			case two.noteDial():
				<-ctx.Done() // a black hole
				return nil, ctx.Err()
			}
			return two.first.Dial(ctx, network, addr)
		}
	})
	return two
}

func (b *twoInBubble) noteDial() (down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dials = append(b.dials, time.Now())
	return b.down
}

func (b *twoInBubble) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down, b.dials = down, nil
}

// connectFor connects every 50 ms for so long, and returns the pauses between dials of the first.
func (b *twoInBubble) connectFor(t *testing.T, d time.Duration) (pauses []time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		began := time.Now()
		connecting(t, b.Connector)
		require.LessOrEqual(t, time.Since(began), 150*time.Millisecond)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.dials[1:] {
		pauses = append(pauses, b.dials[i+1].Sub(b.dials[i]))
	}
	return pauses
}

const (
	longestRest = 10 * time.Second
	tick        = 200 * time.Millisecond // 50 ms, and what a connect beside a black hole takes
)

func TestHostRestsLongerEachTimeWithinABoundAndIsTriedByOneOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTwoInBubble(t, "")
		b.setDown(true)
		pauses := b.connectFor(t, 3*time.Minute)
		require.Less(t, pauses[0], time.Second+tick)
		for i, pause := range pauses {
			bound := min(time.Second<<i, longestRest)
			require.GreaterOrEqual(t, pause, bound/2, "pause %d of %v", i, pauses)
			require.LessOrEqual(t, pause, bound+tick, "pause %d of %v", i, pauses)
		}
		require.Greater(t, slices.Max(pauses), longestRest/2)

		b.setDown(false)
		time.Sleep(longestRest)
		for range 5 { // it is back within the bound, and the first again
			before := len(b.dials)
			connecting(t, b.Connector)
			require.Equal(t, before+1, len(b.dials))
		}
	})
}

func TestHostThatIsTriedAgainKeepsOnlyOneWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTwoInBubble(t, "")
		b.setDown(true)
		connecting(t, b.Connector)
		time.Sleep(longestRest)
		b.setDown(true)
		var waited sync.Map
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { waited.Store(i, connecting(t, b.Connector)) })
		}
		all.Wait()
		slow := 0
		waited.Range(func(_, took any) bool {
			if took.(time.Duration) >= 50*time.Millisecond {
				slow++
			}
			return true
		})
		require.Equal(t, 1, slow)
		require.Len(t, b.dials, 1)
	})
}

func TestHostThatComesAndGoesRestsLongerEachTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTwoInBubble(t, "")
		connecting(t, b.Connector)
		// each is down until it was tried, and then serves for 5 s
		var rests []time.Duration
		for range 6 {
			b.setDown(true)
			connecting(t, b.Connector)
			lost := time.Now()
			b.setDown(false)
			for len(b.dials) == 0 {
				time.Sleep(10 * time.Millisecond)
				connecting(t, b.Connector)
			}
			rests = append(rests, time.Since(lost))
			time.Sleep(5 * time.Second)
		}
		require.Greater(t, rests[5], longestRest/2-time.Second, "%v", rests)
		require.Less(t, slices.Max(rests), longestRest+time.Second, "%v", rests)

		time.Sleep(30 * time.Second) // it is steady again
		connecting(t, b.Connector)
		b.setDown(true)
		connecting(t, b.Connector)
		b.setDown(false)
		time.Sleep(time.Second)
		connecting(t, b.Connector)
		require.Len(t, b.dials, 1)
	})
}

// A tenth at a time, and none before the host has served for a round.
func TestHostThatIsBackGetsItsConnectionsBitByBit(t *testing.T) {
	t.Parallel()
	for order, want := range map[string][]int{
		"in_order":    {4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 40},
		"round_robin": {4, 8, 12, 16, 20, 20, 20},
		"random":      {4, 8, 12, 16, 20, 20, 20},
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newTwoInBubble(t, "load_balance="+order)
				b.setDown(true)
				leased := leases{t: t, Connector: b.Connector}
				leased.renew()
				b.setDown(false)
				back := time.Now()
				time.Sleep(time.Millisecond) // beside the rounds
				for leased.renew(); b.first.Open() == 0; leased.renew() {
					time.Sleep(time.Second)
				}
				require.LessOrEqual(t, time.Since(back), longestRest+15*time.Second, "its rest, the round that asks, and two more")
				var got []int
				for range want {
					got = append(got, b.first.Open())
					time.Sleep(5 * time.Second)
					leased.renew()
				}
				require.Equal(t, want, got)
				leased.close()
			})
		})
	}
}

// leases are 40 connections that are in use all the time.
type leases struct {
	t testing.TB
	*surrealsql.Connector
	conns []driver.Conn
}

// renew ends all leases, and takes out 40 anew.
func (l *leases) renew() {
	var kept []driver.Conn
	for _, c := range l.conns {
		if c.(driver.Validator).IsValid() {
			kept = append(kept, c)
		} else {
			require.NoError(l.t, c.Close())
		}
	}
	for _, c := range kept {
		require.NoError(l.t, c.(driver.SessionResetter).ResetSession(l.t.Context()))
	}
	for len(kept) < 40 {
		c, err := l.Connect(l.t.Context())
		require.NoError(l.t, err)
		kept = append(kept, c)
	}
	l.conns = kept
	synctest.Wait()
}

func (l *leases) close() {
	for _, c := range l.conns {
		require.NoError(l.t, c.Close())
	}
}

// The first host is the one that is wanted, although it is further away than host_delay.
func TestHostThatIsFarAwayIsNotOvertakenOnceThatIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := scripted.Pipes(t, nil), scripted.Pipes(t, nil)
		c := connectorOf(t, "surrealdb://root:root@far,near/ns/db", func(cfg *surrealsql.Config) {
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr == "near:8000" {
					return near.Dial(ctx, network, addr)
				}
				select {
				case <-time.After(150 * time.Millisecond):
					return far.Dial(ctx, network, addr)
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
		})
		conn, err := c.Connect(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, near.Connections(), "nothing was known")
		time.Sleep(15 * time.Second) // it was asked by itself meanwhile
		for range 5 {
			connecting(t, c)
		}
		require.Equal(t, []int{1 + 5, 1}, []int{far.Connections(), near.Connections()})
		require.False(t, conn.(driver.Validator).IsValid(), "and is returned to")
		require.NoError(t, conn.Close())
	})
}
