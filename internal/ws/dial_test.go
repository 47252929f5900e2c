package ws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surrealsql/surrealsql/internal/scripted"
)

// Dial against servers that answer, refuse, fall silent or are none.

func TestDialAsksForPathProtocolAndHeaders(t *testing.T) {
	type asked struct {
		path   string
		header http.Header
	}
	got := make(chan asked, 1)
	srv := scripted.New(t, func(c *scripted.Conn) { got <- asked{c.Path(), c.Header()} })
	o := to(srv)
	o.Header = http.Header{"Authorization": {"Bearer x"}, "X-Two": {"1", "2"}}
	c := connect(t, o)
	a := <-got
	require.Equal(t, "/rpc", a.path)
	require.Equal(t, "Bearer x", a.header.Get("Authorization"))
	require.Equal(t, []string{"1", "2"}, a.header.Values("X-Two"))
	require.Equal(t, srv.Addr(), c.raw.RemoteAddr().String())
	require.Zero(t, c.w, "nothing came with the upgrade")
}

func TestUpgradeKeepsTheFramesThatComeWithIt(t *testing.T) {
	for name, extra := range map[string]int{"a few": 10, "more than a buffer": 20_000} {
		t.Run(name, func(t *testing.T) {
			ping, long := scripted.Frame(scripted.OpPing, []byte("early")), make([]byte, extra)
			pong := make(chan string, 1)
			srv := scripted.Listen(t, func(c *scripted.Conn) {
				c.Upgrade(append(ping, scripted.Binary(long)...)...)
				pong <- string(c.AwaitPong())
				c.Stall()
			})
			c := connect(t, to(srv))
			got, err := c.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, long, got)
			require.Equal(t, "early", <-pong)
			require.Equal(t, c.r, c.w, "and nothing is left")
		})
	}
}

func TestDialReturnsAtOnceAgainstAServerThatFallsSilent(t *testing.T) {
	ca := scripted.NewAuthority(t)
	for name, tc := range map[string]struct {
		tls, clientTLS bool
		silence        func(*scripted.Conn)
	}{
		"after the accept":                 {silence: func(*scripted.Conn) {}},
		"in the TLS handshake":             {clientTLS: true, silence: (*scripted.Conn).Arrived},
		"after the upgrade request":        {silence: (*scripted.Conn).ReadUpgrade},
		"after the upgrade request by TLS": {tls: true, clientTLS: true, silence: (*scripted.Conn).ReadUpgrade},
		"in its answer": {silence: func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Write([]byte("HTTP/1.1 101 Switching Pro"))
		}},
		"in its headers": {silence: func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"))
		}},
		"in the body of a refusal": {silence: func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Write([]byte("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nback"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			silent := make(chan struct{})
			left := make(chan error, 1)
			srv := scripted.Listen(t, func(c *scripted.Conn) {
				tc.silence(c)
				close(silent)
				left <- c.AwaitEnd()
			})
			o := to(srv)
			if tc.tls {
				srv.UseTLS(ca.ServerConfig())
			}
			if tc.clientTLS {
				o.TLS = ca.ClientConfig()
			}
			reason := errors.New("nobody is interested any more")
			ctx, cancel := context.WithCancelCause(context.Background())
			ended := make(chan error, 1)
			go func() { _, err := Dial(ctx, o); ended <- err }()
			<-silent
			began := time.Now()
			cancel(reason)
			err := <-ended
			require.Less(t, time.Since(began), atOnce)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, reason)
			require.Error(t, <-left, "the socket is closed")
		})
	}
}

func TestDialThatRunsOutOfTimeSaysSo(t *testing.T) {
	srv := scripted.Listen(t, (*scripted.Conn).Stall)
	reason := errors.New("connect_timeout is over")
	ctx, cancel := context.WithTimeoutCause(context.Background(), 10*time.Millisecond, reason)
	defer cancel()
	_, err := Dial(ctx, to(srv))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, reason)
}

func TestDialerIsBoundedByTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var asked []string
	_, err := Dial(ctx, Options{Addr: "db.example:8000", Protocols: []string{"cbor"},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			asked = append(asked, network, addr)
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"tcp", "db.example:8000"}, asked)
}

func TestDialersErrorComesThrough(t *testing.T) {
	ours := errors.New("no route to the tunnel")
	_, err := Dial(context.Background(), Options{Addr: "h:1",
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, ours }})
	require.ErrorIs(t, err, ours)
}

func TestDialSaysThatAConnectionWasRefused(t *testing.T) {
	srv := scripted.New(t, nil)
	srv.Close()
	_, err := Dial(context.Background(), to(srv))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestUpgradeThatIsRefusedTellsStatusAndReason(t *testing.T) {
	answer := func(text string) func(*scripted.Conn) {
		return func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Write([]byte(text))
			_ = c.AwaitEnd() // an open connection must not keep the client waiting
		}
	}
	for name, tc := range map[string]struct {
		script func(*scripted.Conn)
		want   HandshakeError
		text   string
	}{
		"with a body": {func(c *scripted.Conn) { c.Refuse(401, "There was a problem with authentication\nline 2") },
			HandshakeError{401, "There was a problem with authentication"}, "HTTP 401 Unauthorized instead of 101: There was"},
		"without a body":        {func(c *scripted.Conn) { c.Refuse(404, "") }, HandshakeError{404, ""}, "HTTP 404 Not Found instead of 101"},
		"with a long body":      {func(c *scripted.Conn) { c.Refuse(500, strings.Repeat("x", 10_000)) }, HandshakeError{500, strings.Repeat("x", 200)}, "HTTP 500"},
		"with a body of no end": {answer("HTTP/1.1 502 Bad Gateway\r\n\r\nso"), HandshakeError{502, ""}, "HTTP 502"},
		"with chunks":           {answer("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nso\r\n0\r\n\r\n"), HandshakeError{403, ""}, "HTTP 403"},
		"with a binary body":    {answer("HTTP/1.1 400 No\r\nContent-Length: 3\r\n\r\na\xFFb"), HandshakeError{400, "a?b"}, "a?b"},
		"with broken headers":   {answer("HTTP/1.1 429 No\r\nnonsense\r\n\r\n"), HandshakeError{429, ""}, "HTTP 429"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.Listen(t, tc.script)
			_, err := Dial(context.Background(), to(srv))
			var refused *HandshakeError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tc.want, *refused)
			require.ErrorContains(t, err, tc.text)
			srv.AwaitOpen(0)
		})
	}
}

func TestUpgradeRefusesAServerThatIsNoSurrealDB(t *testing.T) {
	answer := func(text string) func(*scripted.Conn) {
		return func(c *scripted.Conn) {
			c.ReadUpgrade()
			c.Write([]byte(text))
			_ = c.AwaitEnd()
		}
	}
	for name, tc := range map[string]struct {
		script func(*scripted.Conn)
		want   string
	}{
		"not HTTP":           {answer("SSH-2.0-OpenSSH_9.6\r\n"), "upgrade"},
		"HTTP/1.0":           {answer("HTTP/1.0 101 Switching Protocols\r\n\r\n"), "upgrade"},
		"no accept key":      {answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), "upgrade"},
		"a wrong accept key": {answer("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"), "upgrade"},
		"an endless header":  {answer("HTTP/1.1 101 X\r\nX: " + strings.Repeat("x", 2*maxAnswer)), "longer than 65536 bytes"},
		"an endless refusal": {answer("HTTP/1.1 503 X\r\nX: " + strings.Repeat("x", 2*maxAnswer)), "HTTP 503"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.Listen(t, tc.script)
			_, err := Dial(context.Background(), to(srv))
			require.ErrorContains(t, err, tc.want)
			srv.AwaitOpen(0)
		})
	}
}

func TestUpgradeNoticesAServerThatLeaves(t *testing.T) {
	for name, tc := range map[string]struct {
		script func(*scripted.Conn)
		want   error
	}{
		"FIN": {func(c *scripted.Conn) { c.ReadUpgrade(); c.Drop() }, io.EOF},
		"RST": {func(c *scripted.Conn) { c.ReadUpgrade(); c.Reset() }, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			srv := scripted.Listen(t, tc.script)
			_, err := Dial(context.Background(), to(srv))
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func TestDialErrorsOfAContextThatEndedReadWell(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	noise := fmt.Errorf("read: %w", net.ErrClosed)
	require.Equal(t, noise, cause(ctx, noise))
	cancel(errors.New("why"))
	require.EqualError(t, cause(ctx, noise), "context canceled: why (read: use of closed network connection)")
	require.EqualError(t, cause(ctx, ctx.Err()), "context canceled: why")
	require.EqualError(t, cause(ctx, nil), "context canceled: why")

	ctx, cancel = context.WithCancelCause(context.Background())
	cancel(fmt.Errorf("the service stops: %w", context.Canceled))
	require.EqualError(t, cause(ctx, nil), "the service stops: context canceled", "said once")
}
