package pool

// What the errors of a pool say.

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
)

func TestClosedOrDrainedPoolSaysSoAtEveryCall(t *testing.T) {
	limited := errors.New("limited")
	for ending, end := range map[string]func(*Pool) error{
		"Close":               (*Pool).Close,
		"Drain":               func(p *Pool) error { return p.Drain(context.Background()) },
		"Close of the sql.DB": func(p *Pool) error { return p.DB().Close() },
	} {
		t.Run(ending, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				over := false
				p := s.open(t, Settings{ReplicaConfigs: []*surrealsql.Config{s.config(t)}, Gate: func(context.Context) error {
					if over {
						return limited
					}
					return nil
				}})
				faces := map[string]*sql.DB{"DB": p.DB(), "Routed": p.Routed(),
					"Reader": p.Reader(t.Context()), "a replica's DB": p.Replicas()[0].DB()}
				stmts := make(map[string]*sql.Stmt)
				for name, db := range faces {
					var err error
					stmts[name], err = db.Prepare("SELECT 1")
					require.NoError(t, err)
				}
				require.NoError(t, end(p))
				over = true
				synctest.Wait()
				for name, db := range faces {
					_, queried := db.Query("SELECT 1")
					_, executed := db.Exec("CREATE x")
					_, begun := db.Begin()
					_, leased := db.Conn(t.Context())
					_, prepared := db.Prepare("SELECT 1")
					_, stated := stmts[name].Query()
					for call, err := range map[string]error{"Query": queried, "Exec": executed, "Begin": begun, "Conn": leased,
						"Prepare": prepared, "Stmt": stated, "Ping": db.Ping()} {
						require.ErrorIs(t, err, ErrClosed, "%s of %s", call, name)
						require.ErrorIs(t, err, surrealsql.ErrClosed, "%s of %s", call, name)
					}
				}
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				for _, ctx := range []context.Context{t.Context(), ended} {
					_, err := p.Acquire(ctx)
					require.ErrorIs(t, err, ErrClosed, "before any gate and any context")
				}
			})
		})
	}
}

func TestErrorsNameTheNumbersAndTheSettings(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1, Burst: 2, MaxWaiters: 1, AcquireTimeout: time.Second})
		a, b := acquire(t, p), acquire(t, p)
		waited := make(chan error, 1)
		go func() { _, err := p.Acquire(context.Background()); waited <- err }()
		synctest.Wait()
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, ErrTooManyWaiters)
		require.ErrorContains(t, err, "1, and pool_max_waiters is 1; "+
			"of at most 2 connections (pool_burst) 2 are held, 0 are being made and 0 closed")
		err = <-waited
		require.ErrorContains(t, err, "in 1s: of at most 2, 2 are held")
		release(t, a, b)
	})
}
