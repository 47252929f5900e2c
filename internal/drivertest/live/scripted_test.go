package live

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
	"github.com/surrealsql/surrealsql/internal/wire"
)

// Servers that misbehave while a live query is open.

// liveID is the CBOR of the id of a live query.
func liveID(n byte) scripted.Raw { return wire.AppendUUID(nil, [16]byte{15: n}) }

// notification is one of a live query, about the record t:n.
func notification(of byte, action string, n int) []byte {
	id := append(append([]byte{0xC8, 0x82}, scripted.Value("t")...), scripted.Value(n)...)
	return scripted.Notification(map[string]any{
		"action": action, "id": liveID(of), "record": scripted.Raw(id), "result": map[string]any{"n": n}, "session": scripted.None,
	})
}

// registered answers a LIVE SELECT.
func registered(c *scripted.Conn, r scripted.Request, n byte) {
	c.QueryResults(r.ID, scripted.OK(liveID(n)))
}

// liveServer answers the first LIVE SELECT of a connection, and then does what a script says.
func liveServer(t testing.TB, script func(c *scripted.Conn)) *scripted.Server {
	return scripted.New(t, liveScript(script))
}

func liveScript(script func(c *scripted.Conn)) func(c *scripted.Conn) {
	return func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case strings.HasPrefix(r.Text, "LIVE"):
				registered(c, r, 1)
			case strings.HasPrefix(r.Text, "RETURN $session"):
				c.Answer(r)
				script(c)
			case strings.HasPrefix(r.Text, "RETURN"):
				c.QueryResults(r.ID, scripted.OK(42))
			default:
				c.Answer(r)
			}
		})
	}
}

func TestLiveNotificationsOfOtherQueriesAreDropped(t *testing.T) {
	t.Parallel()
	srv := liveServer(t, func(c *scripted.Conn) {
		for n := range 3 {
			c.Message(notification(2, "CREATE", 7))
			c.Message(notification(1, "CREATE", n))
		}
		c.Message(notification(2, "KILLED", 7))
		c.Message(notification(1, "KILLED", 0))
	})
	db := drivertest.OpenDB(t, srv.DSN())
	drivertest.RequireUnbroken(t, db, func() {
		rows := follow(t, db, `LIVE SELECT * FROM t`)
		for n := range 3 {
			_, id, _ := next(t, rows)
			require.Equal(t, fmt.Sprint("t:", n), id)
		}
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())
	})
	require.Zero(t, srv.Count("kill"), "the server has ended it")
}

func TestLiveNotificationsBeforeTheReplyAreKept(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if !strings.HasPrefix(r.Text, "LIVE") {
				c.Answer(r)
				return
			}
			c.Message(notification(2, "CREATE", 1))
			c.Message(notification(1, "CREATE", 2))
			registered(c, r, 1)
			c.Message(notification(1, "UPDATE", 3))
			c.Message(notification(1, "KILLED", 3))
		})
	})
	db := drivertest.OpenDB(t, srv.DSN())
	rows := follow(t, db, `LIVE SELECT * FROM t`)
	action, id, _ := next(t, rows)
	require.Equal(t, "CREATE t:2", action+" "+id)
	action, id, _ = next(t, rows)
	require.Equal(t, "UPDATE t:3", action+" "+id)
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

func TestLiveQueryThatIsKilledBeforeItsReplyIsOver(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if strings.HasPrefix(r.Text, "LIVE") {
				c.Message(notification(1, "KILLED", 2))
				registered(c, r, 1)
				return
			}
			c.Answer(r)
		})
	})
	db := drivertest.OpenDB(t, srv.DSN())
	rows := follow(t, db, `LIVE SELECT * FROM t`)
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

func TestLiveRowsEndWithWhatGoesWrong(t *testing.T) {
	t.Parallel()
	whole := scripted.Binary(notification(1, "CREATE", 1))
	for name, tc := range map[string]struct {
		script func(c *scripted.Conn)
		want   string
		check  func(error) bool
	}{
		"a notification without an id":     {func(c *scripted.Conn) { c.Message(scripted.Notification(map[string]any{"action": "CREATE"})) }, "cannot be read", nil},
		"a notification that is a text":    {func(c *scripted.Conn) { c.Message(scripted.Notification("who cares")) }, "cannot be read", nil},
		"a notification without an action": {func(c *scripted.Conn) { c.Message(scripted.Notification(map[string]any{"id": liveID(1)})) }, "cannot be read", nil},
		"a message that is no CBOR":        {func(c *scripted.Conn) { c.Message([]byte{0xff, 0xff}) }, "changes from here on are not seen", surrealsql.IsConnectivity},
		"a reply that nobody asked for":    {func(c *scripted.Conn) { c.Reply(4711, scripted.Value(1)) }, "not in flight", surrealsql.IsConnectivity},
		"ERROR": {func(c *scripted.Conn) {
			c.Message(scripted.Notification(map[string]any{"action": "ERROR", "id": liveID(1), "record": scripted.None, "result": "it broke"}))
		}, "the live query has failed: it broke", nil},
		"FIN":                  {func(c *scripted.Conn) { c.Drop() }, "changes from here on are not seen", surrealsql.IsConnectivity},
		"RST":                  {func(c *scripted.Conn) { c.Reset() }, "changes from here on are not seen", surrealsql.IsConnectivity},
		"FIN within a message": {func(c *scripted.Conn) { c.Write(whole[:len(whole)/2]); c.Drop() }, "EOF", surrealsql.IsConnectivity},
		"a Close frame":        {func(c *scripted.Conn) { c.CloseFrame(1001, "going away") }, "going away", surrealsql.IsConnectivity},
		"a reader that is too slow": {func(c *scripted.Conn) {
			c.CloseFrame(1013, "Notifications were produced faster than this connection read them")
		}, "SURREAL_WEBSOCKET_RESPONSE_CHANNEL_SIZE", func(err error) bool { return surrealsql.IsConnectivity(err) && isLagging(err) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := liveServer(t, tc.script)
			db := drivertest.OpenDB(t, srv.DSN())
			rows := follow(t, db, `LIVE SELECT * FROM t`)
			require.False(t, rows.Next())
			require.ErrorContains(t, rows.Err(), tc.want)
			if tc.check != nil {
				require.True(t, tc.check(rows.Err()), "%v", rows.Err())
			}
			require.NotErrorIs(t, rows.Err(), surrealsql.ErrOutcomeUnknown)
			require.NoError(t, rows.Close())
			require.False(t, rows.Next())
		})
	}
}

func TestLiveFloodIsReadInItsOrder(t *testing.T) {
	t.Parallel()
	const n = 20_000
	srv := liveServer(t, func(c *scripted.Conn) {
		for i := range n {
			c.Message(notification(1, "UPDATE", i))
		}
		c.Message(notification(1, "KILLED", 0))
	})
	db := drivertest.OpenDB(t, srv.DSN(), func(c *surrealsql.Config) { c.LiveBufferSize = 1 << 10 })
	rows := follow(t, db, `LIVE SELECT n FROM t`)
	i := 0
	for ; rows.Next(); i++ {
		var action, id string
		var got int
		require.NoError(t, rows.Scan(&action, &id, &got))
		if got != i {
			require.Equal(t, i, got)
		}
	}
	require.NoError(t, rows.Err(), "a reader that is slow leaves it in the socket, whatever the buffer")
	require.Equal(t, n, i)
}

func TestLiveQueryWhoseContextEndsWithinAMessageKeepsItsConnection(t *testing.T) {
	t.Parallel()
	killed := make(chan struct{})
	whole := scripted.Binary(notification(1, "CREATE", 1))
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case strings.HasPrefix(r.Text, "LIVE"):
				registered(c, r, 1)
			case strings.HasPrefix(r.Text, "RETURN $session"):
				c.Answer(r)
				c.Write(whole[:len(whole)-3])
			case r.Method == "kill":
				close(killed)
				c.Write(whole[len(whole)-3:]) // and more of it that was in flight
				c.Message(notification(1, "CREATE", 2))
				c.Answer(r)
				c.Message(notification(1, "KILLED", 2))
			case strings.HasPrefix(r.Text, "RETURN"):
				c.QueryResults(r.ID, scripted.OK(42))
			default:
				c.Answer(r)
			}
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	ctx, cancel := context.WithCancel(patiently(t))
	defer cancel()
	rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM t`)
	require.NoError(t, err)
	time.AfterFunc(20*time.Millisecond, cancel)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), context.Canceled)
	require.NoError(t, rows.Close())
	drivertest.RequireGood(t, db)
	drivertest.Receive(t, killed, "the kill")
	require.Equal(t, 1, srv.Connections())
}

func TestLiveQueryThatCannotBeKilledCostsItsConnection(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case strings.HasPrefix(r.Text, "LIVE"):
				registered(c, r, 1)
			case r.Method == "kill":
				c.ReplyError(r.ID, -32000, "NotAllowed", "no")
			default:
				c.Answer(r)
			}
		})
	})
	db := drivertest.Solo(drivertest.OpenDB(t, srv.DSN()))
	rows := follow(t, db, `LIVE SELECT * FROM t`)
	require.NoError(t, rows.Close())
	drivertest.MustExec(t, db, `RETURN 1`)
	require.Equal(t, 2, srv.Connections())
}

// ignore reads what comes and answers nothing.
func ignore(c *scripted.Conn) {
	for {
		c.Request()
	}
}

func TestLiveQueryNoticesAPeerThatIsSilent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		script func(c *scripted.Conn)
		after  time.Duration
	}{
		"from the beginning": {ignore, 17 * time.Second},
		"after some pings": {func(c *scripted.Conn) {
			for range 10 {
				c.Ping("")
				c.AwaitPong()
				time.Sleep(5 * time.Second)
			}
			ignore(c)
		}, (9*5 + 17) * time.Second},
		"in the middle of a message": {func(c *scripted.Conn) {
			time.Sleep(time.Second)
			c.Write(scripted.Claim(scripted.OpBinary, 1000))
			ignore(c)
		}, 18 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := scripted.Pipes(t, liveScript(tc.script))
				db := drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv))
				rows, err := db.QueryContext(t.Context(), `LIVE SELECT * FROM t`)
				require.NoError(t, err)
				started := time.Now()
				require.False(t, rows.Next())
				require.Equal(t, tc.after, time.Since(started))
				require.ErrorContains(t, rows.Err(), "the server did not answer a ping")
				require.NoError(t, rows.Close())
				require.NoError(t, db.Close())
			})
		})
	}
}

func TestLiveQueryOutlivesSilenceOfAServerThatAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, func(c *scripted.Conn) { // sends no pings, and answers those of the driver
			c.Serve(func(r scripted.Request) {
				if strings.HasPrefix(r.Text, "LIVE") {
					registered(c, r, 1)
					return
				}
				c.Answer(r)
			})
		})
		db := drivertest.OpenDB(t, srv.DSN(), drivertest.DialTo(srv), func(c *surrealsql.Config) { c.QueryTimeout = time.Second })
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		rows, err := db.QueryContext(ctx, `LIVE SELECT * FROM t`)
		require.NoError(t, err)
		started := time.Now()
		require.False(t, rows.Next())
		require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
		require.Equal(t, time.Hour, time.Since(started), "exactly, and not after query_timeout")
		require.NoError(t, rows.Close())
		require.NoError(t, db.Close())
	})
}

func TestLiveReaderThatLeavesTooMuchInMemoryIsTold(t *testing.T) {
	t.Parallel()
	srv := scripted.New(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			switch {
			case strings.HasPrefix(r.Text, "LIVE"):
				registered(c, r, 1)
			case strings.HasPrefix(r.Text, "CREATE"):
				for i := range 100 {
					c.Message(notification(1, "CREATE", i))
				}
				c.Answer(r)
			default:
				c.Answer(r)
			}
		})
	})
	db := drivertest.OpenDB(t, srv.DSN(), func(c *surrealsql.Config) { c.LiveBufferSize = 4 << 10 })
	conn := drivertest.Lease(t, db)
	rows := follow(t, conn, `LIVE SELECT * FROM t`)
	drivertest.MustExec(t, conn, `CREATE t`) // its notifications come before its reply
	i := 0
	for ; rows.Next(); i++ {
		var action, id string
		var record any
		require.NoError(t, rows.Scan(&action, &id, &record))
		require.Equal(t, fmt.Sprint("t:", i), id)
	}
	require.ErrorIs(t, rows.Err(), surrealsql.ErrLagging)
	require.ErrorContains(t, rows.Err(), "live_buffer_size")
	require.Greater(t, i, 10)
	require.Less(t, i, 100)
	require.NoError(t, rows.Close())
	drivertest.MustExec(t, conn, `RETURN 1`)
	require.Equal(t, 1, srv.Count("kill"))
}
