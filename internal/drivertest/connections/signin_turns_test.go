package connections

import (
	"context"
	"database/sql/driver"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/internal/drivertest"
	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Who waits for whose sign-in, and how long, where servers and networks misbehave. Time is
// fake.

// gate is a server that signs in: with a token for a password, and by that token.
type gate struct {
	version string                                                     // "" means 3.0.2
	key     string                                                     // that signs its tokens
	life    time.Duration                                              // of tokens; 0 means an hour
	before  func(c *scripted.Conn, r scripted.Request) (answered bool) // goes first; may be nil
	takes   func(token string) bool                                    // nil means every token
}

func (g *gate) script(c *scripted.Conn) {
	for {
		r := c.Request()
		switch {
		case g.before != nil && g.before(c, r):
		case r.Method == "signin":
			c.Reply(r.ID, scripted.Value(g.token(c.Number())))
		case r.Method == "authenticate" && g.takes != nil && !g.takes(r.Text):
			refuse(c, r)
		case r.Method == "version" && g.version != "":
			c.Reply(r.ID, scripted.Value("surrealdb-"+g.version))
		default:
			c.Answer(r)
		}
	}
}

func refuse(c *scripted.Conn, r scripted.Request) {
	c.ReplyError(r.ID, -32002, "NotAllowed", "There was a problem with authentication")
}

const secretID = "s3cret-id"

// token is a JWT of an hour. Its clock is wrong.
func (g *gate) token(number int) string {
	life := g.life
	if life == 0 {
		life = time.Hour
	}
	claims := fmt.Sprintf(`{"iat":1000,"exp":%d,"ID":"root","jti":"%s-%d"}`, 1000+int(life.Seconds()), secretID, number)
	return "head." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + g.key
}

// gated runs a test in a bubble against such a server.
func gated(t *testing.T, g *gate, test func(t *testing.T, srv *scripted.Server, dial dialer), change ...func(*surrealsql.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := scripted.Pipes(t, g.script)
		cfg, err := surrealsql.ParseDSN(srv.DSN())
		require.NoError(t, err)
		drivertest.DialTo(srv)(cfg)
		cfg.ConnectAttempts, cfg.ConnectTimeout = 1, 6*time.Second
		for _, c := range change {
			c(cfg)
		}
		connector, err := surrealsql.NewConnector(cfg)
		require.NoError(t, err)
		var mu sync.Mutex
		var conns []driver.Conn
		test(t, srv, func(ctx context.Context) (driver.Conn, error) {
			conn, err := connector.Connect(ctx)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				conns = append(conns, conn)
			}
			return conn, err
		})
		for _, conn := range conns {
			_ = conn.Close()
		}
		require.NoError(t, connector.Close())
	})
}

// dialer is Connector.Connect.
type dialer func(context.Context) (driver.Conn, error)

// outcome is what a dial came to, and after how long.
type outcome struct {
	err  error
	took time.Duration
}

// dialling dials n times at once; the outcomes come in the order of their ends.
func dialling(ctx context.Context, dial dialer, n int) <-chan outcome {
	ends := make(chan outcome, n)
	for range n {
		go func() {
			began := time.Now()
			_, err := dial(ctx)
			ends <- outcome{err, time.Since(began)}
		}()
	}
	return ends
}

func requireAll(t *testing.T, ends <-chan outcome, n int, took time.Duration) {
	t.Helper()
	for range n {
		end := <-ends
		require.NoError(t, end.err)
		require.Equal(t, took, end.took)
	}
}

// silentTo has the first connection get no answer to a method.
func silentTo(method string) func(c *scripted.Conn, r scripted.Request) bool {
	return func(c *scripted.Conn, r scripted.Request) bool {
		if c.Number() == 1 && r.Method == method {
			c.Stall()
		}
		return false
	}
}

func TestSignInThatGetsNoAnswerIsWaitedForWithinABound(t *testing.T) {
	t.Parallel()
	gated(t, &gate{before: silentTo("signin")}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		first := dialling(t.Context(), dial, 1)
		synctest.Wait()
		requireAll(t, dialling(t.Context(), dial, 20), 20, 2*time.Second)
		require.Equal(t, 2, srv.Count("signin"), "one of those that waited has taken over")
		require.Equal(t, 19, srv.Count("authenticate"))
		end := <-first
		require.True(t, surrealsql.IsTimeout(end.err), "%v", end.err)
		require.Equal(t, 6*time.Second, end.took)
	})
}

func TestSignInThatIsGivenUpIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	gated(t, &gate{before: silentTo("signin")}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		ctx, cancel := context.WithCancel(t.Context())
		first := dialling(ctx, dial, 1)
		synctest.Wait()
		others := dialling(t.Context(), dial, 20)
		pass(time.Second)
		cancel()
		requireAll(t, others, 20, time.Second)
		require.ErrorIs(t, (<-first).err, context.Canceled)
		require.Equal(t, 2, srv.Count("signin"))
	})
}

// However long its socket takes to close.
func TestSignInWhoseConnectionIsLostIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	gated(t, &gate{before: func(c *scripted.Conn, r scripted.Request) bool {
		if c.Number() == 1 {
			time.Sleep(time.Second)
			c.Reset()
		}
		return false
	}}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		first := dialling(t.Context(), dial, 1)
		synctest.Wait()
		requireAll(t, dialling(t.Context(), dial, 20), 20, time.Second)
		end := <-first
		require.True(t, surrealsql.IsConnectivity(end.err), end.err)
		require.Equal(t, 2*time.Second, end.took)
		require.Equal(t, 2, srv.Count("signin"))
	}, func(c *surrealsql.Config) {
		open := c.DialContext
		c.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := open(ctx, network, addr)
			return closesSlowly{nc}, err
		}
	})
}

// closesSlowly takes a second to close.
type closesSlowly struct{ net.Conn }

func (c closesSlowly) Close() error {
	time.Sleep(time.Second)
	return c.Conn.Close()
}

func TestSignInThatPanicsIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	first := true
	gated(t, &gate{}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		require.PanicsWithValue(t, "first", func() { _, _ = dial(t.Context()) })
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		require.Equal(t, 1, srv.Count("signin"))
	}, func(c *surrealsql.Config) {
		c.Variables = map[string]any{"v": valuerFunc(func() (driver.Value, error) {
			if first {
				first = false
				panic("first")
			}
			return 1, nil
		})}
	})
}

type valuerFunc func() (driver.Value, error)

func (f valuerFunc) Value() (driver.Value, error) { return f() }

func TestSignInIsWaitedForNoLongerThanTheWaitingContextLasts(t *testing.T) {
	t.Parallel()
	gated(t, &gate{before: silentTo("signin")}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		first, giveUp := context.WithCancel(t.Context())
		firstEnd := dialling(first, dial, 1)
		synctest.Wait()
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("mine"))
		defer cancel()
		end := <-dialling(ctx, dial, 1)
		require.ErrorContains(t, end.err, "waiting for another connection to sign in: context deadline exceeded: mine")
		require.Equal(t, time.Second, end.took)
		synctest.Wait()
		require.Equal(t, 1, srv.Open(), "its socket is closed")
		giveUp()
		<-firstEnd
	})
}

func TestSignInThatIsRefusedIsTriedByEachThatWaitedWithItsOwnError(t *testing.T) {
	t.Parallel()
	gated(t, &gate{before: func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" {
			time.Sleep(100 * time.Millisecond)
			refuse(c, r)
		}
		return r.Method == "signin"
	}}, func(t *testing.T, srv *scripted.Server, dial dialer) {
		const n = 5
		ends := dialling(t.Context(), dial, n)
		for i := range n {
			end := <-ends
			drivertest.RequireClasses(t, end.err, "auth")
			require.Equal(t, time.Duration(i+1)*100*time.Millisecond, end.took)
		}
		require.Equal(t, n, srv.Count("signin"))
	})
}

// One that is renewing keeps nobody waiting while the old token is good.
func TestSignInThatRenewsATokenHoldsUpNobody(t *testing.T) {
	t.Parallel()
	slow := false
	g := &gate{before: func(c *scripted.Conn, r scripted.Request) bool {
		if r.Method == "signin" && slow {
			time.Sleep(time.Second)
		}
		return false
	}}
	gated(t, g, func(t *testing.T, srv *scripted.Server, dial dialer) {
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		time.Sleep(29 * time.Minute)
		requireAll(t, dialling(t.Context(), dial, 1), 1, 0)
		require.Equal(t, 1, srv.Count("signin"))
		time.Sleep(time.Minute)
		slow = true
		renewing := dialling(t.Context(), dial, 1)
		synctest.Wait()
		requireAll(t, dialling(t.Context(), dial, 5), 5, 0)
		requireAll(t, renewing, 1, time.Second)
		require.Equal(t, 2, srv.Count("signin"))

		time.Sleep(time.Hour) // now there is no old one
		requireAll(t, dialling(t.Context(), dial, 5), 5, time.Second)
		require.Equal(t, 3, srv.Count("signin"))
		require.Equal(t, 4+1+5+4, srv.Count("authenticate"))
	})
}
