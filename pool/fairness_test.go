package pool

// How long callers wait at most, in a pool beside the ideal and in sql.DB.

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	fairClients = 500
	fairConns   = 10
	fairHold    = time.Millisecond
	fairTurns   = 20
	fairIdeal   = fairClients / fairConns * fairHold // each waits for all others to have a turn
)

func TestFairnessLetsNobodyWaitMuchLongerThanOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: fairConns, Max: fairConns})
		waits := contend(t, p.DB())
		longest := waits[len(waits)-1]
		t.Logf("pool:   median %s, longest %s", waits[len(waits)/2], longest)
		require.LessOrEqual(t, longest, fairIdeal*13/10)
		require.EqualValues(t, fairConns, p.Stats().Created)

		db := s.plain(t)
		db.SetMaxOpenConns(fairConns)
		db.SetMaxIdleConns(fairConns)
		waits = contend(t, db)
		t.Logf("sql.DB: median %s, longest %s", waits[len(waits)/2], waits[len(waits)-1])
		require.Greater(t, waits[len(waits)-1], 3*longest, "sql.DB has become fair: docs/pool.md should say so")
	})
}

// contend lets all clients take turns and returns how long each waited, sorted.
func contend(t *testing.T, db *sql.DB) []time.Duration {
	var mu sync.Mutex
	var waits []time.Duration
	var wg sync.WaitGroup
	for range fairClients {
		wg.Go(func() {
			for range fairTurns {
				begun := time.Now()
				c, err := db.Conn(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				waited := time.Since(begun)
				time.Sleep(fairHold)
				_ = c.Close()
				mu.Lock()
				waits = append(waits, waited)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(waits)
	return waits
}
