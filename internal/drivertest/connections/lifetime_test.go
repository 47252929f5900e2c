package connections

import (
	"context"
	"database/sql"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Here time is fake: it passes when every goroutine of a bubble waits. What a
// connection lives through is seen at the server, which is a pipe away.

// inBubble runs a test against a server of pipes.
func inBubble(t *testing.T, script func(*scripted.Conn), params []string, test func(t *testing.T, srv *scripted.Server, db *sql.DB)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, script)
		test(t, srv, drivertest.PlainDB(t, srv.DSN(params...), drivertest.DialTo(srv)))
	})
}

// aside keeps what a test does away from the idle checker's rounds. Its poll of a
// pipe waits for a millisecond and holds a mutex meanwhile, and whoever waits for a mutex
// keeps the time of a bubble from passing: then neither would end.
const aside = 700 * time.Millisecond

// pass lets time pass, and what it sets off happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// life is what a server saw of a connection.
type life struct {
	number int
	lasted time.Duration
	end    scripted.ClientEnd
}

// lives collects the lives of a server's connections.
type lives struct {
	mu    sync.Mutex
	ended []life
}

// script serves a connection until it ends, and notes how.
func (l *lives) script(c *scripted.Conn) {
	began := time.Now()
	c.Greet()
	end := c.ServeUntilClose(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, life{c.Number(), time.Since(began), end})
}

func (l *lives) all() []life {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ended)
}

func TestConnMaxUsesRetiresItAfterSoManyLeases(t *testing.T) {
	t.Parallel()
	var seen lives
	inBubble(t, seen.script, []string{"max_uses=3"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		for range 7 {
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
		}
		tx, err := db.BeginTx(t.Context(), nil) // a transaction is one lease, however much it does
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, drivertest.Exec(t.Context(), tx, "CREATE x"))
		}
		require.NoError(t, tx.Commit())
		synctest.Wait()
		require.Equal(t, 3, srv.Connections(), "3 + 3 + 2 leases")
		require.Len(t, seen.all(), 2)
		for _, life := range seen.all() {
			require.Equal(t, uint16(1000), life.end.Code, "with a Close frame")
		}
		require.Equal(t, 1, drivertest.OpenConns(db))
	})
}

func TestConnWithoutLimitsIsUsedForever(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, []string{"health_check_interval=1h"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		for range 100 {
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			pass(23*time.Hour + aside)
		}
		require.Equal(t, 1, srv.Connections())
	})
}

func TestConnMaxLifetimeWithJitterRetiresThemOneByOne(t *testing.T) {
	t.Parallel()
	const most, jitter, every = time.Hour, 30 * time.Minute, time.Minute
	for name, use := range map[string]bool{"in use": true, "idle": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen lives
			params := []string{"max_lifetime=1h", "lifetime_jitter=30m", "health_check_interval=1m"}
			inBubble(t, seen.script, params, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
				drivertest.FillIdle(t, db, 30)
				began := time.Now()
				pass(aside)
				for time.Since(began) < most+every {
					pass(every)
					if use {
						require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
					}
				}
				ages := make(map[time.Duration]int)
				first := 0
				for _, life := range seen.all() {
					if life.number > 30 {
						continue // a replacement
					}
					first++
					require.GreaterOrEqual(t, life.lasted, most-jitter)
					require.Less(t, life.lasted, most+every+time.Second, "by the next look")
					require.Equal(t, uint16(1000), life.end.Code, "with a Close frame")
					ages[life.lasted.Truncate(every)]++
				}
				require.Equal(t, 30, first)
				require.Greater(t, len(ages), 5, "spread over the minutes: %v", ages)
				pass(aside)
				require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			})
		})
	}
}

func TestConnInUseOutlivesItsLifetimeUntilItIsReturned(t *testing.T) {
	t.Parallel()
	var seen lives
	inBubble(t, seen.script, []string{"max_lifetime=1h"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		conn := drivertest.Lease(t, db)
		pass(3*time.Hour + aside)
		require.NoError(t, drivertest.Exec(t.Context(), conn, "CREATE x"))
		require.Empty(t, seen.all())
		require.NoError(t, conn.Close())
		synctest.Wait()
		require.Len(t, seen.all(), 1)
		require.Zero(t, drivertest.OpenConns(db))
	})
}

func TestConnThatIsIdleIsPingedAndABusyOneIsNot(t *testing.T) {
	t.Parallel()
	params := []string{"health_check_interval=5s", "ping_after_idle=30s"}
	t.Run("idle", func(t *testing.T) {
		inBubble(t, nil, params, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			pass(29 * time.Second)
			require.Zero(t, srv.Count("ping"))
			pass(7 * time.Second)
			require.Equal(t, 1, srv.Count("ping"), "by the first look after ping_after_idle")
			pass(10*time.Minute + aside)
			require.InDelta(t, 18, srv.Count("ping"), 3, "once in 30 to 35 s")
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			require.Equal(t, 1, srv.Connections())
		})
	})
	t.Run("busy", func(t *testing.T) {
		inBubble(t, nil, params, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
			drivertest.FillIdle(t, db, 1)
			pass(aside)
			for range 100 {
				require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
				pass(20 * time.Second)
			}
			require.Zero(t, srv.Count("ping"))
		})
	})
	t.Run("leased", func(t *testing.T) {
		inBubble(t, nil, params, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
			conn := drivertest.Lease(t, db)
			pass(time.Hour + aside)
			require.Zero(t, srv.Count("ping"), "it is its holder's")
			require.NoError(t, conn.Close())
		})
	})
	t.Run("turned off", func(t *testing.T) {
		inBubble(t, nil, []string{"ping_after_idle=0"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
			require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
			pass(24*time.Hour + aside)
			require.Zero(t, srv.Count("ping"))
		})
	})
}

func TestConnThatIsIdleAndWhosePeerFellSilentIsClosed(t *testing.T) {
	t.Parallel()
	left := make(chan time.Time, 1)
	inBubble(t, func(c *scripted.Conn) {
		if c.Number() > 1 {
			c.Serve(nil)
		}
		c.Greet()
		c.Answer(c.Request())
		c.AwaitClose() // the pings are read, and not answered
		left <- time.Now()
	}, []string{"health_check_interval=5s", "ping_after_idle=30s"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
		began := time.Now()
		pass(time.Minute + aside)
		// 30 s until the ping, more than 5 s without an answer, seen at a look.
		require.InDelta(t, 40*time.Second, (<-left).Sub(began), float64(5*time.Second))
		require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE y"), "nobody notices")
		require.Equal(t, 2, srv.Connections())
	})
}

func TestConnThatIsIdleIsWatchedByItsChecker(t *testing.T) {
	t.Parallel()
	deaths := map[string]func(*scripted.Conn){
		"the server's Close frame":     func(c *scripted.Conn) { c.CloseFrame(1001, "going away") },
		"a reply to nobody's question": func(c *scripted.Conn) { c.Reply(99, scripted.None) },
		"a text frame":                 func(c *scripted.Conn) { c.Write(scripted.Frame(scripted.OpText, []byte("hello"))) },
		"junk":                         func(c *scripted.Conn) { c.Write([]byte("junk")) },
	}
	for name, die := range deaths {
		t.Run(name+" closes them", func(t *testing.T) {
			t.Parallel()
			var seen lives
			inBubble(t, func(c *scripted.Conn) {
				if c.Number() > 3 {
					c.Serve(nil)
				}
				began := time.Now()
				c.Greet()
				time.Sleep(time.Minute)
				die(c)
				end := c.AwaitClose()
				seen.mu.Lock()
				defer seen.mu.Unlock()
				seen.ended = append(seen.ended, life{c.Number(), time.Since(began), end})
			}, []string{"health_check_interval=5s"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
				drivertest.FillIdle(t, db, 3)
				pass(time.Minute + 5*time.Second + aside)
				require.Len(t, seen.all(), 3, "by the next look")
				require.NoError(t, db.PingContext(t.Context()))
			})
		})
	}
}

func TestConnThatIsIdleAnswersTheServersPings(t *testing.T) {
	t.Parallel()
	var slowest time.Duration
	inBubble(t, func(c *scripted.Conn) {
		c.Greet()
		for {
			asked := time.Now()
			c.Ping("are you there?")
			if string(c.AwaitPong()) != "are you there?" {
				t.Error("another payload came back")
			}
			slowest = max(slowest, time.Since(asked))
		}
	}, []string{"health_check_interval=5s"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		drivertest.FillIdle(t, db, 1)
		pass(time.Hour + aside)
		require.LessOrEqual(t, slowest, 5*time.Second+time.Second)
		require.NotZero(t, slowest)
		require.Equal(t, 1, srv.Connections())
	})
}

func TestConnThatIsLostHasItsIdleSiblingsPinged(t *testing.T) {
	t.Parallel()
	inBubble(t, func(c *scripted.Conn) {
		c.Serve(func(r scripted.Request) {
			if r.Text == "SELECT die" {
				c.Drop()
				c.AwaitClose()
				return
			}
			c.Answer(r)
		})
	}, []string{"health_check_interval=1h"}, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		conn := drivertest.Lease(t, db)
		drivertest.FillIdle(t, db, 4)
		began := time.Now()
		require.ErrorIs(t, drivertest.Scan(t.Context(), conn, "SELECT die"), surrealsql.ErrOutcomeUnknown)
		synctest.Wait()
		pass(50 * time.Millisecond) // a look at a pipe takes a millisecond
		require.Equal(t, 4, srv.Count("ping"))
		require.Less(t, time.Since(began), time.Second, "not by the next round, which is an hour away")
		require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
		require.Equal(t, 5, srv.Connections(), "who answers stays")
	})
}

// A machine that vanished sends no FIN. Once one of its connections is lost, nobody gets
// another one before that has answered: be it by a FIN, or because the system has given it up.
func TestConnThatIsSilentIsNotHandedOutAfterASiblingWasLost(t *testing.T) {
	t.Parallel()
	for _, end := range []error{io.EOF, syscall.ETIMEDOUT, syscall.EHOSTUNREACH} {
		t.Run(end.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { loseOneOfThree(t, end) })
		})
	}
}

func loseOneOfThree(t *testing.T, end error) {
	srv := scripted.Pipes(t, func(c *scripted.Conn) {
		if c.Number() > 3 {
			c.Serve(nil)
		}
		c.Greet()
		if c.Number() == 1 {
			c.Request()
			c.Drop()
		}
		c.AwaitClose() // reads, and answers no more
	})
	db := drivertest.PlainDB(t, srv.DSN("health_check_interval=1h", "query_timeout=1m"), func(cfg *surrealsql.Config) {
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := srv.Dial(ctx, network, addr)
			return &endsBy{nc, end}, err
		}
	})
	conn := drivertest.Lease(t, db)
	drivertest.FillIdle(t, db, 2)
	require.ErrorIs(t, drivertest.Scan(t.Context(), conn, "SELECT die"), surrealsql.ErrOutcomeUnknown)
	began := time.Now()
	pass(aside) // meanwhile the idle checker has pinged both
	require.NoError(t, drivertest.Exec(t.Context(), db, "CREATE x"))
	require.Equal(t, 1, srv.Count("query")-1, "sent once, to the server that is there")
	require.InDelta(t, 5*time.Second, time.Since(began), float64(time.Second), "the two siblings are waited for together")
	require.Equal(t, 4, srv.Connections())
}

// endsBy is a connection whose end is read as another error.
type endsBy struct {
	net.Conn
	end error
}

func (c *endsBy) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.EOF {
		err = c.end
	}
	return n, err
}

func TestConnThatIsTheLastEndsTheIdleChecker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, nil)
		cfg, err := surrealsql.ParseDSN(srv.DSN())
		require.NoError(t, err)
		cfg.DialContext = srv.Dial
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		for range 3 {
			conn, err := connector.Connect(t.Context())
			require.NoError(t, err)
			other, err := connector.Connect(t.Context())
			require.NoError(t, err)
			pass(time.Minute + aside)
			require.NoError(t, conn.Close())
			require.NoError(t, other.Close())
		}
		// The connector is dropped, not closed. A goroutine that it left behind
		// would be a deadlock of the bubble.
	})
}

func TestConnReturnedAfterThePoolWasClosedIsClosedToo(t *testing.T) {
	t.Parallel()
	var seen lives
	inBubble(t, seen.script, nil, func(t *testing.T, srv *scripted.Server, db *sql.DB) {
		conn := drivertest.Lease(t, db)
		require.NoError(t, db.Close())
		require.NoError(t, drivertest.Exec(t.Context(), conn, "CREATE x"), "the lease is honoured")
		require.NoError(t, conn.Close())
		synctest.Wait()
		require.Len(t, seen.all(), 1)
		require.Equal(t, scripted.ClientEnd{Code: 1000, Err: io.EOF}, seen.all()[0].end)
	})
}
