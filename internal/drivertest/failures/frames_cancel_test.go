package failures

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Streamed answers that are given up, at every frame: the caller goes at once, and the
// connection comes back when the server has stopped.

// stopping is how a server behaves that is asked to stop a stream.
type stopping struct {
	name string
	// stop answers the query_cancel; rest are the frames that were not sent.
	stop func(c *scripted.Conn, stream, cancel uint64, rest []scripted.Raw)
	kept bool // the connection serves the next call
}

// hurried makes a Config wait less for what will not come, and longer for what will.
func (s stopping) hurried(cfg *surrealsql.Config) {
	cfg.CancelTimeout = 50 * time.Millisecond
	if s.kept {
		cfg.CancelTimeout = drivertest.Patience
	}
}

func stoppings() []stopping {
	stopped := scripted.StreamStopped(0)
	notRunning := func(c *scripted.Conn, cancel uint64) {
		c.ReplyError(cancel, -32603, "Validation", "No streaming query with this request id is in progress")
	}
	return []stopping{
		{"the reply, and then the end", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			c.Stream(stream, stopped)
		}, true},
		{"the end, and then the reply", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Stream(stream, stopped)
			c.Reply(cancel, scripted.None)
		}, true},
		{"more rows, and then the end", func(c *scripted.Conn, stream, cancel uint64, rest []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			for range 100 {
				c.Stream(stream, scripted.StreamRows(0, 7, 8))
			}
			c.Stream(stream, stopped)
		}, true},
		{"an end that comes later", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			time.Sleep(100 * time.Millisecond)
			c.Stream(stream, stopped)
		}, true},
		{"a stream that had ended", func(c *scripted.Conn, stream, cancel uint64, rest []scripted.Raw) {
			c.Stream(stream, rest...)
			notRunning(c, cancel)
		}, true},
		{"an error in place of the end", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			c.ReplyError(stream, -32000, "Internal", "a frame that cannot be encoded")
		}, true},
		{"a failure and an end", func(c *scripted.Conn, stream, cancel uint64, rest []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			if len(rest) > 1 {
				c.Stream(stream, scripted.StreamFailed(0, "The query was cancelled"))
			}
			c.Stream(stream, stopped)
		}, true},
		{"a reply and no end", func(c *scripted.Conn, _, cancel uint64, _ []scripted.Raw) { c.Reply(cancel, scripted.None) }, false},
		// An end that cannot be sent is dropped (3.3.5), and then there is no stream any more.
		{"a refusal and no end", func(c *scripted.Conn, _, cancel uint64, _ []scripted.Raw) { notRunning(c, cancel) }, true},
		{"an end and no reply", func(c *scripted.Conn, stream, _ uint64, _ []scripted.Raw) { c.Stream(stream, stopped) }, false},
		{"silence", func(*scripted.Conn, uint64, uint64, []scripted.Raw) {}, false},
		{"a FIN", func(c *scripted.Conn, _, _ uint64, _ []scripted.Raw) { c.Drop() }, false},
		{"an RST", func(c *scripted.Conn, _, _ uint64, _ []scripted.Raw) { c.Reset() }, false},
		{"a reply and a Close frame", func(c *scripted.Conn, _, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			c.CloseFrame(1001, "")
		}, false},
		{"half of an end and a FIN", func(c *scripted.Conn, stream, _ uint64, _ []scripted.Raw) {
			b := scripted.Streamed(stream, stopped)
			c.Write(b[:len(b)/2])
			c.Drop()
		}, false},
		{"an end of another stream", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			c.Stream(stream+1000, stopped)
		}, false},
		{"something that is no frame", func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			c.Reply(stream, scripted.Value("stopped"))
		}, false},
	}
}

// stoppable is a server that sends the first k frames to every text given, tells that by
// sent, and stops when it is asked to.
func stoppable(t testing.TB, k int, frames []scripted.Raw, s stopping, sent chan<- struct{}, texts ...string) *scripted.Server {
	return scripted.New(t, stopScript(t, k, frames, s, sent, texts...)).Streaming()
}

func stopScript(t testing.TB, k int, frames []scripted.Raw, s stopping, sent chan<- struct{}, texts ...string) func(c *scripted.Conn) {
	return func(c *scripted.Conn) {
		var running uint64
		c.Serve(func(r scripted.Request) {
			switch {
			case asks(r, texts) && r.Method == "query_stream":
				running = r.ID
				c.Stream(r.ID, frames[:k]...)
				sent <- struct{}{}
			case r.Method == "query_cancel":
				id, err := r.Cancels()
				if err != nil || id != running {
					t.Errorf("cancelled %d instead of %d: %v", id, running, err)
				}
				if k == 0 { // the begin comes in any case
					c.Stream(id, frames[0])
				}
				s.stop(c, id, r.ID, frames[max(k, 1):])
			default:
				c.Answer(r)
			}
		})
	}
}

func TestFramesAreGivenUpAtEveryOneOfThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{streamed, "CREATE x"} {
		for _, s := range stoppings() {
			for k := range len(plainFrames()) {
				t.Run(fmt.Sprintf("%s, %d frames and %s", text, k, s.name), func(t *testing.T) {
					t.Parallel()
					sent := make(chan struct{}, 1)
					srv := stoppable(t, k, plainFrames(), s, sent, text)
					at := make(chan time.Time, 1)
					for _, a := range askingsThat(func() { at <- time.Now() }) {
						if text != streamed && a.rows < 0 {
							continue // rows of a write are waited for, as QueryRow's and Exec's are
						}
						s.meets(t, a, srv, sent, at, k, text)
					}
				})
			}
		}
	}
}

// meets gives one call up when its frames were sent, and asks for something else.
func (s stopping) meets(t *testing.T, a asking, srv *scripted.Server, sent <-chan struct{}, at <-chan time.Time, k int, text string) {
	t.Helper()
	drivertest.RequireOnTime(t, func() time.Duration {
		var used drivertest.Sockets
		db := streams(t, srv, s.hurried, used.Use)
		defer func() { require.NoError(t, db.Close()) }()
		require.NoError(t, db.PingContext(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, err := a.ask(ctx, db, text)
			ended <- err
		}()
		drivertest.Receive(t, sent, "the frames to be sent")
		cancelled := time.Now()
		cancel()
		err := drivertest.Receive(t, ended, "the call to end")
		require.ErrorIs(t, err, context.Canceled, a.name)
		if text != streamed && a.rows == 0 && k < len(plainFrames())-1 {
			require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "%s: the server commits before it tells", a.name)
		}
		returned := drivertest.Receive(t, at, "the call to have returned")
		require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"), "%s: the next caller", a.name)
		s.requireKept(t, &used, a.name)
		return returned.Sub(cancelled)
	})
}

// requireKept asserts that the connection of the call that was given up serves on, or that
// another one has taken its place.
func (s stopping) requireKept(t *testing.T, used *drivertest.Sockets, what string) {
	t.Helper()
	open, opened := used.Count()
	switch {
	case !s.kept:
		require.Equal(t, 2, opened, "%s: the connection was used again", what)
	case drivertest.ThroughPool: // which may make another one meanwhile
		require.Equal(t, opened, open, "%s: a connection was given up", what)
	default:
		require.Equal(t, 1, opened, "%s: the connection was given up", what)
	}
}

// Between two rows nobody waits for the server.
func TestFramesAreGivenUpBetweenTwoRows(t *testing.T) {
	t.Parallel()
	for _, s := range stoppings() {
		for k := 2; k <= 3; k++ {
			for _, how := range []string{"the context", "Close"} {
				t.Run(fmt.Sprintf("by %s, %d frames and %s", how, k, s.name), func(t *testing.T) {
					t.Parallel()
					sent := make(chan struct{}, 1)
					srv := stoppable(t, k, plainFrames(), s, sent, streamed)
					drivertest.RequireOnTime(t, func() time.Duration {
						var used drivertest.Sockets
						db := streams(t, srv, s.hurried, used.Use)
						defer func() { require.NoError(t, db.Close()) }()
						require.NoError(t, db.PingContext(t.Context()))
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						rows, err := db.QueryContext(ctx, streamed)
						require.NoError(t, err)
						require.True(t, rows.Next())
						drivertest.Receive(t, sent, "the frames to be sent")
						started := time.Now()
						if how == "Close" {
							require.NoError(t, rows.Close(), "who leaves early knows")
						} else {
							cancel()
							for rows.Next() {
							}
							require.ErrorIs(t, rows.Err(), context.Canceled)
						}
						after := time.Since(started)
						require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
						s.requireKept(t, &used, how)
						return after
					})
				})
			}
		}
	}
}

// What a text writes is not stopped because its rows are of no interest any more.
func TestFramesOfAWriteAreReadToTheirEndByClose(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"CREATE x", "SELECT VALUE n FROM x; CREATE x", "UPDATE x SET n = 1", "BEGIN; CREATE x; COMMIT", "RETURN fn::write()",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			srv := streaming(t, func(c *scripted.Conn, id uint64) {
				c.Stream(id, begun, scripted.StreamRows(0, map[string]any{"n": 1}))
				time.Sleep(50 * time.Millisecond)
				c.Stream(id, finished, ended)
			}, text)
			db := streams(t, srv)
			rows, err := db.QueryContext(t.Context(), text)
			require.NoError(t, err)
			require.NoError(t, rows.Close())
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			require.Zero(t, srv.Count("query_cancel"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}

// cancelTimeout is how long these tests let a connection take to come back. It is none
// that anything else has.
const cancelTimeout = 700 * time.Millisecond

// In fake time, the caller goes without any time passing, and the connection at
// cancel_timeout: not before, and not after.
func TestFramesThatNeverEndCostTheirConnectionAtCancelTimeout(t *testing.T) {
	t.Parallel()
	for _, s := range stoppings() {
		switch s.name {
		case "a reply and no end", "silence", "an end and no reply":
		default:
			continue
		}
		for k := range len(plainFrames()) {
			synctest.Test(t, func(t *testing.T) {
				sent := make(chan struct{}, 1)
				var gone time.Time
				script := stopScript(t, k, plainFrames(), s, sent, streamed)
				srv := scripted.Pipes(t, func(c *scripted.Conn) {
					defer func() { gone = time.Now() }()
					script(c)
				}).Streaming()
				db := drivertest.OpenDB(t, srv.DSN("stream=always", "cancel_timeout="+cancelTimeout.String(), "health_check_interval=0"), drivertest.DialTo(srv))
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				started := time.Now()
				_, err := readFrom(ctx, db, streamed)
				require.ErrorIs(t, err, context.DeadlineExceeded, "%s, %d frames", s.name, k)
				require.Equal(t, 3*time.Second, time.Since(started), "%s, %d frames", s.name, k)
				time.Sleep(2 * cancelTimeout)
				synctest.Wait()
				require.Equal(t, 3*time.Second+cancelTimeout, gone.Sub(started), "%s, %d frames", s.name, k)
			})
		}
	}
}

func TestFramesThatEndInTimeAreWaitedForByTheNextCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stopping{stop: func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			time.Sleep(cancelTimeout - time.Millisecond)
			c.Stream(stream, scripted.StreamStopped(0))
		}}
		sent := make(chan struct{}, 1)
		srv := scripted.Pipes(t, stopScript(t, 2, plainFrames(), s, sent, streamed)).Streaming()
		db := drivertest.OpenDB(t, srv.DSN("stream=always", "cancel_timeout="+cancelTimeout.String(), "health_check_interval=0"), drivertest.DialTo(srv))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := readFrom(ctx, db, streamed)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(cancelTimeout)
		require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
		require.Equal(t, 1, srv.Connections())
	})
}

// A lease has one connection: its next call waits for that to come back.
func TestFramesGivenUpOnALeaseLeaveItUsable(t *testing.T) {
	t.Parallel()
	s := stoppings()[3] // an end that comes later
	sent := make(chan struct{}, 1)
	srv := stoppable(t, 2, plainFrames(), s, sent, streamed)
	conn := drivertest.Lease(t, streams(t, srv))
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := conn.QueryContext(ctx, streamed)
		require.NoError(t, err)
		require.True(t, rows.Next())
		drivertest.Receive(t, sent, "the frames to be sent")
		cancel()
		for rows.Next() {
		}
		require.ErrorIs(t, rows.Err(), context.Canceled)
		require.NoError(t, drivertest.Exec(t.Context(), conn, "UPDATE y"))
	}
	require.Equal(t, 1, srv.Connections())
	require.Equal(t, 3, srv.Count("query_cancel"))
}

// In a transaction the server may have done part of what was given up.
func TestFramesGivenUpInATransactionDecideWhatMayBecomeOfIt(t *testing.T) {
	t.Parallel()
	for text, writes := range map[string]bool{streamed: false, "CREATE x": true} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := stoppings()[0]
			sent := make(chan struct{}, 1)
			srv := stoppable(t, 2, plainFrames(), s, sent, text)
			db := streams(t, srv)
			giveUp := func() *sql.Tx {
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				left := make(chan error, 1)
				go func() {
					_, err := readFrom(ctx, tx, text)
					left <- err
				}()
				drivertest.Receive(t, sent, "the frames to be sent")
				cancel()
				require.ErrorIs(t, drivertest.Receive(t, left, "the call to end"), context.Canceled)
				return tx
			}
			err := giveUp().Commit()
			if writes {
				require.Error(t, err)
				require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown, "nothing of it is in force: %v", err)
				require.Zero(t, srv.Count("commit"))
			} else {
				require.NoError(t, err)
				require.Equal(t, 1, srv.Count("commit"))
			}
			require.NoError(t, giveUp().Rollback())
			require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
			require.Equal(t, 1, srv.Connections())
		})
	}
}
