package pool

// Leases that last too long.

import (
	"bytes"
	"context"
	"database/sql/driver"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

func TestLeakIsLoggedWithTheStackOfItsBorrower(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var log bytes.Buffer
		p := s.open(t, Settings{LeakAfter: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		borrow := func() *surrealsql.Conn { return acquire(t, p) }
		c := borrow()
		require.Empty(t, p.Leaks())
		time.Sleep(3 * time.Second)
		synctest.Wait()
		leaks := p.Leaks()
		require.Len(t, leaks, 1)
		require.Equal(t, 3*time.Second, leaks[0].Held)
		require.Contains(t, leaks[0].Stack, "TestLeakIsLoggedWithTheStackOfItsBorrower")
		require.Regexp(t, `^github.com/surrealsql/surrealsql/pool\.\(\*Pool\)\.Acquire`, leaks[0].Stack)
		require.EqualValues(t, 1, p.Stats().Leaks, "it is counted once")
		require.Contains(t, log.String(), "a connection is held for long")
		require.Contains(t, log.String(), "TestLeakIsLoggedWithTheStackOfItsBorrower")
		release(t, c)
		require.Empty(t, p.Leaks())
		requireSound(t, p.Stats())
	})
}

func TestLeakTellsHowLongATransactionIsOpen(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		var log bytes.Buffer
		p := s.open(t, Settings{LeakAfter: 4 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		c := acquire(t, p)
		begin := func() driver.Tx {
			tx, err := c.BeginTx(t.Context(), driver.TxOptions{})
			require.NoError(t, err)
			return tx
		}
		time.Sleep(3 * time.Second)
		tx, begun := begin(), time.Now()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		leaks := p.Leaks()
		require.Len(t, leaks, 1)
		require.True(t, leaks[0].TxSince.Equal(begun))
		require.Regexp(t, `a connection is held for long" held=4(\.5)?s tx=1(\.5)?s `, log.String())
		require.Zero(t, p.Stats().LongTxs)

		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Regexp(t, `a transaction is open for long" held=[78](\.5)?s tx=[45](\.5)?s .*TestLeakTells`, log.String())
		require.NoError(t, tx.Commit())
		require.Zero(t, p.Leaks()[0].TxSince, "none is open")
		require.EqualValues(t, 1, p.Stats().LongTxs, "it is counted once")

		require.NoError(t, begin().Rollback())
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, p.Stats().LongTxs, "one that has ended is not")
		tx = begin()
		time.Sleep(time.Minute)
		require.EqualValues(t, 2, p.Stats().LongTxs, "another one on the same lease is")
		require.NoError(t, tx.Rollback())
		require.EqualValues(t, 1, p.Stats().Leaks, "the lease is one leak")
		release(t, c)
		requireSound(t, p.Stats())
	})
}

func TestLeakIsReclaimedWhereThatIsWanted(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1, LeakAfter: time.Second, Reclaim: true})
		c, err := p.DB().Conn(t.Context())
		require.NoError(t, err)
		begun := time.Now()
		other := acquire(t, p)
		require.Less(t, time.Since(begun), 2*time.Second)
		require.Error(t, c.PingContext(t.Context()))
		_ = c.Close()
		synctest.Wait()
		require.Equal(t, 1, p.Stats().Held, "what was taken away is not given back once more")
		require.EqualValues(t, 1, p.Stats().ClosedBy[ReasonReclaim])
		release(t, other)
		synctest.Wait()
		require.Equal(t, 1, s.Open())
		requireSound(t, p.Stats())
	})
}

// slowHandler is a handler of logs that tells of each record, and waits.
type slowHandler struct {
	slog.Handler
	told, goOn chan struct{}
}

func (h slowHandler) Handle(context.Context, slog.Record) error {
	h.told <- struct{}{}
	<-h.goOn
	return nil
}

func TestReclaimTakesNothingFromWhoLeasesTheConnectionNext(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		h := slowHandler{slog.Default().Handler(), make(chan struct{}), make(chan struct{})}
		p := s.open(t, Settings{Max: 1, LeakAfter: time.Second, Reclaim: true, Logger: slog.New(h)})
		late := acquire(t, p)
		<-h.told
		release(t, late)
		next := acquire(t, p)
		close(h.goOn)
		synctest.Wait()
		require.Same(t, late, next, "leased again")
		require.NoError(t, next.Ping(t.Context()))
		require.Zero(t, p.Stats().ClosedBy[ReasonReclaim])
		require.EqualValues(t, 1, p.Stats().Leaks)
		<-h.told
		synctest.Wait()
		require.Error(t, next.Ping(t.Context()), "that lease is a leak of its own by now")
		require.EqualValues(t, 2, p.Stats().Leaks)
		release(t, next)
		requireSound(t, p.Stats())
	})
}

func TestReclaimedLeaseSaysWhoTookItAndWhichSettingsSaySo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSilentSite(t)
		p := s.open(t, Settings{Max: 2, LeakAfter: time.Second, Reclaim: true})
		conn, err := p.DB().Conn(t.Context())
		require.NoError(t, err)
		began := time.Now()
		_, err = p.DB().Exec("SLEEP 1h")
		require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
		require.Less(t, time.Since(began), 2*time.Second)
		synctest.Wait() // both are taken away, in no order
		for _, err := range []error{err, conn.PingContext(t.Context())} {
			require.ErrorContains(t, err, "pool_leak_after is 1s")
			require.ErrorContains(t, err, "pool_reclaim")
			require.NotErrorIs(t, err, ErrClosed)
			require.True(t, surrealsql.IsConnectivity(err))
		}
		require.NoError(t, conn.Close())
	})
}
