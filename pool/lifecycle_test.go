package pool

// Pause, Resume, Drain and Close.

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

func TestPauseLetsCallersWaitUntilResume(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: 1})
		p.Pause()
		const pause = 700 * time.Millisecond
		served := make(chan time.Duration, 2)
		begun := time.Now()
		for range 2 {
			go func() {
				c, err := p.Acquire(context.Background())
				if err == nil {
					_ = c.Close()
				}
				served <- time.Since(begun)
			}()
		}
		time.Sleep(pause)
		require.Equal(t, 2, p.Stats().Waiters)
		require.Equal(t, 1, p.Stats().Idle)
		p.Resume()
		require.InDelta(t, pause, <-served, float64(5*time.Millisecond)) // a look at a pipe takes one
		require.InDelta(t, pause, <-served, float64(5*time.Millisecond)) // a look at a pipe takes one
	})
}

func TestPauseKeepsThoseWaitingWhoseDialWasUnderWay(t *testing.T) {
	for name, fails := range map[string]func(context.Context) error{
		"and ends with its context": hang,
		"and fails by itself":       func(context.Context) error { time.Sleep(100 * time.Millisecond); return syscall.ECONNREFUSED },
		"and comes through":         func(context.Context) error { time.Sleep(100 * time.Millisecond); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, s *site) {
				p := s.open(t, Settings{})
				s.through(fails)
				served := make(chan error, 3)
				for range cap(served) {
					go func() {
						c, err := p.Acquire(context.Background())
						if err == nil {
							err = c.Close()
						}
						served <- err
					}()
				}
				synctest.Wait()
				p.Pause() // as the server is being moved, which its dials notice
				time.Sleep(time.Second)
				require.Empty(t, served)
				require.Equal(t, cap(served), p.Stats().Waiters)
				s.through(slow(0))
				p.Resume()
				for range cap(served) {
					require.NoError(t, <-served)
				}
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestResumeBeginsWhenThePauseUnderWayHasReachedAll(t *testing.T) {
	t.Parallel()
	config := func(host string) *surrealsql.Config {
		return &surrealsql.Config{Hosts: []string{host}, Namespace: "ns", Database: "db"}
	}
	p, err := New(t.Context(), config("w"), Settings{ReplicaConfigs: []*surrealsql.Config{config("a")}})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	state := func(p *Pool) state {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.state
	}
	replica := p.Replicas()[0]
	replica.mu.Lock() // Pause does not come further than the writer
	var both sync.WaitGroup
	both.Go(p.Pause)
	require.Eventually(t, func() bool { return state(p) == paused }, patience, time.Millisecond)
	both.Go(p.Resume)
	time.Sleep(20 * time.Millisecond)
	between := state(p)
	replica.mu.Unlock()
	both.Wait()
	require.Equal(t, paused, between, "or one might end paused and the other not")
	require.Equal(t, serving, state(p))
	require.Equal(t, serving, state(replica))
}

func TestCloseWakesAllWaitersAndMayBeRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Max: 1})
		held := acquire(t, p)
		errs := make(chan error)
		for range 10 {
			go func() { _, err := p.DB().Conn(context.Background()); errs <- err }()
		}
		synctest.Wait()
		require.NoError(t, p.Close())
		require.NoError(t, p.Close())
		for range 10 {
			err := <-errs
			require.ErrorIs(t, err, ErrClosed)
			require.ErrorIs(t, err, surrealsql.ErrClosed)
		}
		require.Equal(t, 1, s.Open(), "what is held goes on")
		require.NoError(t, held.Ping(t.Context()))
		release(t, held)
		synctest.Wait()
		require.Zero(t, s.Open())
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, ErrClosed)
		requireSound(t, p.Stats())
	})
}

func TestCloseOfTheDatabaseClosesThePool(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{Min: 2})
		require.NoError(t, p.DB().Close())
		_, err := p.Acquire(t.Context())
		require.ErrorIs(t, err, ErrClosed)
		synctest.Wait()
		require.Zero(t, s.Open())
	})
}

func TestDrainWaitsForAQueryAndATransaction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) {
				if r.Text == "RETURN sleep(2s)" {
					time.Sleep(2 * time.Second)
				}
				c.Answer(r)
			})
		})
		p := s.open(t, Settings{})
		tx, err := p.DB().BeginTx(t.Context(), nil)
		require.NoError(t, err)
		query := make(chan error)
		go func() { _, err := p.DB().Exec("RETURN sleep(2s)"); query <- err }()
		synctest.Wait()
		drained := make(chan error)
		begun := time.Now()
		go func() { drained <- p.Drain(context.Background()) }()
		synctest.Wait()
		_, err = p.DB().Exec("CREATE too_late")
		require.ErrorIs(t, err, ErrClosed)
		require.NoError(t, <-query)
		require.InDelta(t, 2*time.Second, time.Since(begun), float64(5*time.Millisecond)) // a look at a pipe takes one
		time.Sleep(time.Second)
		_, err = tx.Exec("CREATE in_time")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		require.NoError(t, <-drained)
		require.InDelta(t, 3*time.Second, time.Since(begun), float64(5*time.Millisecond))
		synctest.Wait()
		require.Zero(t, s.Open())
		requireSound(t, p.Stats())
	})
}

func TestDrainEndsWithItsContextAndTakesAwayWhatIsHeld(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site) {
		p := s.open(t, Settings{})
		held := acquire(t, p)
		why := errors.New("the deploy goes on")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		begun := time.Now()
		err := p.Drain(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, why)
		require.ErrorContains(t, err, "1 connections were held")
		require.Equal(t, time.Second, time.Since(begun))
		require.Error(t, held.Ping(t.Context()))
		release(t, held)
		synctest.Wait()
		require.Zero(t, s.Open())
		require.NoError(t, p.Drain(t.Context()))
		requireSound(t, p.Stats())
	})
}

// A call was given up on it, and its server has not stopped that: nobody holds it.
func TestCloseAndDrainCutOffWhatSettles(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Pool) error{"Close": (*Pool).Close, "Drain": drained} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *scripted.Conn) {
					c.Serve(func(r scripted.Request) {
						switch r.Method {
						case "query_stream":
							c.Stream(r.ID, scripted.StreamBegin(1))
						case "query_cancel":
							c.Reply(r.ID, scripted.None)
						default:
							c.Answer(r)
						}
					})
				})
				s.Streaming()
				cfg := s.config(t)
				cfg.Stream, cfg.CancelTimeout = surrealsql.StreamAlways, time.Hour
				p, err := New(t.Context(), cfg, Settings{})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err = p.DB().ExecContext(ctx, "CREATE x")
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, 1, p.Stats().Held)
				began := time.Now()
				require.NoError(t, end(p))
				require.Zero(t, time.Since(began))
				synctest.Wait()
				require.Zero(t, s.Open())
				require.Zero(t, p.Stats().Total)
				requireSound(t, p.Stats())
			})
		})
	}
}

func TestOpenWithoutMinimumTakesNoTime(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select chooses at random
		p, err := Open(over, "surrealdb://127.0.0.1:1/a/b")
		require.NoError(t, err)
		require.NoError(t, p.Close())
	}
}
