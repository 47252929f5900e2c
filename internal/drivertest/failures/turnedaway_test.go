package failures

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/surrealtest"
)

// A server that takes no requests for now has run nothing of the one that it turns away, so
// that is done elsewhere.

// turnings are the ways in which a server turns a request away. It answers a request that
// it has read, or closes the connection instead (3.3.5 does that where its memory is used up).
var turnings = map[string]struct {
	do    func(*scripted.Conn)
	words string
	hint  string
}{
	"shutting down":              {turnAway("Internal", "The server is gracefully shutting down"), "gracefully shutting down", "several hosts"},
	"shutting down, as 2.x says": {turnAway("", "The server is gracefully shutting down"), "gracefully shutting down", "several hosts"},
	"out of memory":              {turnAway("Internal", "The server is unable to handle the request"), "unable to handle the request", "SURREAL_MEMORY_THRESHOLD"},
	"out of memory, by a Close frame": {func(c *scripted.Conn) {
		c.Request()
		c.CloseFrame(1013, "The server is unable to handle the request")
		c.AwaitClose()
	}, "unable to handle the request", "SURREAL_MEMORY_THRESHOLD"},
}

// turnAway answers every request with an error.
func turnAway(kind, message string) func(*scripted.Conn) {
	return func(c *scripted.Conn) {
		for {
			c.ReplyError(c.Request().ID, -32000, kind, message)
		}
	}
}

func TestTurnedAwayRequestIsDoneOnAnotherConnectionWhereThatIsSafe(t *testing.T) {
	t.Parallel()
	for _, call := range doomedCalls() {
		leased := call.name == "Exec on a leased connection"
		for name, turning := range turnings {
			t.Run(call.name+", "+name, func(t *testing.T) {
				t.Parallel()
				srv := dropping(t, call.before(), turning.do)
				db := drivertest.OpenDB(t, srv.DSN())
				err := call.call(t.Context(), db, func() {})
				switch {
				case call.inTx, leased:
					require.Equal(t, leased, errors.Is(err, driver.ErrBadConn), "%v", err)
					require.True(t, surrealsql.IsRetryable(err), err)
					require.True(t, surrealsql.IsConnectivity(err), err)
					require.NotErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
					require.ErrorContains(t, err, turning.words)
					require.ErrorContains(t, err, turning.hint)
					require.NotContains(t, err.Error(), "nothing was sent")
					require.Equal(t, 1, srv.Count(call.request), "it is not sent again by the driver")
				case call.name == "QueryRow":
					require.ErrorIs(t, err, sql.ErrNoRows, "the other connection's answer")
					require.Equal(t, 2, srv.Count(call.request))
				default:
					require.NoError(t, err)
					require.Equal(t, 2, srv.Count(call.request))
				}
				require.NoError(t, drivertest.Exec(t.Context(), db, "UPDATE y"))
				require.Equal(t, 2, srv.Connections(), "the connection has left the pool")
				srv.AwaitOpen(1)
			})
		}
	}
}

// A text that is streamed has run where its stream has begun, whatever ends that.
func TestTurnedAwayStreamIsDoneOnAnotherConnectionUnlessItHasBegun(t *testing.T) {
	t.Parallel()
	streamed := func(do func(*scripted.Conn)) *scripted.Server {
		return scripted.New(t, func(c *scripted.Conn) {
			c.Greet()
			if c.Number() == 1 {
				do(c)
			}
			c.Serve(func(r scripted.Request) {
				c.Stream(r.ID, scripted.StreamBegin(1), scripted.StreamRows(0, map[string]any{"n": 1}), scripted.StreamFinished(0), scripted.StreamEnd(1))
			})
		}).Streaming()
	}
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streamed(turning.do)
			require.Equal(t, 1, drivertest.QueryOne[int](t, streams(t, srv), `SELECT n FROM a`))
			require.Equal(t, []int{2, 2}, []int{srv.Count("query_stream"), srv.Connections()})
		})
	}
	for name, frames := range map[string][]scripted.Raw{
		"begun":    {scripted.StreamBegin(1)},
		"with row": {scripted.StreamBegin(1), scripted.StreamRows(0, map[string]any{"n": 1})},
		"finished": {scripted.StreamBegin(1), scripted.StreamRows(0, map[string]any{"n": 1}), scripted.StreamFinished(0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streamed(func(c *scripted.Conn) {
				c.Stream(c.Request().ID, frames...)
				c.CloseFrame(1013, "The server is unable to handle the request")
				c.AwaitClose()
			})
			err := drivertest.Exec(t.Context(), streams(t, srv), `CREATE a`)
			require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
			require.False(t, surrealsql.IsRetryable(err), err)
			require.Equal(t, 1, srv.Count("query_stream"))
		})
	}
	const words = "The server is gracefully shutting down"
	for name, frames := range map[string][]scripted.Raw{
		"ended by these words":     {scripted.StreamBegin(1), scripted.StreamBroken(0, words)},
		"a statement's by these":   {scripted.StreamBegin(1), scripted.StreamFailed(0, words), scripted.StreamEnd(1)},
		"ended so with a finished": {scripted.StreamBegin(1), scripted.StreamFinished(0), scripted.StreamBroken(1, words)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := streamed(func(c *scripted.Conn) { c.Stream(c.Request().ID, frames...); c.Serve(nil) })
			err := drivertest.Exec(t.Context(), streams(t, srv), `CREATE a`)
			require.ErrorContains(t, err, words)
			require.False(t, surrealsql.IsRetryable(err), err)
			require.Equal(t, 1, srv.Count("query_stream"))
		})
	}
}

// Each statement of a text commits on its own, and none of them has run.
func TestTurnedAwayTextOfSeveralWritesIsDoneElsewhereAsAWhole(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := dropping(t, 0, turning.do)
			db := drivertest.OpenDB(t, srv.DSN())
			conn := drivertest.Lease(t, db)
			err := drivertest.Exec(t.Context(), conn, "CREATE a; CREATE b")
			require.True(t, surrealsql.IsRetryable(err), err)
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE a; CREATE b"))
			require.Equal(t, []int{2, 2}, []int{srv.Count("query"), srv.Connections()})
		})
	}
}

// A transaction is dropped with the connection, so it may be done again as a whole.
func TestTurnedAwayTransactionIsRunAgainAsAWhole(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		for _, at := range []string{"its first statement", "its commit"} {
			t.Run(at+", "+name, func(t *testing.T) {
				t.Parallel()
				answered := 1
				if at == "its commit" {
					answered = 2
				}
				srv := dropping(t, answered, turning.do)
				db := drivertest.OpenDB(t, srv.DSN())
				require.NoError(t, surrealsql.Retry{}.RunTx(t.Context(), db, nil, func(ctx context.Context, tx *sql.Tx) error {
					return drivertest.Exec(ctx, tx, "CREATE x")
				}))
				require.Equal(t, 2, srv.Count("begin"))
				require.Equal(t, 2, srv.Connections())
			})
		}
	}
}

// The words of a user, and those of another Close frame, turn nothing away.
func TestTurnedAwayIsNoTextThatMayHaveRun(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*scripted.Conn){
		"thrown": func(c *scripted.Conn) {
			c.ReplyError(c.Request().ID, -32006, "Thrown", "The server is gracefully shutting down")
			c.Serve(nil)
		},
		"a statement's": func(c *scripted.Conn) {
			c.QueryResults(c.Request().ID, scripted.Failed("The server is gracefully shutting down"))
			c.Serve(nil)
		},
		"another Close frame": func(c *scripted.Conn) {
			c.Request()
			c.CloseFrame(1013, "Notifications were produced faster than this connection read them")
			c.AwaitClose()
		},
		"cancelled in flight": func(c *scripted.Conn) {
			c.ReplyError(c.Request().ID, -32000, "Internal", "The request was cancelled because the WebSocket is closing")
			c.Serve(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := dropping(t, 0, do)
			err := drivertest.Exec(t.Context(), drivertest.OpenDB(t, srv.DSN()), "CREATE x")
			require.Error(t, err)
			require.False(t, surrealsql.IsRetryable(err), err)
			require.NotErrorIs(t, err, driver.ErrBadConn)
			require.Equal(t, 1, srv.Count("query"))
		})
	}
}

func TestTurnedAwayCallNamesTheSlowReaderOfALiveQuery(t *testing.T) {
	t.Parallel()
	srv := dropping(t, 0, func(c *scripted.Conn) {
		c.Request()
		c.CloseFrame(1013, "Notifications were produced faster than this connection read them")
		c.AwaitClose()
	})
	err := drivertest.Exec(t.Context(), drivertest.OpenDB(t, srv.DSN()), "CREATE x")
	require.ErrorIs(t, err, surrealsql.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "a live query's reader was too slow")
}

// The host that turns requests away is tried last for a while, also where its idle
// connections are many.
func TestTurnedAwayHostRestsWhileAnotherServes(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ending := make(chan struct{})
			first := scripted.New(t, func(c *scripted.Conn) {
				c.Greet()
				c.Wait(ending)
				turning.do(c)
			})
			second := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
			db := drivertest.OpenDB(t, "surrealdb://root:root@"+first.Addr()+","+second.Addr()+"/ns/db")
			drivertest.KeepIdle(db, 5)
			drivertest.FillIdle(t, db, 5)
			close(ending)
			for range 5 {
				require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			}
			require.Equal(t, 5, second.Count("query"))
			require.Equal(t, 5, first.Connections(), "no other is asked for")
		})
	}
}

func TestTurnedAwayConnectGoesToAnotherHost(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := scripted.New(t, turning.do)
			second := scripted.New(t, func(c *scripted.Conn) { c.Serve(nil) })
			db := drivertest.OpenDB(t, "surrealdb://root:root@"+first.Addr()+","+second.Addr()+"/ns/db?max_uses=1&connect_attempts=1")
			for range 3 {
				require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			}
			require.Equal(t, 1, first.Connections())
			require.Equal(t, 3, second.Connections())

			alone := drivertest.OpenDB(t, first.DSN()+"?connect_attempts=1")
			err := alone.PingContext(t.Context())
			require.True(t, surrealsql.IsConnectivity(err), err)
			require.ErrorContains(t, err, turning.words)
			require.ErrorContains(t, err, turning.hint)
		})
	}
}

// database/sql connects three times at driver.ErrBadConn.
func TestTurnedAwayConnectIsTriedAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	for name, turning := range turnings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				greeted, attempts int
				init              []string
			}{
				{0, 2, nil},
				{1, 1, []string{"CREATE x"}}, // it may have run in part
			} {
				srv := scripted.New(t, func(conn *scripted.Conn) {
					for range c.greeted {
						conn.Greet()
					}
					turning.do(conn)
				})
				db := drivertest.OpenDB(t, srv.DSN()+"?connect_attempts=2", func(cfg *surrealsql.Config) { cfg.Init = c.init })
				err := drivertest.Exec(t.Context(), db, "CREATE y")
				require.ErrorContains(t, err, turning.words)
				require.True(t, surrealsql.IsConnectivity(err), err)
				require.NotErrorIs(t, err, driver.ErrBadConn)
				require.NotContains(t, err.Error(), "another connection")
				require.Equal(t, c.attempts, srv.Connections())
			}
		})
	}
}

func TestTurnedAwayHostIsTriedInItsTurnAgainAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := scripted.Pipes(t, func(c *scripted.Conn) {
			if c.Number() == 1 {
				c.Greet()
				turnAway("Internal", "The server is gracefully shutting down")(c)
			}
			c.Serve(nil)
		})
		second := scripted.Pipes(t, func(c *scripted.Conn) { c.Serve(nil) })
		db := drivertest.OpenDB(t, "surrealdb://root:root@first,second/ns/db?max_uses=1", func(cfg *surrealsql.Config) {
			cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if addr == "first:8000" {
					return first.Dial(ctx, network, addr)
				}
				return second.Dial(ctx, network, addr)
			}
		})
		connections := func() []int {
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			return []int{first.Connections(), second.Connections()}
		}
		require.Equal(t, []int{1, 1}, connections())
		time.Sleep(5*time.Second - time.Millisecond)
		require.Equal(t, []int{1, 2}, connections())
		time.Sleep(time.Millisecond)
		require.Equal(t, []int{2, 2}, connections())
	})
}

// A host that rests is not given up: it is tried where no other serves.
func TestTurnedAwayHostServesWhereNoOtherDoes(t *testing.T) {
	t.Parallel()
	first := scripted.New(t, func(c *scripted.Conn) {
		if c.Number() == 1 {
			c.Greet()
			turnAway("Internal", "The server is gracefully shutting down")(c)
		}
		c.Serve(nil)
	})
	gone := surrealtest.NewProxy(t, first.Addr())
	require.NoError(t, gone.Refuse(true))
	db := drivertest.OpenDB(t, "surrealdb://root:root@"+first.Addr()+","+gone.Addr()+"/ns/db?connect_attempts=1")
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	require.Equal(t, 2, first.Connections())
}

// 3.3.5 and 4.0.0-beta.1 close the connection at the first request.
func TestTurnedAwayByARealServerWithoutMemoryIsTold(t *testing.T) {
	t.Parallel()
	surrealtest.Needs(t, "3.3")
	full := surrealtest.New(t, surrealtest.Options{Engine: surrealtest.EngineBinary, Env: []string{"SURREAL_MEMORY_THRESHOLD=1MiB"}})
	err := drivertest.OpenDB(t, full.DSN()+"/ns/db?connect_attempts=1").PingContext(t.Context())
	require.True(t, surrealsql.IsConnectivity(err), err)
	require.ErrorContains(t, err, "SURREAL_MEMORY_THRESHOLD")

	db := drivertest.NewDB(t, func(cfg *surrealsql.Config) { cfg.Hosts = append([]string{full.Addr(0)}, cfg.Hosts...) })
	drivertest.RequireGood(t, db)
}
