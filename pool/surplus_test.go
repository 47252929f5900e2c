package pool

// Connections above the maximum: who needs them, and when they end.

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

const (
	surplusMax   = 8
	surplusBurst = 12
	surplusDial  = 25 * time.Millisecond // about what signing in takes
)

func TestSurplusOfALoadAroundTheMaximumIsFewConnections(t *testing.T) {
	for name, load := range map[string]struct {
		callers    int
		hold, rest time.Duration
	}{
		"leases as long as a dial":   {16, 2 * surplusDial, 2 * surplusDial},
		"leases shorter than a dial": {16, surplusDial / 4, surplusDial / 4},
		"one caller too many":        {surplusMax + 1, surplusDial / 4, time.Millisecond},
		"too much for the burst":     {20, surplusDial, surplusDial / 4},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := openSurplus(t, s, Settings{})
				work(t, p, load.callers, 20*time.Second, load.hold, load.rest)
				stats := p.Stats()
				requireSound(t, stats)
				require.LessOrEqual(t, stats.PeakTotal, surplusBurst)
				// A dial that was dropped has cost the server as much as one that was not.
				require.LessOrEqual(t, stats.Connects, uint64(4*surplusBurst), "for %d leases", stats.Acquires)
				t.Logf("%d leases, half of them waited %s at most: %d dials", stats.Acquires, stats.AcquireWait.P50, stats.Connects)
			})
		})
	}
}

func TestSpikeHasItsBurstAfterOneDial(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := openSurplus(t, s, Settings{})
		var wg sync.WaitGroup
		for range 5 * surplusBurst {
			wg.Go(func() { hold(t, p, time.Second) })
		}
		synctest.Wait()
		require.Equal(t, surplusMax, p.Stats().Held)
		time.Sleep(surplusDial)
		synctest.Wait()
		require.Equal(t, surplusBurst, p.Stats().Held)
		wg.Wait()
		require.EqualValues(t, surplusBurst, p.Stats().Created)
	})
}

func TestSpikeThatComesBackSoonDialsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := openSurplus(t, s, Settings{})
		for range 10 {
			release(t, acquireMany(t, p, surplusBurst)...)
			time.Sleep(surplusStay - 100*time.Millisecond)
		}
		require.EqualValues(t, surplusBurst, p.Stats().Connects)
	})
}

// With FIFO the small load uses all connections in turn: none is idle for long.
func TestSurplusEndsWhenASpikeIsOver(t *testing.T) {
	for _, order := range []Order{LIFO, FIFO} {
		t.Run(string(order), func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := openSurplus(t, s, Settings{Order: order})
				release(t, acquireMany(t, p, surplusBurst)...)
				require.Equal(t, surplusBurst, p.Stats().Idle)
				work(t, p, 3, 2*surplusStay+p.set.round(), time.Millisecond, time.Millisecond)
				stats := p.Stats()
				require.Equal(t, surplusMax, stats.Total)
				require.Equal(t, surplusMax, s.Open())
				require.EqualValues(t, surplusBurst-surplusMax, stats.ClosedBy[ReasonSurplus])
				requireSound(t, stats)
				time.Sleep(10 * surplusStay)
				require.Equal(t, surplusMax, p.Stats().Total, "no more than those above the maximum")
			})
		})
	}
}

func TestSurplusStaysAsFarAsItIsNeeded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := openSurplus(t, s, Settings{})
		release(t, acquireMany(t, p, surplusBurst)...)
		const needed = surplusMax + 2
		for range 20 {
			release(t, acquireMany(t, p, needed)...)
			time.Sleep(surplusStay / 5)
		}
		stats := p.Stats()
		require.Equal(t, needed, stats.Total)
		require.EqualValues(t, surplusBurst-needed, stats.ClosedBy[ReasonSurplus])
	})
}

func TestSurplusIsNeededByCallersOfAPausedPoolToo(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := openSurplus(t, s, Settings{AcquireTimeout: Disabled})
		release(t, acquireMany(t, p, surplusBurst)...)
		p.Pause()
		var wg sync.WaitGroup
		for range surplusBurst {
			wg.Go(func() { hold(t, p, time.Second) })
		}
		time.Sleep(4 * surplusStay)
		p.Resume()
		wg.Wait()
		require.EqualValues(t, surplusBurst, p.Stats().Connects)
	})
}

// The caller is served before the connection is there that was dialled for it, and
// a moment later the keeper asks what was needed.
func TestSurplusIsNeededByThoseWhoWaitedForItTooLong(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := openSurplus(t, s, Settings{})
		time.Sleep(surplusStay)
		p.mu.Lock()
		asks := p.need.since.Add(surplusStay)
		p.mu.Unlock()
		time.Sleep(time.Until(asks.Add(-2 * surplusDial)))
		held := acquireMany(t, p, surplusMax)
		time.AfterFunc(time.Millisecond, func() { release(t, held...) })
		release(t, acquire(t, p))
		time.Sleep(time.Until(asks.Add(surplusDial)))
		require.Equal(t, surplusMax+1, p.Stats().Idle)
		time.Sleep(surplusStay)
		require.Equal(t, surplusMax, p.Stats().Idle)
	})
}

func openSurplus(t *testing.T, s *site, set Settings) *Pool {
	s.through(slow(surplusDial))
	set.Min, set.Max, set.Burst = surplusMax, surplusMax, surplusBurst
	return s.open(t, set)
}

func acquireMany(t *testing.T, p *Pool, n int) []*surrealsql.Conn {
	conns := make([]*surrealsql.Conn, n)
	for i := range conns {
		conns[i] = acquire(t, p)
	}
	return conns
}

// hold is a caller who keeps a connection for some time.
func hold(t *testing.T, p *Pool, d time.Duration) {
	c, err := p.Acquire(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	time.Sleep(d)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// work lets so many callers take a connection again and again, each for up to
// longest, and rest for up to rest in between.
func work(t *testing.T, p *Pool, callers int, lasts, longest, rest time.Duration) {
	end := time.Now().Add(lasts)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				hold(t, p, rand.N(longest))
				time.Sleep(rand.N(rest))
			}
		})
	}
	wg.Wait()
	synctest.Wait()
}
