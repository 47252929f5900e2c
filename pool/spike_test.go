package pool

// A spike of callers, in a pool and in sql.DB.

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	spikeCallers = 50
	spikeWarm    = 5
	spikeDial    = 150 * time.Millisecond
	spikeQuery   = 2 * time.Millisecond
)

func TestSpikeIsServedByTheWarmConnectionsAndNotByDials(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: spikeWarm, Max: spikeCallers})
		s.through(slow(spikeDial))
		longest := spike(t, p.DB())
		require.LessOrEqual(t, longest, 40*time.Millisecond)
		time.Sleep(time.Second)
		synctest.Wait()
		stats := p.Stats()
		requireSound(t, stats)
		require.LessOrEqual(t, stats.Created, uint64(spikeWarm+5))
		require.LessOrEqual(t, stats.PeakConnecting, p.Settings().MaxConnecting)
		t.Logf("pool: nobody waited longer than %s; %d dials survived of %d", longest, stats.Created-spikeWarm, stats.Connects-spikeWarm)

		db := s.plain(t)
		db.SetMaxOpenConns(spikeCallers)
		db.SetMaxIdleConns(spikeCallers)
		s.through(slow(0))
		var warm []*sql.Conn
		for range spikeWarm {
			c, err := db.Conn(t.Context())
			require.NoError(t, err)
			warm = append(warm, c)
		}
		for _, c := range warm {
			require.NoError(t, c.Close())
		}
		s.through(slow(spikeDial))
		t.Logf("sql.DB: somebody waited %s, %d dials", spike(t, db), db.Stats().OpenConnections-spikeWarm)
	})
}

// spike lets all callers come at once and returns the longest time that one of
// them needed beyond its query.
func spike(t *testing.T, db *sql.DB) time.Duration {
	var wg sync.WaitGroup
	waits := make([]time.Duration, spikeCallers)
	for i := range waits {
		wg.Go(func() {
			begun := time.Now()
			c, err := db.Conn(context.Background())
			waits[i] = time.Since(begun)
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(spikeQuery)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	longest := time.Duration(0)
	for _, w := range waits {
		longest = max(longest, w)
	}
	return longest
}
