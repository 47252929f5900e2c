package pool_test

// Replicas that cannot be reached, and how they come back.

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/breaker"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/pool"
)

// atOnce sends n reads and asserts that none waits: all that takes time is a look at a
// pipe, a millisecond, for a connection that was idle.
func (b *bubble) atOnce(t *testing.T, reads func(*testing.T, int) string, n int) string {
	t.Helper()
	started := time.Now()
	who := reads(t, n)
	require.LessOrEqual(t, time.Since(started), time.Duration(n)*time.Millisecond)
	return who
}

// later sends one routed read, and returns where its error will be.
func (b *bubble) later(t *testing.T) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := b.Routed().ExecContext(t.Context(), `SELECT * FROM x`)
		done <- err
	}()
	synctest.Wait()
	return done
}

// patient is a breaker that leaves it to the pools to find out.
func patient() *breaker.Breaker { return breaker.New(breaker.Settings{Failures: 1000}) }

func TestReadWaitsForNoReplicasBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{
			Breaker: patient(), MaxUses: 1, ConnectBackoff: time.Minute, MaxConnectBackoff: time.Minute,
		})
		b.turn("a", true)
		require.Equal(t, "bbbbbb", b.atOnce(t, b.routed, 6))
		require.Equal(t, "bbbb", b.atOnce(t, b.reads, 4))
		b.turn("b", true)
		require.Equal(t, "wwww", b.atOnce(t, b.routed, 4))
		require.Equal(t, "wwww", b.atOnce(t, b.reads, 4))
		require.Equal(t, 1, b.Dialled("a:8000"), "the pauses are kept")

		b.turn("a", false)
		time.Sleep(time.Minute) // the probe of a was wanted all the time: it is made by itself
		synctest.Wait()
		require.Equal(t, 2, b.Dialled("a:8000"))
		require.Equal(t, "aaaa", b.atOnce(t, b.routed, 4))
		b.turn("b", false)
		time.Sleep(time.Minute)
		b.routed(t, 2)
		require.Contains(t, []string{"abab", "baba"}, b.atOnce(t, b.routed, 4))
	})
}

// onTheWay is a gate that calls the function of a context: what happens between the
// choice of a replica and the look for a connection of it.
func onTheWay(ctx context.Context) error {
	if happen, ok := ctx.Value(way{}).(func()); ok {
		happen()
	}
	return nil
}

type way struct{}

func TestReplicaThatNobodyReadsFromIsNotProbed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient()})
		b.turn("a", true)
		require.Equal(t, "b", b.routed(t, 1))
		time.Sleep(time.Hour)
		require.Equal(t, 1, b.Dialled("a:8000"))
	})
}

func TestReplicaInItsBackoffServesWithTheConnectionsItHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{
			Breaker: patient(), Gate: onTheWay, ConnectBackoff: time.Minute, MaxConnectBackoff: time.Minute,
		})
		a := b.Replicas()[0]
		first, err := a.Acquire(t.Context())
		require.NoError(t, err)
		b.turn("a", true)
		waiting := b.later(t) // a's dial fails
		require.NoError(t, <-waiting, "b serves, although one of a's connections may come back")
		require.Equal(t, "b", b.asked.take())
		require.Equal(t, "bb", b.atOnce(t, b.routed, 2), "a's only connection is held")
		require.NoError(t, first.Close())
		require.Contains(t, b.atOnce(t, b.routed, 2), "aa", "the driver pings it first: a dial failed meanwhile")
		require.Contains(t, []string{"abab", "baba"}, b.atOnce(t, b.routed, 4))
		require.EqualValues(t, 1, a.Stats().ConnectErrors)

		b.routed(t, 1)
		var taken *surrealsql.Conn
		ctx := context.WithValue(t.Context(), way{}, func() {
			if taken == nil {
				taken, err = a.Acquire(t.Context())
				require.NoError(t, err)
			}
		})
		started := time.Now()
		for range 2 { // one of them is a's turn: its connection is taken when the read is on its way
			_, err := b.Routed().ExecContext(ctx, `SELECT * FROM x`)
			require.NoError(t, err)
		}
		require.Equal(t, "bb", b.asked.take())
		require.Less(t, time.Since(started), 10*time.Millisecond)
		require.NoError(t, taken.Close())
	})
}

func TestReadThatWaitsForAReplicaGoesOnWhenItsDialFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient(), ConnectBackoff: time.Hour, MaxConnectBackoff: time.Hour})
		a := b.Replicas()[0]
		held, err := a.Acquire(t.Context())
		require.NoError(t, err)
		release := b.Stall("a:8000")
		b.turn("a", true)
		waiting := b.later(t)
		own := make(chan error, 1)
		go func() { own <- a.DB().PingContext(t.Context()) }() // has nowhere else to go
		synctest.Wait()
		require.Equal(t, 2, a.Stats().Waiters)
		started := time.Now()
		release()
		require.NoError(t, <-waiting)
		require.Equal(t, "b", b.asked.take())
		require.Zero(t, time.Since(started))
		require.Equal(t, 1, a.Stats().Waiters)
		require.NoError(t, held.Close())
		require.NoError(t, <-own)
	})
}

func TestReplicaIsProbedWhileOthersServe(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]breaker.Settings{
		"after its breaker was open": {Failures: 1, OpenFor: time.Second},
		"after a dial that failed":   {Failures: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, pool.Settings{Breaker: breaker.New(settings), MaxUses: 1})
				b.turn("a", true)
				b.turn("b", true)
				require.Equal(t, "www", b.atOnce(t, b.routed, 3))
				time.Sleep(time.Second)
				b.turn("a", false)
				b.turn("b", false)
				release := b.Stall("a:8000")
				before := b.Dialled("a:8000")
				require.Regexp(t, "^w+b+$", b.atOnce(t, b.routed, 6))
				require.Regexp(t, "^b+$", b.atOnce(t, b.reads, 6))
				require.Equal(t, 1, b.Replicas()[0].Stats().Connecting)
				require.LessOrEqual(t, b.Dialled("a:8000"), before+1, "one finds out for all")
				release()
				synctest.Wait()
				require.Contains(t, []string{"abab", "baba"}, b.atOnce(t, b.routed, 4))
			})
		})
	}
}

// newOutage is a bubble all of whose servers have just been found to be down.
func newOutage(t *testing.T, pause time.Duration) *bubble {
	b := newBubble(t, pool.Settings{Breaker: patient(), MaxUses: 1, ConnectBackoff: pause, MaxConnectBackoff: pause})
	for _, host := range []string{"a", "b", "w"} {
		b.turn(host, true)
	}
	_, err := b.Routed().ExecContext(t.Context(), `SELECT * FROM x`)
	require.ErrorIs(t, err, drivertest.ErrRefused)
	return b
}

func TestReadWaitsForWhoMayComeBackWhereNobodyIsHealthy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newOutage(t, time.Second)
		b.turn("b", false)
		require.Equal(t, "b", b.routed(t, 1), "not the writer's error")
	})
	synctest.Test(t, func(t *testing.T) {
		b := newOutage(t, time.Second)
		b.turn("a", false)
		b.turn("b", false)
		require.Contains(t, []string{"a", "b"}, b.reads(t, 1))
	})
}

func TestReadWhoseTimeIsOverSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newOutage(t, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := b.Routed().ExecContext(ctx, `SELECT * FROM x`)
		var timeout *pool.AcquireTimeoutError
		require.ErrorAs(t, err, &timeout)
		require.Equal(t, time.Second, timeout.Waited)
		require.ErrorIs(t, err, drivertest.ErrRefused)
	})
}

func TestWriterIsProbedWhereItWouldHaveToServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newOutage(t, time.Second)
		b.turn("w", false)
		require.NotNil(t, b.Reader(t.Context()))
		time.Sleep(time.Second)
		require.Equal(t, "ww", b.atOnce(t, b.routed, 2))
	})
}

// trip opens a's breaker by a pool of somebody else: a's own pool knows nothing.
func (b *bubble) trip(t *testing.T, circuit *breaker.Breaker) {
	t.Helper()
	cfg := &surrealsql.Config{Hosts: []string{"a"}, Namespace: "ns", Database: "db", DialContext: b.Pipes.Dial, ConnectAttempts: 1}
	other, err := pool.New(t.Context(), cfg, pool.Settings{Breaker: circuit})
	require.NoError(t, err)
	b.turn("a", true)
	require.Error(t, other.DB().PingContext(t.Context()))
	b.turn("a", false)
	require.NoError(t, other.Close())
	require.Equal(t, breaker.Open, circuit.State("a:8000"))
}

func TestReplicaThatIsFullIsProbedByItsQueries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Second})
		b := newBubble(t, pool.Settings{Breaker: circuit, Max: 1})
		require.Equal(t, "abab", b.routed(t, 4))
		b.trip(t, circuit)
		require.Equal(t, "bb", b.atOnce(t, b.routed, 2))
		time.Sleep(time.Second)
		held, err := b.Replicas()[0].Acquire(t.Context())
		require.NoError(t, err)
		require.Equal(t, "bb", b.atOnce(t, b.routed, 2), "it has nothing to be probed with")
		require.NoError(t, held.Close())
		require.Contains(t, []string{"abab", "baba"}, b.atOnce(t, b.routed, 4))
		require.Equal(t, breaker.Closed, circuit.State("a:8000"))
	})
}

func TestReplicaWithRoomIsProbedByADialWhateverItHas(t *testing.T) {
	t.Parallel()
	for has := range 2 {
		synctest.Test(t, func(t *testing.T) {
			circuit := breaker.New(breaker.Settings{Failures: 1, OpenFor: time.Second})
			b := newBubble(t, pool.Settings{Breaker: circuit, Max: 2})
			b.routed(t, 2*has)
			b.trip(t, circuit)
			time.Sleep(time.Second)
			release := b.Stall("a:8000")
			require.Equal(t, "bbbb", b.atOnce(t, b.routed, 4))
			require.Equal(t, "bbbb", b.atOnce(t, b.reads, 4))
			release()
			synctest.Wait()
			require.Contains(t, b.atOnce(t, b.routed, 2), "a")
			require.Equal(t, has+1, b.Replicas()[0].Stats().Total)
		})
	}
}

func TestReplicaThatIsClosedAloneIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, pool.Settings{Breaker: patient(), Max: 1})
		a := b.Replicas()[0]
		held, err := a.Acquire(t.Context())
		require.NoError(t, err)
		waiting := b.later(t) // it is a's turn
		require.Equal(t, 1, a.Stats().Waiters)
		require.NoError(t, a.Close())
		require.NoError(t, <-waiting)
		require.Equal(t, "b", b.asked.take())
		require.Equal(t, "bbbb", b.atOnce(t, b.routed, 4))
		require.Equal(t, "bbbb", b.atOnce(t, b.reads, 4))
		require.NoError(t, held.Close())
	})
}
