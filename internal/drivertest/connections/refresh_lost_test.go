package connections

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// What becomes of a refresh token where its exchange is not answered, or the program fails
// beside it. Time is fake.

// exchanging is a server of one record user: each refresh token is exchanged once, for the next.
type exchanging struct {
	gate
	mu     sync.Mutex
	number int // of the refresh token that is good
}

func exchanges() *exchanging {
	e := &exchanging{}
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" {
			e.exchange(c, r)
		}
		return r.Method == "signin"
	}
	return e
}

// exchange answers a sign-in.
func (e *exchanging) exchange(c *scripted.Conn, r scripted.Request) {
	if access, refresh, ok := e.next(r); ok {
		c.Reply(r.ID, scripted.Object("access", access, "refresh", refresh))
	} else {
		refuse(c, r)
	}
}

func refreshNumber(n int) string { return fmt.Sprintf("refresh-s3cret-%d", n) }

// next is the pair that a refresh token is exchanged for.
func (e *exchanging) next(r scripted.Request) (access, refresh string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !bytes.Contains(r.Params[0], []byte(refreshNumber(e.number))) {
		return "", "", false
	}
	e.number++
	return e.token(e.number), refreshNumber(e.number), true
}

// refreshing runs a test against such a server, whose connections begin with its first token.
func refreshing(t *testing.T, e *exchanging, test func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer), change ...func(*surrealsql.Config)) {
	t.Helper()
	k := new(keeper)
	gated(t, &e.gate, func(t *testing.T, srv *scripted.Server, dial dialer) { test(t, srv, k, dial) },
		append([]func(*surrealsql.Config){func(c *surrealsql.Config) {
			k.as(refreshNumber(0))(c)
			c.Namespace, c.Database = "n", "d"
		}}, change...)...)
}

// losing has the exchanges from number on do what how says once they have taken place.
func (e *exchanging) losing(number int, how func(c *scripted.Conn)) *exchanging {
	answer := e.gate.before
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		e.mu.Lock()
		loses := r.Method == "signin" && e.number+1 >= number
		e.mu.Unlock()
		if !loses {
			return answer(c, r)
		}
		e.next(r)
		how(c)
		return true
	}
	return e
}

func TestExchangeThatIsNotAnsweredIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(c *scripted.Conn){
		"the connection is lost": (*scripted.Conn).Reset,
		"the server is silent":   (*scripted.Conn).Stall,
		"it hangs up":            func(c *scripted.Conn) { c.CloseFrame(1001, "bye"); c.Drop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refreshing(t, exchanges().losing(1, how), func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
				ends := dialling(t.Context(), dial, 10)
				for range 10 {
					require.Error(t, (<-ends).err)
				}
				for range 3 {
					_, err := dial(t.Context())
					drivertest.RequireClasses(t, err, "auth")
					require.ErrorContains(t, err, "of no use any more, and not sent again")
				}
				require.Equal(t, 1, srv.Count("signin"))
				require.Zero(t, srv.Count("authenticate"))
				require.Zero(t, k.count())
			}, func(c *surrealsql.Config) { c.ConnectAttempts = 3 })
		})
	}
}

// While the access token lives, its connections do.
func TestExchangeThatIsLostIsFeltWhenTheAccessTokenHasExpired(t *testing.T) {
	t.Parallel()
	refreshing(t, exchanges().losing(2, (*scripted.Conn).Reset), func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		pass(31 * time.Minute)
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		pass(28 * time.Minute)
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		require.Equal(t, 2, srv.Count("signin"))
		pass(2 * time.Minute)
		_, err := dial(t.Context())
		drivertest.RequireClasses(t, err, "auth")
		require.Equal(t, 2, srv.Count("signin"))
		require.Equal(t, 1, k.count())
	})
}

// With a password there is a way on.
func TestExchangeThatIsLostLeavesItToThePassword(t *testing.T) {
	t.Parallel()
	e := exchanges()
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		switch {
		case r.Method != "signin":
			return false
		case bytes.Contains(r.Params[0], []byte("refresh-")):
			c.Reset()
		default:
			c.Reply(r.ID, scripted.Object("access", e.token(1), "refresh", "r"))
		}
		return true
	}
	refreshing(t, e, func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		require.Equal(t, 2, srv.Count("signin"))
		require.Equal(t, "r", k.newest())
	}, func(c *surrealsql.Config) { c.User, c.Password = "ada", "p" })
}

// A sign-up that is not answered may have made the user, whom the next sign-in then finds.
func TestSignUpThatIsNotAnsweredIsNotSentAgain(t *testing.T) {
	t.Parallel()
	e := exchanges()
	made := false
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		switch {
		case r.Method == "signup":
			c.Reset()
		case r.Method == "signin" && made:
			c.Reply(r.ID, scripted.Value(e.token(1)))
		case r.Method == "signin":
			c.ReplyError(r.ID, -32000, "NotFound", "No record was returned")
		default:
			return false
		}
		return true
	}
	refreshing(t, e, func(t *testing.T, srv *scripted.Server, _ *keeper, dial dialer) {
		_, err := dial(t.Context())
		require.Error(t, err)
		for range 3 {
			_, err = dial(t.Context())
			require.ErrorContains(t, err, "a sign-up that was not answered is not sent again")
		}
		require.Equal(t, 1, srv.Count("signup"))
		made = true
		requireAll(t, dialling(t.Context(), dial, 3), 3, 0)
		require.Equal(t, 1, srv.Count("signup"))
	}, func(c *surrealsql.Config) {
		c.User, c.Password, c.RefreshToken, c.OnTokens, c.SignUp = "ada", "p", "", nil, true
	})
}

// Whoever asked for it: its answer is everybody's.
func TestExchangeGoesOnWhereNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	e := exchanges()
	answer := e.gate.before
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" {
			time.Sleep(2 * time.Second)
		}
		return answer(c, r)
	}
	refreshing(t, e, func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		end := <-dialling(ctx, dial, 1)
		drivertest.RequireClasses(t, end.err, "timeout")
		require.Equal(t, time.Second, end.took)
		require.Zero(t, k.count())
		requireAll(t, dialling(t.Context(), dial, 5), 5, time.Second)
		require.Equal(t, 1, srv.Count("signin"))
		require.Equal(t, refreshNumber(1), k.newest())
	})
}

// Nothing has become of it where the server has not looked at it.
func TestExchangeThatIsTurnedAwayIsMadeLater(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]func(c *scripted.Conn, r scripted.Request){
		"a shutdown": func(c *scripted.Conn, r scripted.Request) {
			c.ReplyError(r.ID, -32000, "Internal", "The server is gracefully shutting down")
		},
		"no memory": func(c *scripted.Conn, r scripted.Request) {
			c.CloseFrame(1013, "The server is unable to handle the request")
			c.Drop()
		},
		"an AUTHENTICATE clause": func(c *scripted.Conn, r scripted.Request) {
			c.ReplyError(r.ID, -32006, "Thrown", "An error occurred: not now")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := exchanges()
			answer, first := e.gate.before, true
			e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
				if r.Method == "signin" && first {
					first = false
					turn(c, r)
					return true
				}
				return answer(c, r)
			}
			refreshing(t, e, func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
				_, err := dial(t.Context())
				require.Error(t, err)
				require.NotContains(t, err.Error(), "of no use")
				requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
				require.Equal(t, 2, srv.Count("signin"))
				require.Equal(t, 1, k.count())
			})
		})
	}
}

func TestOnTokensThatPanicsIsMetByThoseWhoConnectAndGivenTheTokensAgain(t *testing.T) {
	t.Parallel()
	panicked := false
	refreshing(t, exchanges(), func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
		require.PanicsWithValue(t, "boom", func() { _, _ = dial(t.Context()) })
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		require.Equal(t, 1, srv.Count("signin"))
		require.Equal(t, refreshNumber(1), k.newest())
	}, func(c *surrealsql.Config) {
		save := c.OnTokens
		c.OnTokens = func(ctx context.Context, t surrealsql.Tokens) error {
			if !panicked {
				panicked = true
				panic("boom")
			}
			return save(ctx, t)
		}
	})
}

// The end of a connector does not cost the token either.
func TestCloseWaitsForAnExchangeThatIsUnderWay(t *testing.T) {
	t.Parallel()
	e := exchanges()
	answer := e.gate.before
	e.gate.before = func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" {
			time.Sleep(time.Second)
		}
		return answer(c, r)
	}
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, e.script)
		var k keeper
		cfg, err := surrealsql.ParseDSN(srv.DSN())
		require.NoError(t, err)
		drivertest.DialTo(srv)(cfg)
		k.as(refreshNumber(0))(cfg)
		cfg.Namespace, cfg.Database = "n", "d"
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		require.Error(t, db.PingContext(ctx))
		require.NoError(t, db.Close())
		require.Equal(t, refreshNumber(1), k.newest())
	})
}

func TestRefreshTokensAreShownToNobody(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	refreshing(t, exchanges().losing(2, (*scripted.Conn).Reset), func(t *testing.T, srv *scripted.Server, k *keeper, dial dialer) {
		conn, err := dial(t.Context())
		require.NoError(t, err)
		pass(2 * time.Hour)
		_, err = dial(t.Context())
		require.Error(t, err)
		logger.Error("x", "conn", conn, "err", err, "tokens", k.saved)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			fmt.Fprintf(&log, verb+verb+verb, conn, err, k.saved)
		}
		require.NotContains(t, log.String(), "s3cret")
	}, func(c *surrealsql.Config) { c.Logger, c.LogQueries = logger, true })
}
