package failures

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Connections that come back after a streamed call was given up: for whom, when, and on what
// transports. All in fake time.

// stopsAfter is a server of pipes that stops a stream so long after it was asked to.
func stopsAfter(t testing.TB, d time.Duration) *scripted.Server {
	sent := make(chan struct{}, 100)
	return scripted.Pipes(t, func(c *scripted.Conn) {
		stopScript(t, 2, plainFrames(), stopping{stop: func(c *scripted.Conn, stream, cancel uint64, _ []scripted.Raw) {
			c.Reply(cancel, scripted.None)
			time.Sleep(d)
			c.Stream(stream, scripted.StreamStopped(0))
		}}, sent, streamed)(c)
	}).Streaming()
}

// returning opens a database whose connections have cancelTimeout to come back.
func returning(t testing.TB, srv *scripted.Server, change ...func(*surrealsql.Config)) *sql.DB {
	change = append([]func(*surrealsql.Config){drivertest.DialTo(srv)}, change...)
	return drivertest.PlainDB(t, srv.DSN("stream=always", "cancel_timeout="+cancelTimeout.String(), "health_check_interval=0"), change...)
}

// giveUp makes a streamed call and gives it up.
func giveUp(t testing.TB, db drivertest.Queryer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := readFrom(ctx, db, streamed)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A lease may do something else for as long as it likes between two calls.
func TestFramesGivenUpLongAgoLeaveALeaseAndATransactionUsable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, time.Millisecond)
		db := returning(t, srv)
		conn := drivertest.Lease(t, db)
		giveUp(t, conn)
		time.Sleep(10 * cancelTimeout)
		require.NoError(t, drivertest.Exec(t.Context(), conn, "UPDATE y"))
		tx := drivertest.Begin(t, db)
		giveUp(t, tx)
		time.Sleep(10 * cancelTimeout)
		require.NoError(t, tx.Commit())
		require.Equal(t, 2, srv.Connections())
	})
}

// A wrapper of the driver may hide IsValid from database/sql, and so does who has a pool of his
// own.
func TestFramesGivenUpAreWaitedForByTheNextLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, cancelTimeout/2)
		conn := drivertest.Connect(t, srv.DSN("stream=always", "cancel_timeout="+cancelTimeout.String()), drivertest.DialTo(srv))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := conn.ExecContext(ctx, streamed, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(cancelTimeout) // the end has come, and nobody has read it
		require.NoError(t, conn.ResetSession(t.Context()))
		_, err = conn.ExecContext(t.Context(), "UPDATE y", nil)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	})
}

// What a lease has changed of the session ends with it.
func TestFramesGivenUpOnALeaseThatIsOverKeepNobodyWaitingForItsSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, 2*cancelTimeout)
		db := drivertest.Solo(returning(t, srv))
		conn := drivertest.Lease(t, db)
		drivertest.Raw(t, conn, func(c *surrealsql.Conn) error { return c.Let(t.Context(), "x", 1) })
		giveUp(t, conn)
		require.NoError(t, conn.Close())
		began := time.Now()
		require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
		require.Equal(t, cancelTimeout, time.Since(began))
	})
}

// Of two who need a connection, while one is to come back, the other makes one.
func TestFramesGivenUpLetNobodyWaitForAConnectionOfSomebodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, cancelTimeout/2)
		db := returning(t, srv)
		giveUp(t, db)
		began := time.Now()
		took, done := make(chan time.Duration, 3), make(chan struct{})
		defer close(done)
		for range cap(took) {
			go func() {
				conn, err := db.Conn(t.Context())
				took <- time.Since(began)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				<-done // else the next would have this one
			}()
		}
		require.Zero(t, <-took)
		require.Zero(t, <-took)
		require.Equal(t, cancelTimeout/2, <-took)
		require.Equal(t, 3, srv.Connections())
	})
}

func TestFramesGivenUpNeverMakeMoreConnectionsThanThePoolMayHave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, cancelTimeout/2)
		db := returning(t, srv, func(cfg *surrealsql.Config) {
			cfg.BeforeClose = func(*surrealsql.Conn) { time.Sleep(time.Second) }
		})
		db.SetMaxOpenConns(2)
		giveUp(t, db)
		time.Sleep(cancelTimeout/2 + time.Second + time.Second/4) // it has come back, and nobody needed it: it is being closed
		done := make(chan error, 2)
		for range cap(done) {
			go func() { done <- drivertest.Exec(t.Context(), db, "SLEEP 1s") }()
		}
		time.Sleep(time.Second / 2)
		require.LessOrEqual(t, srv.Open(), 2)
		require.NoError(t, <-done)
		require.NoError(t, <-done)
	})
}

// A hook that ends its goroutine (as a test does that fails) must not keep the others waiting.
func TestFramesGivenUpSurviveAHookThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := stopsAfter(t, cancelTimeout/2)
		db := returning(t, srv, func(cfg *surrealsql.Config) {
			cfg.MaxLifetime, cfg.LifetimeJitter = time.Second+cancelTimeout/4, time.Nanosecond // over while it is waited for
			var once sync.Once                                                                 // the test's goroutine closes the other connection
			cfg.BeforeClose = func(*surrealsql.Conn) { once.Do(runtime.Goexit) }
		})
		conn := drivertest.Lease(t, db)
		giveUp(t, conn)
		require.NoError(t, conn.Close())
		began := time.Now()
		require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
		require.LessOrEqual(t, time.Since(began), cancelTimeout)
	})
}

// What is being waited for, or has just come back, is gone when Close returns.
func TestFramesGivenUpLeaveNothingBehindAClosedDB(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{0, cancelTimeout / 4, cancelTimeout / 2, cancelTimeout} {
		synctest.Test(t, func(t *testing.T) {
			srv := stopsAfter(t, cancelTimeout/2)
			sockets := 0
			db := returning(t, srv, func(cfg *surrealsql.Config) {
				cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
					nc, err := srv.Dial(ctx, network, addr)
					sockets++
					return &countedEnd{nc, sync.OnceFunc(func() { sockets-- })}, err
				}
			})
			giveUp(t, db)
			time.Sleep(wait)
			require.NoError(t, db.Close())
			require.Zero(t, sockets, wait)
		})
	}
}

// countedEnd counts when it is closed.
type countedEnd struct {
	net.Conn
	count func()
}

func (c *countedEnd) Close() error {
	c.count()
	return c.Conn.Close()
}

// untimed is a transport without deadlines, as a channel of an SSH connection is.
type untimed struct{ net.Conn }

var errUntimed = errors.New("no deadlines")

func (untimed) SetDeadline(time.Time) error      { return errUntimed }
func (untimed) SetReadDeadline(time.Time) error  { return errUntimed }
func (untimed) SetWriteDeadline(time.Time) error { return errUntimed }

func TestFramesComeOnTransportsWithoutDeadlinesToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, func(c *scripted.Conn) {
			c.Serve(func(r scripted.Request) {
				switch {
				case r.Text != streamed:
					c.Answer(r)
				case r.Method == "query_stream":
					c.Stream(r.ID, begun, scripted.StreamRows(0, 1))
					time.Sleep(time.Second)
					c.Stream(r.ID, scripted.StreamRows(0, 2), finished, ended)
				default:
					time.Sleep(time.Second)
					c.QueryResult(r.ID, 1, 2)
				}
			})
		}).Streaming()
		db := returning(t, srv, func(cfg *surrealsql.Config) {
			dial := srv.Dial
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				nc, err := dial(ctx, network, addr)
				return untimed{nc}, err
			}
		})
		for range 3 {
			got, err := readFrom(t.Context(), db, streamed)
			require.NoError(t, err)
			require.Len(t, got, 2)
		}
		require.Equal(t, 1, srv.Connections())
	})
}

// The stream may end while the server is being asked whether it still runs. The answer is
// taken all the same, or it would be taken for the next call's.
func TestFramesThatEndAsTheServerIsAskedLeaveTheConnectionUsable(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(c *scripted.Conn, id uint64){
		"the refusal": func(c *scripted.Conn, id uint64) {
			c.ReplyError(id, -32602, "Validation", "A streaming query with this request id is already in progress")
		},
		"an empty stream": func(c *scripted.Conn, id uint64) {
			c.Stream(id, scripted.StreamBegin(0), scripted.StreamEnd(0))
		},
	} {
		for _, late := range []time.Duration{0, time.Millisecond} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					srv := scripted.Pipes(t, func(c *scripted.Conn) {
						c.Serve(func(r scripted.Request) {
							switch {
							case r.Method == "query_stream" && r.Text == streamed:
								c.Stream(r.ID, begun, scripted.StreamRows(0, 1), scripted.StreamRows(0, 2))
							case r.Method == "query_stream" && r.Text == "":
								c.Stream(r.ID, scripted.StreamRows(0, 3), finished, ended)
								time.Sleep(late)
								answer(c, r.ID)
							default:
								c.Answer(r)
							}
						})
					}).Streaming()
					conn := drivertest.Lease(t, returning(t, srv))
					rows, err := conn.QueryContext(t.Context(), streamed)
					require.NoError(t, err)
					require.True(t, rows.Next())
					time.Sleep(5 * time.Second)
					n := 1
					for rows.Next() {
						n++
					}
					require.NoError(t, rows.Err())
					require.Equal(t, 3, n)
					require.NoError(t, rows.Close())
					time.Sleep(time.Second)
					require.NoError(t, drivertest.Exec(t.Context(), conn, "UPDATE y"))
					require.Equal(t, 1, srv.Connections())
				})
			})
		}
	}
}
